//! nginx's command line: single letters, combined at will, values attached or apart; and what is ours besides.

use crate::letters::{self, Letters};
use config::Language;

/// What the flags ask for.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Options {
    pub(crate) help: bool,
    pub(crate) version: bool,
    /// `-V`: with how it was built.
    pub(crate) configure: bool,
    pub(crate) test: bool,
    /// `-T`: test, and write out the configuration.
    pub(crate) dump: bool,
    pub(crate) quiet: bool,
    /// `-s`: one of [`SIGNALS`].
    pub(crate) signal: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) error_log: Option<String>,
    pub(crate) config: Option<String>,
    /// `-g`: directives before those of the file.
    pub(crate) directives: Option<String>,
    /// `-D`: names that are defined from the beginning, in httpd's language.
    pub(crate) defines: Vec<String>,
    /// `--syntax`: the language of the configuration.
    pub(crate) syntax: Option<Language>,
}

const SIGNALS: [&str; 4] = ["stop", "quit", "reopen", "reload"];

/// Reads the words after the program's name.
///
/// # Errors
/// nginx's message about the first word that makes no sense.
pub(crate) fn parse(words: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix("--syntax") {
            let name =
                name.strip_prefix('=').filter(|name| !name.is_empty()).or_else(|| words.next().map(String::as_str));
            options.syntax = Some(syntax(name)?);
            continue;
        }
        let Some(letters) = word.strip_prefix('-') else {
            return Err(format!("invalid option: \"{word}\""));
        };
        letters::read(&mut options, letters, &mut words)?;
    }
    Ok(options)
}

/// The language of a name on the command line.
pub(crate) fn syntax(name: Option<&str>) -> Result<Language, String> {
    name.and_then(Language::of_name).ok_or_else(|| "option \"--syntax\" requires `nginx` or `apache`".to_owned())
}

impl Letters for Options {
    fn switch(&mut self, letter: char) -> bool {
        match letter {
            '?' | 'h' => self.help = true,
            'v' => self.version = true,
            'V' => (self.version, self.configure) = (true, true),
            't' => self.test = true,
            'T' => (self.test, self.dump) = (true, true),
            'q' => self.quiet = true,
            _ => return false,
        }
        true
    }

    fn set(&mut self, letter: char, value: &mut dyn FnMut() -> Option<String>) -> Result<(), String> {
        if letter == 'D' {
            self.defines.push(value().ok_or("option \"-D\" requires a name")?);
            return Ok(());
        }
        let (place, what) = match letter {
            'p' => (&mut self.prefix, "directory name"),
            'e' => (&mut self.error_log, "file name"),
            'c' => (&mut self.config, "file name"),
            'g' => (&mut self.directives, "parameter"),
            's' => (&mut self.signal, "parameter"),
            _ => return Err(format!("invalid option: \"{letter}\"")),
        };
        let given = value().ok_or_else(|| format!("option \"-{letter}\" requires {what}"))?;
        if letter == 's' && !SIGNALS.contains(&given.as_str()) {
            return Err(format!("invalid option: \"-s {given}\""));
        }
        *place = Some(given);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, parse};
    use config::Language;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn reads_letters_combined_and_values_attached() {
        let expected = Options {
            test: true,
            quiet: true,
            config: Some("a.conf".into()),
            prefix: Some("/p".into()),
            ..Options::default()
        };
        for line in ["-tq -c a.conf -p /p", "-t -q -ca.conf -p/p", "-tqc a.conf -p /p", "- -qtca.conf -p /p"] {
            assert_eq!(parse(&words(line)), Ok(expected.clone()), "{line}");
        }
        let dump = parse(&words("-T -s quit -e stderr -V -?")).unwrap();
        assert!(dump.test && dump.dump && dump.version && dump.configure && dump.help);
        assert_eq!(dump.signal.as_deref(), Some("quit"));
        assert_eq!(parse(&["-g".into(), "daemon off;".into()]).unwrap().directives.unwrap(), "daemon off;");
        let apache = parse(&words("--syntax apache -DFOREGROUND -D X=1")).unwrap();
        assert_eq!((apache.syntax, apache.defines), (Some(Language::Apache), vec!["FOREGROUND".into(), "X=1".into()]));
        assert_eq!(parse(&words("--syntax=nginx")).unwrap().syntax, Some(Language::Nginx));
    }

    #[test]
    fn says_what_nginx_says() {
        for (line, expected) in [
            ("-x", "invalid option: \"x\""),
            ("foo", "invalid option: \"foo\""),
            ("--help", "invalid option: \"-\""),
            ("-c", "option \"-c\" requires file name"),
            ("-e", "option \"-e\" requires file name"),
            ("-p", "option \"-p\" requires directory name"),
            ("-g", "option \"-g\" requires parameter"),
            ("-ts", "option \"-s\" requires parameter"),
            ("-s bogus", "invalid option: \"-s bogus\""),
            ("--syntax perl", "option \"--syntax\" requires `nginx` or `apache`"),
            ("--syntax", "option \"--syntax\" requires `nginx` or `apache`"),
            ("-sbogus", "invalid option: \"-s bogus\""),
        ] {
            assert_eq!(parse(&words(line)).unwrap_err(), expected, "{line}");
        }
    }
}
