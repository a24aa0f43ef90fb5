//! The directives of `ngx_http_log_module`, and error logs.

pub(crate) mod syslog;

use config_source::closest;
use diagnostic::{Diagnostic, Origin};
use model::{
    AccessLog, AccessTarget, ByteSize, Condition, ErrorLog, Escape, LogFormat, LogTarget, Logging, OpenLogFiles, Part,
    Template,
};
use std::time::Duration;

use crate::lower::slot::{List, Slot};
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, LEVELS, LEVELS_IF, LIMIT_EXCEPT, Module, Outcome, Row, at_least, between, row};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_log_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("access_log", LEVELS_IF.or(LIMIT_EXCEPT), at_least(1), access_log),
    row("log_format", HTTP, at_least(2), log_format),
    row("open_log_file_cache", LEVELS, between(1, 4), open_log_file_cache),
];

/// The format that nginx knows without `log_format`.
const COMBINED: &str = "combined";

/// What a level says about logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogSettings {
    access: List<NamedLog>,
    open_files: Slot<Option<OpenLogFiles>>,
    pub(crate) error: List<ErrorLog>,
    pub(crate) not_found: Slot<bool>,
    pub(crate) subrequests: Slot<bool>,
    pub(crate) rewrite: Slot<bool>,
    pub(crate) uninitialized: Slot<bool>,
}

/// An access log whose format is still a name.
#[derive(Clone, Debug)]
struct NamedLog {
    log: AccessLog,
    format: String,
    format_origin: Origin,
}

impl LogSettings {
    pub(crate) fn inherit(&mut self, parent: &Self) {
        self.access.inherit(&parent.access);
        self.open_files.inherit(&parent.open_files);
        self.error.inherit(&parent.error);
        self.not_found.inherit(&parent.not_found);
        self.subrequests.inherit(&parent.subrequests);
        self.rewrite.inherit(&parent.rewrite);
        self.uninitialized.inherit(&parent.uninitialized);
    }

    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>) -> Logging {
        let access = match self.access.get() {
            Some(logs) => logs.iter().filter_map(|log| log.resolve(lowering)).collect(),
            None => vec![default_log(lowering)],
        };
        let error = self.error.get().map_or_else(|| lowering.process.error_logs(lowering), <[ErrorLog]>::to_vec);
        Logging {
            access,
            open_files: self.open_files.get().copied().flatten(),
            error,
            not_found: self.not_found.or(true),
            subrequests: self.subrequests.or(false),
            rewrite: self.rewrite.or(false),
            uninitialized: self.uninitialized.or(true),
        }
    }
}

impl NamedLog {
    fn resolve(&self, lowering: &mut Lowering<'_>) -> Option<AccessLog> {
        let format =
            if self.format == COMBINED { Some(combined(lowering)) } else { find_format(lowering, &self.format) };
        Some(AccessLog { format: format?, ..self.log.clone() })
    }
}

fn default_log(lowering: &mut Lowering<'_>) -> AccessLog {
    let target = target(lowering, &lowering.options.access_log.to_string_lossy());
    let format = combined(lowering);
    AccessLog { format, ..plain_log(AccessTarget::Fixed(target), Origin::default()) }
}

fn plain_log(target: AccessTarget, origin: Origin) -> AccessLog {
    AccessLog { target, format: 0, condition: None, buffer: None, flush: None, gzip: None, origin }
}

fn find_format(lowering: &Lowering<'_>, name: &str) -> Option<usize> {
    lowering.shared.log_formats.iter().position(|format| format.name.eq_ignore_ascii_case(name))
}

/// The index of the format `combined`, which comes into being with its first use.
fn combined(lowering: &mut Lowering<'_>) -> usize {
    if let Some(index) = find_format(lowering, COMBINED) {
        return index;
    }
    let text = |text: &str| Part::Text(text.to_owned());
    let variable = |name: &str| Part::Variable(name.to_owned());
    let parts = vec![
        variable("remote_addr"),
        text(" - "),
        variable("remote_user"),
        text(" ["),
        variable("time_local"),
        text("] \""),
        variable("request"),
        text("\" "),
        variable("status"),
        text(" "),
        variable("body_bytes_sent"),
        text(" \""),
        variable("http_referer"),
        text("\" \""),
        variable("http_user_agent"),
        text("\""),
    ];
    let line = Template { parts, origin: Origin::default() };
    let formats = &mut lowering.shared.log_formats;
    formats.push(LogFormat { name: COMBINED.to_owned(), escape: Escape::Default, line });
    formats.len() - 1
}

