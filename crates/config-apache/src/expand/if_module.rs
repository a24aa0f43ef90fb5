//! `<IfModule>`: what is read for a module, also one that the configuration has and that is not built here.

use diagnostic::Diagnostic;

use super::{Expander, word};
use crate::directive::Directive;
use crate::modules::{self, Presence};
use crate::tree::{Node, Statement};

/// More names than these are not listed.
const LISTED: usize = 6;

impl Expander<'_> {
    /// Reads the inside of a section where httpd reads it. What a module that is not built would do is refused inside as it is
    /// elsewhere, so that nothing that guards a path is lost in silence.
    pub(super) fn if_module(
        &mut self,
        section: &Directive,
        body: &[Node],
        out: &mut Vec<Directive>,
    ) -> Result<(), Diagnostic> {
        let (name, negated) = asked(section)?;
        match (modules::presence(name, &self.known.loaded), negated) {
            (Presence::There, false) | (Presence::Absent | Presence::Unsaid, true) => self.nodes(body, out),
            (Presence::Missed, false) => self.missed(section, body, out),
            (Presence::Unsaid, false) => self.left_out(section, body),
            (Presence::There | Presence::Missed, true) | (Presence::Absent, false) => {}
        }
        Ok(())
    }

    /// Reads what stands there for a module that the configuration loads and that is not built, but for mere settings of such.
    fn missed(&mut self, section: &Directive, body: &[Node], out: &mut Vec<Directive>) {
        let name = section.rest.text();
        let mut inside = Vec::new();
        self.missed
            .push((section.origin(), format!("read, for this configuration loads `{name}`, which is not built")));
        self.nodes(body, &mut inside);
        self.missed.pop();
        let mut dropped = Vec::new();
        drop_settings(&mut inside, &mut dropped);
        out.append(&mut inside);
        if !dropped.is_empty() {
            let message = format!("{} left out: `{name}` is not built", listed(&dropped));
            let problem = Diagnostic::warning("left-out", message).at(section.origin());
            self.report(problem.help("who comes in, and what is answered, does not depend on this"));
        }
    }

    /// Says what a server may read there that loads the module, of which nothing is known here.
    fn left_out(&mut self, section: &Directive, body: &[Node]) {
        let mut found = Vec::new();
        self.deciding(body, &mut found);
        if found.is_empty() {
            return;
        }
        let name = section.rest.text();
        let message = format!("{} left out: `{name}` is not built", listed(&found));
        let problem = Diagnostic::warning("left-out", message).at(section.origin());
        self.report(problem.help(
            "if the server loads this module, what stands here guards or answers requests: say it without the module, or leave \
             the section out if not",
        ));
    }

    /// Names of directives that may decide who comes in or what is answered.
    fn deciding(&mut self, nodes: &[Node], found: &mut Vec<String>) {
        for node in nodes {
            let Node::Statement(Statement { line, body, .. }) = node else { continue };
            let Some(directive) = self.directive(line, body.is_some()) else { continue };
            let name = &directive.name.text;
            if modules::decides(name) && !found.contains(name) {
                found.push(name.clone());
            }
            if let Some(body) = body
                && self.may_hold(&directive)
            {
                self.deciding(body, found);
            }
        }
    }

    /// Whether the inside of a section may be read.
    fn may_hold(&self, section: &Directive) -> bool {
        if section.is("<IfModule>") {
            return asked(section).is_ok_and(|(name, negated)| match modules::presence(name, &self.known.loaded) {
                Presence::Unsaid => true,
                Presence::There | Presence::Missed => !negated,
                Presence::Absent => negated,
            });
        }
        self.condition(section).is_none_or(|holds| holds.unwrap_or(true))
    }
}

/// The module that a section names, and whether it is for those who have it not.
fn asked(section: &Directive) -> Result<(&str, bool), Diagnostic> {
    let name = word(section, 0)?.text.as_str();
    Ok(name.strip_prefix('!').map_or((name, false), |name| (name.trim_start(), true)))
}

/// Takes out settings of modules that are not built and without which the same clients get the same answers.
fn drop_settings(directives: &mut Vec<Directive>, dropped: &mut Vec<String>) {
    directives.retain_mut(|directive| {
        if let Some(body) = &mut directive.body {
            drop_settings(body, dropped);
        }
        let name = &directive.name.text;
        let settings = modules::settings_only(name).is_some() || asks_nothing(directive);
        if settings && !dropped.contains(name) {
            dropped.push(name.clone());
        }
        !settings
    });
}

/// Whether it takes back what such a module would do, or asks for a coding without which the same is answered.
fn asks_nothing(directive: &Directive) -> bool {
    const NOTHING: [(&str, &str); 4] = [
        ("AddOutputFilterByType", "BROTLI_COMPRESS"),
        ("SetOutputFilter", "BROTLI_COMPRESS"),
        ("DAV", "Off"),
        ("UserDir", "disabled"),
    ];
    let first = directive.argument(0).map(|word| word.text.as_str()).unwrap_or_default();
    let same = |(name, asks): &(&str, &str)| directive.is(name) && first.eq_ignore_ascii_case(asks);
    // `UserDir disabled NAME …` closes only some, and leaves the others open.
    NOTHING.iter().any(same) && !(directive.is("UserDir") && directive.arguments.len() > 1)
}

fn listed(names: &[String]) -> String {
    let some: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(LISTED);
    let end = if more > 0 {
        format!(" and {more} more are")
    } else if names.len() > 1 {
        " are".to_owned()
    } else {
        " is".to_owned()
    };
    some.join(", ") + &end
}
