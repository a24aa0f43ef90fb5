//! Logs and their formats.

use std::borrow::Cow;

use diagnostic::Origin;
use model::{
    AccessLog, AccessTarget, Condition, ErrorLog, Escape, Level, LogFormat, LogTarget, Logging, OpenLogFiles, Part,
    ServerAddress, Syslog,
};

use super::http::{Names, lost};
use super::item::Item;
use super::level::Setting;
use super::section::switch;
use super::word::{self, Word};
use crate::modules::log::syslog::{FACILITIES, SEVERITIES};

/// What a section says about logs.
pub(super) fn settings(logging: &Logging, names: &Names<'_>) -> Vec<Setting> {
    let Logging { access, open_files, error, not_found, subrequests, rewrite, uninitialized } = logging;
    let access = if access.is_empty() {
        vec![Item::one("access_log", "off")]
    } else {
        access.iter().map(|log| access_log(log, names)).collect()
    };
    let error = if error.is_empty() {
        vec![Item::unsaid("no error log at all", Origin::default())]
    } else {
        error.iter().map(error_log).collect()
    };
    vec![
        Setting::many("access_log", access, Vec::new()),
        Setting::one("open_log_file_cache", open_log_file_cache(*open_files)),
        Setting::many("error_log", error, Vec::new()),
        switch("log_not_found", *not_found),
        switch("log_subrequest", *subrequests),
        switch("rewrite_log", *rewrite),
        switch("uninitialized_variable_warn", *uninitialized),
    ]
}

fn access_log(log: &AccessLog, names: &Names<'_>) -> Item {
    let AccessLog { target, format, condition, buffer, flush, gzip, origin } = log;
    let path = match target {
        AccessTarget::Fixed(LogTarget::File(path)) => path.to_str().map_or_else(|| word::path(path), word::literal),
        AccessTarget::Fixed(LogTarget::Syslog(syslog)) => self::syslog(syslog),
        AccessTarget::Fixed(LogTarget::Stderr) => Err("an access log on standard error".to_owned()),
        AccessTarget::Fixed(LogTarget::Memory(_)) => Err("an access log in memory".to_owned()),
        AccessTarget::Path(path) => word::raw(path).map(|path| word::quote(&path)),
    };
    let Some(name) = names.format(*format) else { return lost("a log's format", *origin) };
    let mut words = vec![path];
    let parameters = condition.is_some() || buffer.is_some() || flush.is_some() || gzip.is_some();
    if parameters || name != COMBINED {
        words.push(Ok(word::quote(name)));
    }
    words.extend(buffer.map(|size| Ok(format!("buffer={}", word::size(size)))));
    words.extend(flush.map(|time| match buffer {
        Some(_) => word::time(time).map(|time| format!("flush={time}")),
        None => Err("lines that are gathered without a bound".to_owned()),
    }));
    words.extend(gzip.map(|level| Ok(format!("gzip={level}"))));
    words.extend(condition.as_ref().map(|condition| match condition {
        Condition::True(value) => Ok(word::quote(&format!("if={}", word::raw(value)?))),
        _ => Err("a condition for the lines of a log".to_owned()),
    }));
    Item::new("access_log", words, *origin)
}

fn syslog(syslog: &Syslog) -> Word {
    let Syslog { server, facility, severity, tag, host_name } = syslog;
    let server = match server {
        ServerAddress::Host { host, port } if host.contains(':') => format!("[{host}]:{port}"),
        ServerAddress::Host { host, port } => format!("{host}:{port}"),
        ServerAddress::Unix(path) => format!("unix:{}", path.display()),
    };
    let facility = FACILITIES.get(usize::from(*facility)).ok_or("a facility without a name")?;
    let severity = SEVERITIES.iter().find(|(_, level)| level == severity).map_or("info", |(name, _)| name);
    let host_name = if *host_name { "" } else { ",nohostname" };
    let text = format!("syslog:server={server},facility={facility},severity={severity},tag={tag}{host_name}");
    Ok(word::quote(&text))
}

