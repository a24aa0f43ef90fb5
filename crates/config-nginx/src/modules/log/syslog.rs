//! `syslog:server=address[,parameter=value]`: a syslog server as the target of a log.

use diagnostic::Diagnostic;
use model::{Level, Syslog};

use crate::modules::address;
use crate::tree::Word;

/// How such a target begins.
pub(super) const PREFIX: &str = "syslog:";
/// Where servers listen that say nothing else (RFC 3164 §2).
const PORT: u16 = 514;
const LONGEST_TAG: usize = 32;

/// Names of facilities, in the order of their numbers (RFC 3164 §4.1.1).
pub(crate) const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp", "clock", "authpriv", "ftp", "ntp",
    "audit", "alert", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

/// Names of severities, in the order of their numbers.
pub(crate) const SEVERITIES: [(&str, Level); 8] = [
    ("emerg", Level::Emergency),
    ("alert", Level::Alert),
    ("crit", Level::Critical),
    ("error", Level::Error),
    ("warn", Level::Warning),
    ("notice", Level::Notice),
    ("info", Level::Info),
    ("debug", Level::Debug),
];

#[derive(Default)]
struct Said {
    server: Option<model::ServerAddress>,
    facility: Option<u8>,
    severity: Option<Level>,
    tag: Option<String>,
    no_host_name: Option<()>,
}

/// Reads a target that begins with [`PREFIX`].
pub(super) fn server(word: &Word) -> Result<Syslog, Diagnostic> {
    let wrong = |message: String| Diagnostic::error("invalid-value", message).at(word.origin);
    let mut said = Said::default();
    for parameter in word.text.strip_prefix(PREFIX).unwrap_or_default().split(',') {
        said.take(parameter).map_err(wrong)?;
    }
    let Some(server) = said.server else {
        return Err(wrong("no syslog server specified".into()).help("as in `syslog:server=127.0.0.1:514,tag=web`"));
    };
    Ok(Syslog {
        server,
        facility: said.facility.unwrap_or(23),
        severity: said.severity.unwrap_or(Level::Info),
        tag: said.tag.unwrap_or_else(|| "nginx".to_owned()),
        host_name: said.no_host_name.is_none(),
    })
}

impl Said {
    fn take(&mut self, parameter: &str) -> Result<(), String> {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name {
            "server" => {
                let address = if let Some(path) = value.strip_prefix("unix:") {
                    address::unix(path)
                } else {
                    address::server(value, PORT)
                };
                once(name, &mut self.server, address.map_err(|what| format!("{what} in syslog server \"{value}\""))?)
            }
            "facility" => {
                let number = FACILITIES.iter().position(|known| *known == value);
                let number = number.and_then(|number| u8::try_from(number).ok());
                once(name, &mut self.facility, number.ok_or_else(|| format!("unknown syslog facility \"{value}\""))?)
            }
            "severity" => {
                let known = SEVERITIES.iter().find(|(known, _)| *known == value).map(|(_, level)| *level);
                once(name, &mut self.severity, known.ok_or_else(|| format!("unknown syslog severity \"{value}\""))?)
            }
            "tag" if value.len() > LONGEST_TAG => Err(format!("syslog tag length exceeds {LONGEST_TAG}")),
            "tag" if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                Err("syslog \"tag\" only allows alphanumeric characters and underscore".into())
            }
            "tag" if value.is_empty() => Err("the syslog \"tag\" is empty".into()),
            "tag" => once(name, &mut self.tag, value.to_owned()),
            "nohostname" if value.is_empty() => once(name, &mut self.no_host_name, ()),
            _ => Err(format!("unknown syslog parameter \"{parameter}\"")),
        }
    }
}

fn once<T>(name: &str, place: &mut Option<T>, value: T) -> Result<(), String> {
    if place.replace(value).is_some() { Err(format!("duplicate syslog \"{name}\"")) } else { Ok(()) }
}