/// Checks that every format that was used is defined; a format may be defined after its use.
pub(crate) fn check_formats(lowering: &mut Lowering<'_>, level: &Level) {
    for log in level.logs.access.get().unwrap_or_default() {
        if log.format == COMBINED || find_format(lowering, &log.format).is_some() {
            continue;
        }
        let names = lowering.shared.log_formats.iter().map(|format| format.name.as_str());
        let problem = Diagnostic::error("unknown-format", format!("unknown log format \"{}\"", log.format));
        let problem = problem.at(log.format_origin);
        let problem = match closest(&log.format, names) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None => problem.help(format!("define it with `log_format {} …;`", log.format)),
        };
        lowering.report_once(problem);
    }
}

const PARAMETERS: [&str; 5] = ["buffer=", "flush=", "if=", "gzip", "gzip="];
/// Bytes that are gathered where they are to be packed and nothing is said of how many.
const PACKED: ByteSize = ByteSize(64 << 10);

/// `access_log path [format [buffer=size] [flush=time] [gzip[=level]] [if=condition]]` or `access_log off`
fn access_log(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    level.logs.access.begin();
    if word.text == "off" {
        return match directive.argument(1) {
            Some(extra) => Err(value::invalid_parameter(extra, &[])),
            None => Ok(()),
        };
    }
    let target = access_target(lowering, word)?;
    let mut log = plain_log(target, directive.origin());
    for word in directive.arguments.iter().skip(2) {
        parameter(&mut log, word)?;
    }
    if let Some(problem) = unbuffered(&log, &word.text) {
        return Err(problem.at(word.origin));
    }
    let (format, format_origin) =
        directive.argument(1).map_or((COMBINED.to_owned(), word.origin), |word| (word.text.clone(), word.origin));
    level.logs.access.push(NamedLog { log, format, format_origin });
    Ok(())
}

fn access_target(lowering: &Lowering<'_>, word: &Word) -> Result<AccessTarget, Diagnostic> {
    if word.text.starts_with(syslog::PREFIX) {
        return Ok(AccessTarget::Fixed(LogTarget::Syslog(syslog::server(word)?)));
    }
    if value::has_variables(&word.text) {
        let mut path = value::template(word)?;
        // A relative path begins where all do.
        if let Some(Part::Text(start)) = path.parts.first_mut() {
            *start = lowering.path(start).to_string_lossy().into_owned();
        } else {
            path.parts.insert(0, Part::Text(format!("{}/", lowering.path("").display())));
        }
        return Ok(AccessTarget::Path(path));
    }
    Ok(AccessTarget::Fixed(LogTarget::File(lowering.path(&word.text))))
}

/// What cannot be gathered though it is asked for.
fn unbuffered(log: &AccessLog, name: &str) -> Option<Diagnostic> {
    let problem = |message: &str| Some(Diagnostic::error("invalid-value", message));
    match (&log.target, log.buffer) {
        (_, None) if log.flush.is_some() => {
            let message = format!("no buffer is defined for access_log \"{name}\"");
            Some(Diagnostic::error("invalid-value", message).help("`flush=` needs `buffer=` too"))
        }
        (_, None) | (AccessTarget::Fixed(LogTarget::File(_) | LogTarget::Stderr), _) => None,
        (AccessTarget::Path(_), _) => problem("buffered logs cannot have variables in name"),
        (AccessTarget::Fixed(LogTarget::Syslog(_) | LogTarget::Memory(_)), _) => {
            problem("logs to syslog cannot be buffered")
        }
    }
}

fn parameter(log: &mut AccessLog, word: &Word) -> Outcome {
    let (name, text) = word.text.split_once('=').unwrap_or((&word.text, ""));
    let bad = |what: &str| Diagnostic::error("invalid-value", format!("invalid {what} \"{text}\"")).at(word.origin);
    match name {
        "buffer" => {
            let size = value::plain_size(text).filter(|&size| size > ByteSize(0));
            log.buffer = Some(size.ok_or_else(|| bad("buffer size"))?);
        }
        "flush" => {
            let time = value::plain_time(text).filter(|time| !time.is_zero());
            log.flush = Some(time.ok_or_else(|| bad("flush time"))?);
        }
        "if" => log.condition = Some(Condition::True(value::template_after(word, "if=".len())?)),
        "gzip" => {
            let level = if word.text == name { Some(1) } else { text.parse().ok() };
            let level = level.filter(|level| (1..=9).contains(level));
            log.gzip = Some(level.ok_or_else(|| bad("compression level").help("it is a number from 1 to 9"))?);
            log.buffer = log.buffer.or(Some(PACKED));
        }
        _ => return Err(value::invalid_parameter(word, &PARAMETERS)),
    }
    Ok(())
}

