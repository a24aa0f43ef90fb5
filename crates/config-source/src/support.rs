//! What becomes of a directive here, and the page that tells it of all.

use std::fmt::Write;

use diagnostic::Origin;

/// What becomes of a directive here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Support {
    /// It does what it does in the server whose language it is.
    Full,
    /// It does, but for what the note says.
    Partial(&'static str),
    /// It is read and checked; here it cannot have an effect, and why.
    NoEffect(&'static str),
    /// Its feature is not built yet: it is refused.
    Pending,
    /// It is refused for good, and why.
    Refused(&'static str),
}

impl Support {
    /// As the pages say it, in Markdown.
    pub fn describe(self) -> String {
        match self {
            Self::Full => "**yes**".to_owned(),
            Self::Partial(note) => format!("**partly**: {note}"),
            Self::NoEffect(why) => format!("*no effect*: {why}"),
            Self::Pending => "not built".to_owned(),
            Self::Refused(why) => format!("refused: {why}"),
        }
    }
}

/// A directive that is in the configuration and cannot have an effect here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoEffect {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub origin: Origin,
    /// Why it has none.
    pub why: &'static str,
    /// Whether it never has one, whatever it says and wherever it stands.
    pub never: bool,
}

/// Directives that have an effect in one place that inherits them and none in another: it is told of those that have none in any.
#[derive(Default, Debug)]
pub struct Effects(Vec<(NoEffect, bool)>);

impl Effects {
    /// Notes whether a directive has an effect in one place; `why`: why not, where it has none.
    pub fn note(&mut self, has: bool, name: &str, origin: Origin, why: &'static str) {
        match self.0.iter_mut().find(|(known, _)| known.name == name && known.origin == origin) {
            Some((_, known)) => *known |= has,
            None => self.0.push((NoEffect { name: name.to_owned(), origin, why, never: false }, has)),
        }
    }

    /// Those that have none.
    pub fn missing(self) -> impl Iterator<Item = NoEffect> {
        self.0.into_iter().filter(|(_, has)| !has).map(|(directive, _)| directive)
    }
}

/// One directive of one module of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// The module.
    pub module: &'static str,
    /// The directive.
    pub name: &'static str,
    /// Where it may stand, outermost first.
    pub contexts: Vec<&'static str>,
    /// What becomes of it.
    pub support: Support,
}

/// A server whose language is read.
pub struct Server {
    /// The server, in short.
    pub name: &'static str,
    /// It with its version.
    pub version: &'static str,
    /// The package whose tests write the page.
    pub package: &'static str,
    /// A directive that may stand in more places than so many may stand anywhere.
    pub many: usize,
}

/// A page of Markdown that says of each directive what becomes of it; `title` is its first line.
pub fn page(title: &str, server: &Server, directives: impl Iterator<Item = Known>) -> String {
    let Server { name, version, package, many } = server;
    let mut page = format!(
        "# {title}\n\n\
         What becomes of each directive of {version}'s modules. This page is made from the tables that read the\n\
         configuration: `ZAGUAN_WRITE_PAGES=1 cargo test -p {package} --test compatibility` writes it anew.\n\n\
         - **yes**: it does what it does in {name}.\n\
         - **partly**: it does, but for what the note says.\n\
         - *no effect*: it is read and checked, and cannot have an effect here; `zaguan check` lists these.\n\
         - not built: refused by name, until its feature is built.\n\
         - refused: refused for good.\n",
    );
    let mut module = "";
    for known in directives {
        if known.module != module {
            module = known.module;
            // Writing to a string cannot fail.
            let _ = write!(page, "\n## {module}\n\n| directive | where | here |\n|---|---|---|\n");
        }
        let anywhere = known.contexts.len() > *many;
        let contexts = if anywhere { "anywhere".to_owned() } else { known.contexts.join(", ") };
        let _ = writeln!(page, "| `{}` | {contexts} | {} |", known.name, known.support.describe());
    }
    page
}
