//! What is said of a group of servers as a whole: how members are chosen, how clients come back, what counts against one.

use diagnostic::Diagnostic;
use model::{Balance, Binding, RouteSource, Stickiness, Trouble};

use super::worker::{parameter, switch};
use crate::line::Word;
use crate::lower::Lowering;
use crate::table::Outcome;
use crate::value;

/// Parameters of a group; what they do not say is as httpd has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupSettings {
    pub(crate) balance: Option<Balance>,
    /// Names of the cookie and of the parameter that say where a client was.
    session: Option<(String, String)>,
    semicolon: Option<bool>,
    separator: Option<char>,
    strict: Option<bool>,
    failing: Option<Vec<u16>>,
    fails_by_time: Option<bool>,
    /// Where no member can be used, all are tried again.
    recovers: Option<bool>,
    /// Members that are tried after the first.
    pub(crate) attempts: Option<u32>,
}

const PARAMETERS: [&str; 12] = [
    "failonstatus=",
    "failontimeout=",
    "forcerecovery=",
    "growth=",
    "lbmethod=",
    "maxattempts=",
    "nofailover=",
    "nonce=",
    "scolonpathdelim=",
    "stickysession=",
    "stickysessionsep=",
    "timeout=",
];

impl GroupSettings {
    /// Takes a parameter.
    pub(super) fn set(&mut self, lowering: &mut Lowering<'_>, word: &Word) -> Outcome {
        let (name, text) = parameter(word)?;
        match name.as_str() {
            "lbmethod" => self.balance = Some(method(word, text)?),
            "stickysession" => {
                let (cookie, path) = text.split_once('|').unwrap_or((text, text));
                self.session = Some((cookie.to_owned(), path.to_owned()));
            }
            "stickysessionsep" if text.eq_ignore_ascii_case("off") => self.separator = Some('\0'),
            "stickysessionsep" => self.separator = text.chars().next(),
            "scolonpathdelim" => self.semicolon = Some(switch(word, text)?),
            "nofailover" => self.strict = Some(switch(word, text)?),
            "maxattempts" => {
                self.attempts = Some(text.parse().map_err(|_| value::bad(word, "maxattempts is a number of tries"))?);
            }
            "failonstatus" => {
                let statuses: Result<_, _> = text.split(',').map(str::parse).collect();
                self.failing = Some(statuses.map_err(|_| value::bad(word, "failonstatus is a list of statuses"))?);
            }
            "failontimeout" => self.fails_by_time = Some(switch(word, text)?),
            "forcerecovery" => self.recovers = Some(switch(word, text)?),
            "timeout" | "growth" | "nonce" => {
                lowering.without_effect(&name, word.origin, "members are chosen without waiting");
            }
            _ => return Err(value::invalid(word, &PARAMETERS)),
        }
        Ok(())
    }

    /// What another place says counts over what is said here.
    pub(super) fn take_over(&mut self, other: Self) {
        let Self { balance, session, semicolon, separator, strict, failing, fails_by_time, recovers, attempts } = other;
        self.balance = balance.or(self.balance.take());
        self.session = session.or(self.session.take());
        self.semicolon = semicolon.or(self.semicolon);
        self.separator = separator.or(self.separator);
        self.strict = strict.or(self.strict);
        self.failing = failing.or(self.failing.take());
        self.fails_by_time = fails_by_time.or(self.fails_by_time);
        self.recovers = recovers.or(self.recovers);
        self.attempts = attempts.or(self.attempts);
    }

    /// Whether all members are tried again where none can be used.
    pub(super) fn recovers(&self) -> bool {
        self.recovers.unwrap_or(true)
    }

    /// What makes a member rest, beside that it cannot be reached.
    pub(super) fn troubles(&self) -> impl Iterator<Item = Trouble> {
        let late = self.fails_by_time.unwrap_or(false).then_some(Trouble::Timeout);
        self.failing.iter().flatten().map(|status| Trouble::Status(*status)).chain(late)
    }

    /// How clients come back.
    pub(super) fn stickiness(&self) -> Option<Stickiness> {
        let (cookie, parameter) = self.session.clone()?;
        let separator = Some(self.separator.unwrap_or('.')).filter(|separator| *separator != '\0');
        let semicolon = self.semicolon.unwrap_or(false);
        Some(Stickiness {
            sources: vec![RouteSource::Session { parameter, semicolon, cookie, separator }],
            binding: Binding::Own,
            strict: self.strict.unwrap_or(false),
            reaches_reserve: true,
            counts_fully: true,
        })
    }
}

fn method(word: &Word, text: &str) -> Result<Balance, Diagnostic> {
    match text {
        "byrequests" => Ok(Balance::RoundRobin),
        "bytraffic" => Ok(Balance::LeastTraffic),
        "bybusyness" => Ok(Balance::LeastBusy),
        "heartbeat" => Err(value::not_built("the method `heartbeat`").at(word.origin)),
        _ => Err(value::bad(word, format!("there is no method \"{text}\""))
            .help("it is `byrequests`, `bytraffic` or `bybusyness`")),
    }
}
