//! The directives of `mod_rewrite`: rewriting of requests.

mod condition;
mod flags;
mod map;
mod rule;
mod steps;
mod text;

use diagnostic::Diagnostic;

use crate::directive::Directive;
use crate::lower::{Inherit, Lowering, Scope};
use crate::table::{ANYWHERE, FLAG, HOST, MAIN, Module, Outcome, Row, SERVER, at_least, between, row, take};
use crate::value;

pub(crate) use map::Table;
pub(crate) use rule::{Rule, Test};
pub(crate) use steps::{ABSOLUTE, BELOW_ROOT, rewriting};

pub(crate) static MODULE: Module =
    Module { name: "mod_rewrite", identifier: "rewrite_module", built: true, rows: ROWS };

const SECTIONS: &str = "not in sections: there paths are cut before they are matched";

const ROWS: &[Row] = &[
    row("RewriteBase", ANYWHERE, take(1), |_, _, d| Err(in_section(d))).partial(SECTIONS),
    row("RewriteCond", ANYWHERE, between(2, 3), rule::condition)
        .partial("no `-F`, `-U`, `-l`, `-L`, `-h`, `%{LA-U:…}` and `%{LA-F:…}`; not in sections"),
    row("RewriteEngine", ANYWHERE, FLAG, engine).partial(SECTIONS),
    row("RewriteMap", SERVER, between(2, 3), map::directive)
        .partial("`txt:`, `rnd:` and `int:`; files are read with the configuration"),
    row("RewriteOptions", ANYWHERE, at_least(1), options).partial("no `AllowAnyURI`; not in sections"),
    row("RewriteRule", ANYWHERE, between(2, 3), rule::directive)
        .partial("no flag `H`, no cookies with a lifetime, no `B=…`; not in sections"),
];

/// What a server says of rewriting.
#[derive(Clone, Debug, Default)]
pub(crate) struct RewriteSettings {
    pub(crate) engine: Option<bool>,
    pub(crate) rules: Vec<Rule>,
    /// Conditions that wait for their rule.
    pub(crate) tests: Vec<Test>,
    pub(crate) maps: Vec<Table>,
    inherit: Option<Order>,
    hand_down: Option<Order>,
    refuse: bool,
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
        let handed = base.hand_down.filter(|_| !self.refuse);
        match self.inherit.or(handed) {
            Some(Order::Before) => {
                self.rules.splice(0..0, base.rules.iter().cloned());
            }
            Some(Order::Behind) => self.rules.extend(base.rules.iter().cloned()),
            None => {}
        }
        self.engine = self.engine.or(base.engine);
        self.maps.extend(base.maps.iter().cloned());
    }
}

fn in_section(directive: &Directive) -> Diagnostic {
    value::not_built(&format!("{} in a section", directive.name.text))
        .at(directive.origin())
        .help("write the rule into the virtual host: its pattern then sees the whole path, from its `/` on")
}

/// Rules hold for a whole server here.
fn whole_server(scope: &Scope, directive: &Directive) -> Outcome {
    if scope.contexts.intersects(MAIN.or(HOST)) { Ok(()) } else { Err(in_section(directive)) }
}

fn engine(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let on = value::flag(directive)?;
    if on {
        whole_server(scope, directive)?;
    }
    scope.server.rewrite.engine = Some(on);
    Ok(())
}

fn options(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    whole_server(scope, directive)?;
    let settings = &mut scope.server.rewrite;
    for word in &directive.arguments {
        match word.text.to_ascii_lowercase().as_str() {
            "inherit" => settings.inherit = Some(Order::Behind),
            "inheritbefore" => settings.inherit = Some(Order::Before),
            "inheritdown" => settings.hand_down = Some(Order::Behind),
            "inheritdownbefore" => settings.hand_down = Some(Order::Before),
            "ignoreinherit" => settings.refuse = true,
            "allownoslash" | "mergebase" | "ignorecontextinfo" | "legacyprefixdocroot" | "longurloptions" => {
                lowering.without_effect("RewriteOptions", word.origin, "it concerns rules of sections");
            }
            "allowanyuri" => return Err(value::not_built("`AllowAnyURI`").at(word.origin)),
            _ => return Err(value::invalid(word, &["Inherit", "InheritBefore", "InheritDown", "IgnoreInherit"])),
        }
    }
    Ok(())
}