fn open_log_file_cache(cache: Option<OpenLogFiles>) -> Item {
    let Some(OpenLogFiles { most, inactive, valid, least_uses }) = cache else {
        return Item::one("open_log_file_cache", "off");
    };
    let time = |name: &str, time| word::time(time).map(|time| format!("{name}={time}"));
    let words = [
        Ok(format!("max={most}")),
        time("inactive", inactive),
        time("valid", valid),
        Ok(format!("min_uses={least_uses}")),
    ];
    Item::new("open_log_file_cache", words, Origin::default())
}

/// A main error log, or one of a section.
pub(super) fn error_log(log: &ErrorLog) -> Item {
    let ErrorLog { target, level, origin } = log;
    let path = match target {
        LogTarget::File(path) => word::path(path),
        LogTarget::Stderr => Ok("stderr".to_owned()),
        LogTarget::Syslog(syslog) => self::syslog(syslog),
        LogTarget::Memory(size) => Ok(format!("memory:{}", word::size(*size))),
    };
    let level = match level {
        Level::Emergency => "emerg",
        Level::Alert => "alert",
        Level::Critical => "crit",
        Level::Error => "error",
        Level::Warning => "warn",
        Level::Notice => "notice",
        Level::Info => "info",
        Level::Debug => "debug",
    };
    // `error` is what is meant where no level is written.
    Item::new("error_log", [path].into_iter().chain((level != "error").then(|| Ok(level.to_owned()))), *origin)
}

/// The format that needs no definition.
const COMBINED: &str = "combined";

/// A name for each format: its own, unless another has it, or nginx has another format of that name.
pub(super) fn names<'a>(formats: &'a [LogFormat], known: Option<&LogFormat>) -> Vec<Cow<'a, str>> {
    let mut names: Vec<Cow<'a, str>> = Vec::new();
    for format in formats {
        let taken = |name: &str| {
            let reserved = name.eq_ignore_ascii_case(COMBINED) && !is_known(format, known);
            reserved || names.iter().any(|other| other.eq_ignore_ascii_case(name))
        };
        let free = if taken(&format.name) {
            let numbered = (2..).map(|number: u32| format!("{}_{number}", format.name));
            numbered.into_iter().find(|name| !taken(name)).map_or(Cow::Borrowed(format.name.as_str()), Cow::Owned)
        } else {
            Cow::Borrowed(format.name.as_str())
        };
        names.push(free);
    }
    names
}

fn is_known(format: &LogFormat, known: Option<&LogFormat>) -> bool {
    known.is_some_and(|known| {
        (&format.name, format.escape, &format.line.parts) == (&known.name, known.escape, &known.line.parts)
    })
}

/// The definitions of formats.
pub(super) fn formats(formats: &[LogFormat], names: &Names<'_>, known: Option<&LogFormat>) -> Vec<Item> {
    let unknown = formats.iter().enumerate().filter(|(_, format)| !is_known(format, known));
    unknown.map(|(index, format)| self::format(format, names.format(index).unwrap_or_default())).collect()
}

fn format(format: &LogFormat, name: &str) -> Item {
    let LogFormat { name: _, escape, line } = format;
    let escape = match escape {
        Escape::Default | Escape::C => None,
        Escape::Json => Some("escape=json"),
        Escape::None => Some("escape=none"),
    };
    let captured = line.parts.iter().any(|part| matches!(part, Part::Capture(_)));
    let text: Word = if captured { Err("a capture".to_owned()) } else { word::raw(line) };
    // What begins like a parameter must not be taken for one.
    let odd = text.as_ref().is_ok_and(|text| text.starts_with("escape="));
    let escape = escape.or(odd.then_some("escape=default")).map(|escape| Ok(escape.to_owned()));
    let words = [Ok(word::quote(name))].into_iter().chain(escape).chain([text.map(|text| word::quote(&text))]);
    Item::new("log_format", words, line.origin)
}
