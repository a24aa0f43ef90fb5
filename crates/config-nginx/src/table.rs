//! The shape of the directive tables: where a directive may stand, how many arguments it takes, what becomes of it.

use diagnostic::Diagnostic;

pub(crate) use config_source::{Arity, Support, at_least, between, take};

use crate::lower::{Level, Lowering};
use crate::tree::Directive;

/// What lowering a directive comes to.
pub(crate) type Outcome = Result<(), Diagnostic>;

/// Takes over what a directive says.
pub(crate) type Lower = fn(&mut Lowering<'_>, &mut Level, &Directive) -> Outcome;

/// A directive.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) contexts: Contexts,
    pub(crate) arity: Arity,
    pub(crate) support: Support,
    pub(crate) lower: Lower,
}

/// The directives of one of nginx's modules, sorted by name.
pub(crate) struct Module {
    pub(crate) name: &'static str,
    pub(crate) rows: &'static [Row],
}

/// A directive that does what it does in nginx.
pub(crate) const fn row(name: &'static str, contexts: Contexts, arity: Arity, lower: Lower) -> Row {
    Row { name, contexts, arity, support: Support::Full, lower }
}

/// A directive whose feature is not built yet.
pub(crate) const fn pending(name: &'static str, contexts: Contexts, arity: Arity) -> Row {
    Row { name, contexts, arity, support: Support::Pending, lower: |_, _, _| Ok(()) }
}

/// A directive that is refused for good.
pub(crate) const fn refused(name: &'static str, contexts: Contexts, arity: Arity, why: &'static str) -> Row {
    Row { name, contexts, arity, support: Support::Refused(why), lower: |_, _, _| Ok(()) }
}

/// A directive that cannot have an effect here; `check` looks at its values.
pub(crate) const fn no_effect(
    name: &'static str,
    contexts: Contexts,
    arity: Arity,
    check: Lower,
    why: &'static str,
) -> Row {
    Row { name, contexts, arity, support: Support::NoEffect(why), lower: check }
}

impl Row {
    /// The same directive, which does not do all that it does in nginx.
    pub(crate) const fn partial(self, note: &'static str) -> Self {
        Self { support: Support::Partial(note), ..self }
    }
}

/// Places where a directive may stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Contexts(u32);

pub(crate) const MAIN: Contexts = Contexts(1);
pub(crate) const EVENTS: Contexts = Contexts(1 << 1);
pub(crate) const HTTP: Contexts = Contexts(1 << 2);
pub(crate) const SERVER: Contexts = Contexts(1 << 3);
pub(crate) const LOCATION: Contexts = Contexts(1 << 4);
pub(crate) const IF_SERVER: Contexts = Contexts(1 << 5);
pub(crate) const IF_LOCATION: Contexts = Contexts(1 << 6);
pub(crate) const LIMIT_EXCEPT: Contexts = Contexts(1 << 7);
pub(crate) const UPSTREAM: Contexts = Contexts(1 << 8);
pub(crate) const STREAM: Contexts = Contexts(1 << 9);
pub(crate) const STREAM_SERVER: Contexts = Contexts(1 << 10);
pub(crate) const STREAM_UPSTREAM: Contexts = Contexts(1 << 11);
pub(crate) const MAIL: Contexts = Contexts(1 << 12);
pub(crate) const MAIL_SERVER: Contexts = Contexts(1 << 13);

/// `http`, `server` and `location`: where most directives of the HTTP side may stand.
pub(crate) const LEVELS: Contexts = HTTP.or(SERVER).or(LOCATION);
/// [`LEVELS`], and `if` inside a location.
pub(crate) const LEVELS_IF: Contexts = LEVELS.or(IF_LOCATION);
/// `http` and `server`.
pub(crate) const SITES: Contexts = HTTP.or(SERVER);
/// Where a request may be rewritten.
pub(crate) const SCRIPTS: Contexts = SERVER.or(LOCATION).or(IF_SERVER).or(IF_LOCATION);
/// Anywhere.
pub(crate) const ANYWHERE: Contexts = Contexts(u32::MAX);

const NAMES: [(Contexts, &str); 14] = [
    (MAIN, "main"),
    (EVENTS, "events"),
    (HTTP, "http"),
    (SERVER, "server"),
    (LOCATION, "location"),
    (IF_SERVER, "if in server"),
    (IF_LOCATION, "if in location"),
    (LIMIT_EXCEPT, "limit_except"),
    (UPSTREAM, "upstream"),
    (STREAM, "stream"),
    (STREAM_SERVER, "server of stream"),
    (STREAM_UPSTREAM, "upstream of stream"),
    (MAIL, "mail"),
    (MAIL_SERVER, "server of mail"),
];

impl Contexts {
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The places' names, outermost first.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().filter(move |(context, _)| self.intersects(*context)).map(|(_, name)| name)
    }
}
