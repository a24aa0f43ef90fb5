//! httpd's command line: single letters, values attached or apart; and the one word that `apachectl` takes.

use crate::letters::{self, Letters};

/// What the flags ask for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Options {
    /// `-D`, in their order.
    pub(crate) defines: Vec<String>,
    /// `-d`: where relative paths start.
    pub(crate) server_root: Option<String>,
    /// `-f`: the configuration.
    pub(crate) config: Option<String>,
    /// `-C`: directives before those of the file.
    pub(crate) before: Vec<String>,
    /// `-c`: directives after those of the file.
    pub(crate) after: Vec<String>,
    /// `-e`: the least severe level that is shown while starting.
    pub(crate) level: Option<telemetry::Level>,
    /// `-E`: where lines go while starting.
    pub(crate) startup_log: Option<String>,
    /// `-t`
    pub(crate) test: bool,
    /// What is shown instead of serving, but for what `-D` asks to be shown.
    pub(crate) show: Option<Show>,
    /// `-k`
    pub(crate) order: Option<Order>,
}

/// What is shown without reading a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Show {
    Version,
    Settings,
    Help,
    Modules,
    Directives,
}

/// What the running server is to do, or a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Start,
    Stop,
    Restart,
    Graceful,
    GracefulStop,
    /// `apachectl status`
    Status,
}

impl Order {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "start" => Self::Start,
            "stop" => Self::Stop,
            "restart" => Self::Restart,
            "graceful" => Self::Graceful,
            "graceful-stop" => Self::GracefulStop,
            _ => return None,
        })
    }

    /// Its name, which is that of its signal too.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Graceful => "graceful",
            Self::GracefulStop => "graceful-stop",
            Self::Status => "status",
        }
    }
}

/// Reads the words after the program's name; `control`: it is `apachectl`, which takes an order as a word too.
///
/// # Errors
/// What is wrong with the first word that makes no sense; nothing where the usage says it all.
pub(crate) fn parse(words: &[String], control: bool) -> Result<Options, String> {
    let mut options = Options::default();
    if let (true, [word]) = (control, words) {
        match word.as_str() {
            "configtest" => return Ok(Options { test: true, ..options }),
            "status" | "fullstatus" => return Ok(Options { order: Some(Order::Status), ..options }),
            "help" => return Ok(Options { show: Some(Show::Help), ..options }),
            word => {
                if let Some(order) = Order::of(word) {
                    return Ok(Options { order: Some(order), ..options });
                }
            }
        }
    }
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty()).ok_or_else(String::new)?;
        letters::read(&mut options, letters, &mut words)?;
    }
    Ok(options)
}

impl Options {
    /// Whether a `-D` asks for this.
    pub(crate) fn defines(&self, name: &str) -> bool {
        self.defines.iter().any(|define| define == name)
    }
}

impl Letters for Options {
    fn switch(&mut self, letter: char) -> bool {
        let mut define = |names: &[&str]| self.defines.extend(names.iter().map(|name| (*name).to_owned()));
        match letter {
            'h' | '?' => self.show = Some(Show::Help),
            'v' => self.show = Some(Show::Version),
            'V' => self.show = Some(Show::Settings),
            'l' => self.show = Some(Show::Modules),
            'L' => self.show = Some(Show::Directives),
            't' => self.test = true,
            'S' => define(&["DUMP_VHOSTS", "DUMP_RUN_CFG"]),
            'M' => define(&["DUMP_MODULES"]),
            'X' => define(&["DEBUG"]),
            // Directories of documents are not looked at before they are asked for.
            'T' => {}
            _ => return false,
        }
        true
    }

    fn set(&mut self, letter: char, value: &mut dyn FnMut() -> Option<String>) -> Result<(), String> {
        if !"DdfCceEkn".contains(letter) {
            return Err(format!("illegal option -- {letter}"));
        }
        let given = value().ok_or_else(|| format!("option requires an argument -- {letter}"))?;
        match letter {
            'D' => self.defines.push(given),
            'd' => self.server_root = Some(given),
            'f' => self.config = Some(given),
            'C' => self.before.push(given),
            'c' => self.after.push(given),
            'e' => self.level = Some(level(&given).ok_or_else(|| format!("invalid level \"{given}\" -- e"))?),
            'E' => self.startup_log = Some(given),
            'k' => self.order = Some(Order::of(&given).ok_or_else(|| format!("invalid order \"{given}\" -- k"))?),
            // `-n NAME`, for services of another system.
            _ => {}
        }
        Ok(())
    }
}

fn level(word: &str) -> Option<telemetry::Level> {
    use telemetry::Level;
    Some(match word.to_ascii_lowercase().as_str() {
        "emerg" => Level::Emergency,
        "alert" => Level::Alert,
        "crit" => Level::Critical,
        "error" => Level::Error,
        "warn" => Level::Warning,
        "notice" => Level::Notice,
        "info" => Level::Info,
        "debug" | "trace1" | "trace2" | "trace3" | "trace4" | "trace5" | "trace6" | "trace7" | "trace8" => Level::Debug,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Options, Order, Show, parse};

    fn words(line: &str) -> Vec<String> {
        line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn reads_letters_combined_and_values_attached() {
        let expected = Options {
            defines: vec!["FOREGROUND".into(), "X=1".into()],
            server_root: Some("/r".into()),
            config: Some("a.conf".into()),
            test: true,
            ..Options::default()
        };
        for line in ["-t -DFOREGROUND -D X=1 -d /r -f a.conf", "-tDFOREGROUND -DX=1 -d/r -fa.conf"] {
            assert_eq!(parse(&words(line), false), Ok(expected.clone()), "{line}");
        }
        let found = parse(&["-C".into(), "Listen 81".into(), "-c".into(), "Listen 82".into()], false).unwrap();
        assert_eq!((found.before, found.after), (vec!["Listen 81".to_owned()], vec!["Listen 82".to_owned()]));
        assert_eq!(parse(&words("-S"), false).unwrap().defines, ["DUMP_VHOSTS", "DUMP_RUN_CFG"]);
        assert_eq!(parse(&words("-k graceful-stop"), false).unwrap().order, Some(Order::GracefulStop));
        assert_eq!(parse(&words("-e debug -E /log"), false).unwrap().level, Some(telemetry::Level::Debug));
    }

    #[test]
    fn apachectl_takes_words_too() {
        assert_eq!(parse(&words("graceful"), true).unwrap().order, Some(Order::Graceful));
        assert!(parse(&words("configtest"), true).unwrap().test);
        assert_eq!(parse(&words("status"), true).unwrap().order, Some(Order::Status));
        assert_eq!(parse(&words("-k stop"), true).unwrap().order, Some(Order::Stop));
        assert_eq!(parse(&words("help"), true).unwrap().show, Some(Show::Help));
        assert!(parse(&words("graceful"), false).is_err());
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, expected) in [
            ("-Z", "illegal option -- Z"),
            ("-f", "option requires an argument -- f"),
            ("-k dance", "invalid order \"dance\" -- k"),
            ("-e loud", "invalid level \"loud\" -- e"),
            ("word", ""),
        ] {
            assert_eq!(parse(&words(line), false).unwrap_err(), expected, "{line}");
        }
    }
}
