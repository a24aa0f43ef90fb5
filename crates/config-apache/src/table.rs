//! The shape of the directive tables: where a directive may stand, how many arguments it takes, what becomes of it.

use diagnostic::Diagnostic;

pub(crate) use config_source::{Arity, Support, at_least, between, take};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};

/// What lowering a directive comes to.
pub(crate) type Outcome = Result<(), Diagnostic>;

/// Takes over what a directive says.
pub(crate) type Lower = fn(&mut Lowering<'_>, &mut Scope, &Directive) -> Outcome;

/// A directive; a section's name stands in angle brackets.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) contexts: Contexts,
    pub(crate) arity: Arity,
    pub(crate) support: Support,
    /// Its words are taken as they are written: nothing in them is unescaped.
    pub(crate) as_written: bool,
    pub(crate) lower: Lower,
}

/// The directives of one of httpd's modules, sorted by name.
pub(crate) struct Module {
    /// The module's name, as its page has it: `mod_proxy`.
    pub(crate) name: &'static str,
    /// What it is called where it is loaded: `proxy_module`.
    pub(crate) identifier: &'static str,
    /// Whether it is there: other modules' directives are refused, and `<IfModule>` does not find them.
    pub(crate) built: bool,
    pub(crate) rows: &'static [Row],
}

/// `On` or `Off`; httpd does not look at words that follow.
pub(crate) const FLAG: Arity = at_least(1);

/// A directive that does what it does in httpd.
pub(crate) const fn row(name: &'static str, contexts: Contexts, arity: Arity, lower: Lower) -> Row {
    Row { name, contexts, arity, support: Support::Full, as_written: false, lower }
}

/// A directive whose feature is not built yet.
pub(crate) const fn pending(name: &'static str, contexts: Contexts) -> Row {
    Row { name, contexts, arity: at_least(0), support: Support::Pending, as_written: false, lower: |_, _, _| Ok(()) }
}

/// A directive that is refused for good.
pub(crate) const fn refused(name: &'static str, contexts: Contexts, why: &'static str) -> Row {
    Row {
        name,
        contexts,
        arity: at_least(0),
        support: Support::Refused(why),
        as_written: false,
        lower: |_, _, _| Ok(()),
    }
}

/// A directive that cannot have an effect here.
pub(crate) const fn no_effect(name: &'static str, contexts: Contexts, arity: Arity, why: &'static str) -> Row {
    Row { name, contexts, arity, support: Support::NoEffect(why), as_written: false, lower: |_, _, _| Ok(()) }
}

/// A directive that acts while the text is read: what is left here is where it may stand.
pub(crate) const fn at_reading(name: &'static str, contexts: Contexts, arity: Arity) -> Row {
    row(name, contexts, arity, |_, _, _| Ok(()))
}

impl Row {
    /// The same directive, whose words are taken as they are written.
    pub(crate) const fn as_written(self) -> Self {
        Self { as_written: true, ..self }
    }

    /// The same directive, which does not do all that it does in httpd.
    pub(crate) const fn partial(self, note: &'static str) -> Self {
        Self { support: Support::Partial(note), ..self }
    }
}

/// Places where a directive may stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Contexts(u32);

/// The file itself.
pub(crate) const MAIN: Contexts = Contexts(1);
pub(crate) const HOST: Contexts = Contexts(1 << 1);
pub(crate) const DIRECTORY: Contexts = Contexts(1 << 2);
pub(crate) const FILES: Contexts = Contexts(1 << 3);
pub(crate) const LOCATION: Contexts = Contexts(1 << 4);
pub(crate) const PROXY: Contexts = Contexts(1 << 5);
pub(crate) const IF: Contexts = Contexts(1 << 6);
pub(crate) const LIMIT: Contexts = Contexts(1 << 7);
/// Inside `<RequireAll>` and its like.
pub(crate) const REQUIRE: Contexts = Contexts(1 << 8);
/// Inside `<MDomainSet>`.
pub(crate) const DOMAIN: Contexts = Contexts(1 << 9);

/// What a whole server says: the file and virtual hosts.
pub(crate) const SERVER: Contexts = MAIN.or(HOST);
/// Sections that hold for a part of the requests.
pub(crate) const SECTION: Contexts = DIRECTORY.or(FILES).or(LOCATION).or(PROXY).or(IF);
/// A server or a section.
pub(crate) const ANYWHERE: Contexts = SERVER.or(SECTION);
/// Sections of access rules too.
pub(crate) const EVERYWHERE: Contexts = Contexts(u32::MAX);

const NAMES: [(Contexts, &str); 10] = [
    (MAIN, "server config"),
    (HOST, "<VirtualHost>"),
    (DIRECTORY, "<Directory>"),
    (FILES, "<Files>"),
    (LOCATION, "<Location>"),
    (PROXY, "<Proxy>"),
    (IF, "<If>"),
    (LIMIT, "<Limit>"),
    (REQUIRE, "<RequireAll>"),
    (DOMAIN, "<MDomainSet>"),
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