/// `log_format name [escape=default|json|none] string …`
fn log_format(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if lowering.shared.log_formats.iter().any(|format| format.name == word.text) || word.text == COMBINED {
        let message = format!("duplicate \"log_format\" name \"{}\"", word.text);
        return Err(Diagnostic::error("duplicate", message).at(word.origin));
    }
    let mut words = directive.arguments.iter().skip(1).peekable();
    let mut escape = Escape::Default;
    if let Some(first) = words.next_if(|word| word.text.starts_with("escape=")) {
        escape = match first.text.trim_start_matches("escape=") {
            "default" => Escape::Default,
            "json" => Escape::Json,
            "none" => Escape::None,
            other => {
                let message = format!("unknown log format escaping \"{other}\"");
                return Err(Diagnostic::error("invalid-value", message)
                    .at(first.origin)
                    .help("it is default, json or none"));
            }
        };
    }
    let origin = words.peek().map_or(directive.origin(), |word| word.origin);
    let mut line = Template { parts: Vec::new(), origin };
    for word in words {
        line.parts.extend(value::template(word)?.parts.into_iter().map(no_capture));
    }
    lowering.shared.log_formats.push(LogFormat { name: word.text.clone(), escape, line });
    Ok(())
}

/// Nothing was matched when a line is written: `$1` in a format is a variable of that name.
fn no_capture(part: Part) -> Part {
    match part {
        Part::Capture(number) => Part::Variable(number.to_string()),
        other => other,
    }
}

/// `open_log_file_cache max=N [inactive=time] [valid=time] [min_uses=N]` or `open_log_file_cache off`
fn open_log_file_cache(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let mut cache =
        OpenLogFiles { most: 0, inactive: Duration::from_secs(10), valid: Duration::from_mins(1), least_uses: 1 };
    let mut off = false;
    for word in &directive.arguments {
        let (name, text) = word.text.split_once('=').unwrap_or((&word.text, ""));
        let bad = || value::invalid_parameter(word, &["max=", "inactive=", "valid=", "min_uses=", "off"]);
        let number = || value::decimal(text).filter(|&number| number > 0).ok_or_else(bad);
        match name {
            "max" => cache.most = usize::try_from(number()?).unwrap_or(usize::MAX),
            "min_uses" => cache.least_uses = number()?,
            "inactive" => cache.inactive = value::plain_seconds(text).ok_or_else(bad)?,
            "valid" => cache.valid = value::plain_seconds(text).ok_or_else(bad)?,
            "off" if text.is_empty() => off = true,
            _ => return Err(bad()),
        }
    }
    if !off && cache.most == 0 {
        let message = "\"open_log_file_cache\" must have \"max\" parameter";
        return Err(Diagnostic::error("invalid-value", message).at(directive.origin()));
    }
    level.logs.open_files.put(directive, (!off).then_some(cache))
}

/// `error_log path [level]`
pub(crate) fn error_log(lowering: &Lowering<'_>, directive: &Directive) -> Result<ErrorLog, Diagnostic> {
    let word = value::first(directive)?;
    let mut level = None;
    for word in directive.arguments.iter().skip(1) {
        let found = error_level(word)?;
        // The parts of `debug` may stand together; all of them are written.
        let part = word.text.starts_with("debug_");
        if level.is_some_and(|level| !part || level != model::Level::Debug) {
            let message = format!("duplicate log level \"{}\"", word.text);
            return Err(Diagnostic::error("invalid-value", message).at(word.origin));
        }
        level = Some(found);
    }
    let target = if word.text.starts_with(syslog::PREFIX) {
        LogTarget::Syslog(syslog::server(word)?)
    } else if let Some(size) = word.text.strip_prefix("memory:") {
        let size = value::plain_size(size).filter(|&size| size > ByteSize(0));
        LogTarget::Memory(size.ok_or_else(|| value::invalid(directive, word).help("as in `memory:32m`"))?)
    } else {
        target(lowering, &word.text)
    };
    Ok(ErrorLog { target, level: level.unwrap_or(model::Level::Error), origin: directive.origin() })
}

/// Parts of `debug`.
const PARTS: [&str; 6] = ["debug_core", "debug_alloc", "debug_mutex", "debug_event", "debug_http", "debug_stream"];

fn error_level(word: &Word) -> Result<model::Level, Diagnostic> {
    let parts = PARTS.map(|part| (part, model::Level::Debug));
    let known = syslog::SEVERITIES.into_iter().chain(parts);
    let found = known.clone().find(|(name, _)| *name == word.text);
    found.map(|(_, level)| level).ok_or_else(|| {
        let problem =
            Diagnostic::error("invalid-value", format!("invalid log level \"{}\"", word.text)).at(word.origin);
        match closest(&word.text, known.map(|(name, _)| name)) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None => problem.help("it is debug, info, notice, warn, error, crit, alert or emerg"),
        }
    })
}

/// Where a log named so goes.
pub(crate) fn target(lowering: &Lowering<'_>, name: &str) -> LogTarget {
    match name {
        "stderr" => LogTarget::Stderr,
        _ => LogTarget::File(lowering.path(name)),
    }
}
