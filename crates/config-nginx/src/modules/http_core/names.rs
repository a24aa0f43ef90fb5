//! `resolver`: how names become addresses while running.

use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{Resolver, ServerAddress};

use crate::lower::slot::Slot;
use crate::lower::{Level, Lowering};
use crate::modules::address;
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

/// Where name servers listen.
const PORT: u16 = 53;
const PARAMETERS: [&str; 3] = ["valid=", "ipv4=", "ipv6="];

/// What a level says of names.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameSettings {
    pub(crate) resolver: Slot<Resolver>,
    pub(crate) timeout: Slot<Duration>,
}

impl NameSettings {
    pub(crate) fn inherit(&mut self, parent: &Self) {
        self.resolver.inherit(&parent.resolver);
        self.timeout.inherit(&parent.timeout);
    }

    pub(crate) fn finish(&self) -> Option<Resolver> {
        let resolver = self.resolver.get()?.clone();
        Some(Resolver { timeout: self.timeout.or(resolver.timeout), ..resolver })
    }
}

/// `resolver address … [valid=time] [ipv4=on|off] [ipv6=on|off]`
pub(crate) fn resolver(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let mut resolver = Resolver {
        servers: Vec::new(),
        valid: None,
        ipv4: true,
        ipv6: true,
        timeout: Duration::from_secs(30),
        origin: directive.origin(),
    };
    for word in &directive.arguments {
        match word.text.split_once('=') {
            Some((key, text)) => parameter(&mut resolver, word, key, text)?,
            None => resolver.servers.push(server(word)?),
        }
    }
    let wrong = |message: &str| Err(Diagnostic::error("invalid-value", message).at(directive.origin()));
    if !resolver.ipv4 && !resolver.ipv6 {
        return wrong("\"ipv4\" and \"ipv6\" cannot both be \"off\"");
    }
    if resolver.servers.is_empty() {
        return wrong("no name servers defined");
    }
    level.names.resolver.put(directive, resolver)
}

fn parameter(resolver: &mut Resolver, word: &Word, key: &str, text: &str) -> Outcome {
    let switch = |text: &str| match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(value::invalid_parameter(word, &PARAMETERS)),
    };
    match key {
        "valid" => {
            let span = value::plain_seconds(text).ok_or_else(|| value::invalid_parameter(word, &PARAMETERS))?;
            resolver.valid = Some(span);
        }
        "ipv4" => resolver.ipv4 = switch(text)?,
        "ipv6" => resolver.ipv6 = switch(text)?,
        _ => return Err(value::invalid_parameter(word, &PARAMETERS)),
    }
    Ok(())
}

fn server(word: &Word) -> Result<ServerAddress, Diagnostic> {
    match address::server(&word.text, PORT) {
        Ok(server @ ServerAddress::Host { .. }) => Ok(server),
        Ok(ServerAddress::Unix(_)) => Err(invalid(word.origin, "a name server is no unix domain socket")),
        Err(problem) => Err(invalid(word.origin, &format!("{problem} in name server \"{}\"", word.text))),
    }
}

fn invalid(origin: Origin, message: &str) -> Diagnostic {
    Diagnostic::error("invalid-address", message).at(origin)
}
