//! How long client connections live, how they are closed, and how fast responses are sent.

use std::time::Duration;

use model::{ByteSize, KeepAlive, LingerWhen, Lingering, Mistaken, Part, Template};

use crate::lower::slot::{Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

settings! {
    /// The life of client connections.
    struct ConnectionSettings {
        idle: Slot<Duration>,
        announced: Slot<Duration>,
        mistaken: Slot<Mistaken>,
        min_idle: Slot<Duration>,
        requests: Slot<u64>,
        time: Slot<Duration>,
        linger: Slot<LingerWhen>,
        linger_time: Slot<Duration>,
        linger_timeout: Slot<Duration>,
        send_timeout: Slot<Duration>,
        chunked: Slot<bool>,
        limit_rate: Slot<Template>,
        limit_rate_after: Slot<Template>,
        slice: Slot<ByteSize>,
    }
}

/// Values of `lingering_close`.
pub(crate) const LINGER: [(&str, LingerWhen); 3] =
    [("off", LingerWhen::Never), ("on", LingerWhen::Needed), ("always", LingerWhen::Always)];

impl ConnectionSettings {
    pub(crate) fn keep_alive(&self) -> KeepAlive {
        KeepAlive {
            timeout: self.idle.or(Duration::from_secs(75)),
            announced: self.announced.get().copied().filter(|time| !time.is_zero()),
            min_timeout: self.min_idle.or(Duration::ZERO),
            requests: self.requests.or(1000),
            time: self.time.or(Duration::from_hours(1)),
            refused: None,
            mistaken: self.mistaken.or(Mistaken { old_explorer: true, safari: false }),
        }
    }

    pub(crate) fn lingering(&self) -> Lingering {
        Lingering {
            when: self.linger.or(LingerWhen::Needed),
            time: self.linger_time.or(Duration::from_secs(30)),
            timeout: self.linger_timeout.or(Duration::from_secs(5)),
        }
    }
}

/// `keepalive_timeout`: the second time is what the client is told.
pub(super) fn idle(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let time = value::time(directive, value::first(directive)?)?;
    level.connection.idle.put(directive, time)?;
    if let Some(word) = directive.argument(1) {
        level.connection.announced.put(directive, value::seconds(directive, word)?)?;
    }
    Ok(())
}

/// `keepalive_disable none` or names of browsers
pub(super) fn keepalive_disable(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let none = Mistaken::default();
    let browsers = [
        ("none", none),
        ("msie6", Mistaken { old_explorer: true, ..none }),
        ("safari", Mistaken { safari: true, ..none }),
    ];
    let mut all = none;
    for word in &directive.arguments {
        let one = value::choice(directive, word, &browsers)?;
        all = Mistaken { old_explorer: all.old_explorer || one.old_explorer, safari: all.safari || one.safari };
    }
    level.connection.mistaken.put(directive, all)
}

/// A rate in bytes; without variables it is known now, and written in plain bytes.
pub(crate) fn rate(slot: &mut Slot<Template>, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let mut template = value::template(word)?;
    if template.as_text().is_some() {
        let ByteSize(bytes) = value::size(directive, word)?;
        template.parts = vec![Part::Text(bytes.to_string())];
    }
    slot.put(directive, template)
}
