//! What is known of one server that is forwarded to: the parameters of `ProxyPass`, `BalancerMember` and `ProxySet`.

use std::time::Duration;

use diagnostic::{Diagnostic, Origin};

use super::url::Url;
use crate::line::Word;
use crate::lower::Lowering;
use crate::value;

/// A server that is forwarded to.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Worker {
    pub(crate) url: Url,
    pub(crate) settings: WorkerSettings,
    pub(crate) origin: Origin,
}

/// What parameters say; what they do not say is as the server or the group has it.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct WorkerSettings {
    /// Share of the requests, in hundredths.
    pub(crate) load_factor: Option<u32>,
    pub(crate) retry: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) most_connections: Option<u32>,
    /// Connections are not used again.
    pub(crate) no_reuse: Option<bool>,
    pub(crate) idle_time: Option<Duration>,
    pub(crate) socket_keep_alive: Option<bool>,
    pub(crate) disabled: bool,
    pub(crate) standby: bool,
    pub(crate) ignores_errors: bool,
    pub(crate) spare: bool,
    pub(crate) drain: bool,
    pub(crate) set: Option<u32>,
    pub(crate) route: Option<String>,
    pub(crate) redirect: Option<String>,
    /// The protocol that clients may switch to; `ANY`: any.
    pub(crate) upgrade: Option<String>,
}

const PARAMETERS: [&str; 26] = [
    "acquire=",
    "addressttl=",
    "connectiontimeout=",
    "disablereuse=",
    "enablereuse=",
    "flusher=",
    "flushpackets=",
    "flushwait=",
    "iobuffersize=",
    "keepalive=",
    "lbset=",
    "loadfactor=",
    "max=",
    "min=",
    "ping=",
    "receivebuffersize=",
    "redirect=",
    "responsefieldsize=",
    "retry=",
    "route=",
    "secret=",
    "smax=",
    "status=",
    "timeout=",
    "ttl=",
    "upgrade=",
];

/// Parameters whose effect is not built; the others that are known act, or cannot have an effect.
const NOT_BUILT: [&str; 1] = ["responsefieldsize"];

/// Whether a word is a parameter: a name, `=`, a value.
pub(crate) fn parameter(word: &Word) -> Result<(String, &str), Diagnostic> {
    word.text.split_once('=').map(|(name, text)| (name.to_ascii_lowercase(), text)).ok_or_else(|| {
        value::bad(word, format!("\"{}\" is no parameter", word.text)).help("parameters have the form `key=value`")
    })
}

impl WorkerSettings {
    /// Takes a parameter of a server.
    pub(crate) fn set(&mut self, lowering: &mut Lowering<'_>, word: &Word) -> Result<(), Diagnostic> {
        let (name, text) = parameter(word)?;
        let bad = |what: &str| value::bad(word, format!("{name} {what}"));
        match name.as_str() {
            "loadfactor" => {
                let factor = text.parse::<f64>().ok().filter(|factor| (1.0..=100.0).contains(factor));
                self.load_factor = Some(hundredths(factor.ok_or_else(|| bad("must be a number between 1..100"))?));
            }
            "retry" => self.retry = Some(seconds(text).ok_or_else(|| bad("must be a number of seconds"))?),
            "timeout" => {
                let time = seconds(text).filter(|time| !time.is_zero());
                self.timeout = Some(time.ok_or_else(|| bad("must be at least one second"))?);
            }
            "connectiontimeout" => {
                let time = value::parse_time(text).filter(|time| !time.is_zero());
                self.connect_timeout = Some(time.ok_or_else(|| bad("is no time: write seconds, or `500ms`"))?);
            }
            "max" => self.most_connections = Some(text.parse().map_err(|_| bad("must be a positive number"))?),
            "keepalive" => self.socket_keep_alive = Some(switch(word, text)?),
            "disablereuse" => self.no_reuse = Some(switch(word, text)?),
            "enablereuse" => self.no_reuse = Some(!switch(word, text)?),
            "ttl" => self.idle_time = Some(seconds(text).ok_or_else(|| bad("must be a number of seconds"))?),
            "status" => self.status(word, text)?,
            "lbset" => {
                let set = text.parse().ok().filter(|set| *set <= 99);
                self.set = Some(set.ok_or_else(|| bad("must be between 0 and 99"))?);
            }
            "route" => self.route = Some(text.to_owned()),
            "redirect" => self.redirect = Some(text.to_owned()),
            "upgrade" => self.upgrade = Some(text.to_owned()),
            name if NOT_BUILT.contains(&name) => {
                return Err(value::not_built(&format!("the parameter `{name}`")).at(word.origin));
            }
            name if PARAMETERS.iter().any(|known| known.trim_end_matches('=') == name) => {
                let why = "connections are made and kept as they are needed, and answers are passed on at once";
                lowering.without_effect(name, word.origin, why);
            }
            _ => return Err(value::invalid(word, &PARAMETERS)),
        }
        Ok(())
    }

    /// Letters, each switched on, or off behind `-`.
    fn status(&mut self, word: &Word, text: &str) -> Result<(), Diagnostic> {
        let mut on = true;
        for letter in text.chars() {
            match letter.to_ascii_uppercase() {
                '+' => on = true,
                '-' => on = false,
                'D' | 'S' => self.disabled = on,
                // Whoever begins so has failed never: it is tried at once.
                'E' => {}
                'R' => self.spare = on,
                'N' => self.drain = on,
                'H' => self.standby = on,
                'I' => self.ignores_errors = on,
                'C' => {
                    return Err(value::not_built(&format!("the status `{letter}`")).at(word.origin));
                }
                _ => {
                    let problem = value::bad(word, format!("Unknown status parameter option `{letter}`"));
                    return Err(problem.help("it is one of D, S, I, H, R, E, N, each behind `+` or `-`"));
                }
            }
        }
        Ok(())
    }
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_secs)
}

pub(super) fn switch(word: &Word, text: &str) -> Result<bool, Diagnostic> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(value::bad(word, format!("\"{}\" must be On|Off", word.text))),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number lies between 1 and 100")]
fn hundredths(factor: f64) -> u32 {
    (factor * 100.0).round() as u32
}
