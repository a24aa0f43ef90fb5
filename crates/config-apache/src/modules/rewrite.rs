//! The directives of `mod_rewrite`: rewriting of requests.

mod condition;
mod flags;
mod map;
mod rule;
mod section;
mod server;
mod steps;
mod text;

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Inherit, Lowering, Pattern, Scope, SectionKind};
use crate::table::{
    Contexts, DIRECTORY, FILES, FLAG, IF, LOCATION, Module, Outcome, Row, SERVER, at_least, between, row, take,
};
use crate::value;

pub(crate) use map::Table;
pub(crate) use rule::{Rule, Test};
pub(crate) use section::of_section;
pub(crate) use steps::{ABSOLUTE, BELOW_ROOT, rewriting};

pub(crate) static MODULE: Module =
    Module { name: "mod_rewrite", identifier: "rewrite_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    row("RewriteBase", DIRECTORY.or(FILES).or(LOCATION).or(IF), take(1), base),
    row("RewriteCond", PLACES, between(2, 3), rule::condition)
        .as_written()
        .partial("no `-F`, `-U`; of `%{LA-U:…}` and `%{LA-F:…}` only `%{LA-U:REQUEST_FILENAME}`"),
    row("RewriteEngine", PLACES, FLAG, engine),
    row("RewriteMap", SERVER, between(2, 3), map::directive)
        .partial("`txt:`, `rnd:` and `int:`; files are read with the configuration"),
    row("RewriteOptions", PLACES, at_least(1), options)
        .partial("no `AllowAnyURI`; of sections, `<Directory>` without wildcards inherits from such above it"),
    row("RewriteRule", PLACES, between(2, 3), rule::directive).as_written().partial("no flag `H`, no `B=…`"),
];

/// Rules of what is forwarded would come too late.
const PLACES: Contexts = SERVER.or(DIRECTORY).or(FILES).or(LOCATION).or(IF);

/// What a server says of rewriting.
#[derive(Clone, Debug, Default)]
pub(crate) struct RewriteSettings {
    pub(crate) engine: Option<bool>,
    pub(crate) rules: Vec<Rule>,
    /// Conditions that wait for their rule.
    pub(crate) tests: Vec<Test>,
    pub(crate) maps: Vec<Table>,
    /// The path that stands for a section's directory.
    pub(super) base: Option<Word>,
    options: Options,
}

/// `RewriteOptions`, which a section has all from the one above it if it says nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    said: bool,
    inherit: Option<Order>,
    hand_down: Option<Order>,
    refuse: bool,
    /// A base holds below its section, too.
    merge_base: bool,
    /// Rules of a section are asked for its own directory without the slash at its end, too.
    bare: bool,
}

/// Where the main server's rules stand among those of a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Before,
    Behind,
}

impl Inherit for RewriteSettings {
    /// Rules of the main server hold only where somebody asks for it.
    fn inherit(&mut self, base: &Self) {
        let handed = base.options.hand_down.filter(|_| !self.options.refuse);
        self.join(base, self.options.inherit.or(handed));
        self.engine = self.engine.or(base.engine);
        self.maps.extend(base.maps.iter().cloned());
    }
}

impl RewriteSettings {
    /// Whether anything is said of it.
    pub(crate) fn is_said(&self) -> bool {
        self.engine.is_some() || !self.rules.is_empty() || self.base.is_some() || self.options.said
    }

    /// What a section says that is laid over another.
    pub(crate) fn over(&self, above: &Self) -> Self {
        let mut section = self.clone();
        if !section.options.said {
            section.options = above.options;
        }
        if section.options.merge_base && section.base.is_none() {
            section.base.clone_from(&above.base);
        }
        let handed = above.options.hand_down.filter(|_| !section.options.refuse);
        section.join(above, section.options.inherit.or(handed));
        section
    }

    fn join(&mut self, above: &Self, order: Option<Order>) {
        match order {
            Some(Order::Before) => {
                self.rules.splice(0..0, above.rules.iter().cloned());
            }
            Some(Order::Behind) => self.rules.extend(above.rules.iter().cloned()),
            None => {}
        }
    }
}

fn base(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if !word.text.starts_with('/') {
        return Err(value::bad(word, "RewriteBase: argument is not a valid URL").help("it begins with `/`"));
    }
    scope.server.rewrite.base = Some(word.clone());
    Ok(())
}

fn engine(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.server.rewrite.engine = Some(value::flag(directive)?);
    Ok(())
}

fn options(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let known = matches!(scope.kind, None | Some(SectionKind::Directory(Pattern::Text(_))));
    let options = &mut scope.server.rewrite.options;
    options.said = true;
    for word in &directive.arguments {
        match word.text.to_ascii_lowercase().as_str() {
            "inherit" | "inheritbefore" if !known => {
                return Err(value::not_built("inheriting rules in such a section").at(word.origin));
            }
            "inherit" => options.inherit = Some(Order::Behind),
            "inheritbefore" => options.inherit = Some(Order::Before),
            "inheritdown" => options.hand_down = Some(Order::Behind),
            "inheritdownbefore" => options.hand_down = Some(Order::Before),
            "ignoreinherit" => options.refuse = true,
            "allownoslash" => options.bare = true,
            "mergebase" => options.merge_base = true,
            "ignorecontextinfo" | "legacyprefixdocroot" | "longurloptions" => {
                lowering.without_effect(
                    "RewriteOptions",
                    word.origin,
                    "prefixes of paths are what they are without it",
                );
            }
            "allowanyuri" => return Err(value::not_built("`AllowAnyURI`").at(word.origin)),
            _ => return Err(value::invalid(word, &["Inherit", "InheritBefore", "InheritDown", "IgnoreInherit"])),
        }
    }
    Ok(())
}
