//! The script of a site: variables by what requests say, rewriting, variables that are simply set.

use std::path::Path;

use diagnostic::Diagnostic;
use model::{Condition, FieldEdit, Groups, Map, Matcher, Part, Root, Site, Step, Template};

use super::{Change, Lowering, Mapping, Pattern, Scope, Section, SectionKind, patterns};
use crate::modules::proxy;
use crate::modules::rewrite::{ABSOLUTE, BELOW_ROOT, rewriting};
use crate::modules::setenvif::sets;

/// A site's script, and what belongs to it.
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// Changes of responses that the script asks for.
    pub(super) edits: Vec<FieldEdit>,
    /// Locations that it goes to.
    pub(super) locations: Vec<Mapping>,
}

/// The script of a server; the sections are those that hold for it, in their order.
pub(super) fn script(
    lowering: &mut Lowering<'_>,
    scope: &Scope,
    sections: &[Section],
    groups: &mut proxy::Groups,
) -> Script {
    let root = scope.server.core.document_root.clone().unwrap_or_else(|| lowering.path("htdocs"));
    let environment = &scope.server.environment;
    let mut late = Vec::new();
    for section in sections {
        late.extend(in_section(lowering, section, &root, section.environment.matched.clone()));
    }
    // What is there already stays: so the innermost come first.
    for section in sections.iter().rev() {
        late.extend(in_section(lowering, section, &root, simply_set(&section.environment.set)));
    }
    late.extend(simply_set(&environment.set));
    let mut steps = environment.matched.clone();
    let rewriting = rewriting(lowering, scope, &late);
    steps.extend(rewriting.steps);
    steps.extend(late);
    let mut locations = Vec::new();
    for (name, server, target) in rewriting.forwarded {
        match proxy::forwarded(lowering, scope, groups, (&server, target)) {
            Ok(mut mapping) => {
                mapping.matcher = Matcher::Named(name);
                locations.push(mapping);
            }
            Err(problem) => lowering.report_once(problem),
        }
    }
    if rewriting.files {
        let below = root.display().to_string();
        for (name, root) in [(BELOW_ROOT, below), (ABSOLUTE, String::new())] {
            let root = Root::Root(Template::text(root, scope.origin));
            locations.push(Mapping {
                matcher: Matcher::Named(name.to_owned()),
                change: Change::Files(root),
                forwarded_to: None,
                origin: scope.origin,
            });
        }
    }
    Script { steps, edits: rewriting.edits, locations }
}

/// Steps that set variables where they have no value, the last that is written first; one that is unset stays so.
fn simply_set(steps: &[Step]) -> Vec<Step> {
    let unset = |name: &str| format!("unset_{name}");
    let step = |step: &Step| match step {
        Step::Set { variable, origin, .. } => {
            let known = vec![Condition::Defined(variable.clone()), Condition::Defined(unset(variable))];
            let condition = Condition::Not(Box::new(Condition::Any(known)));
            Step::If { condition, steps: vec![step.clone()], section: None, origin: *origin }
        }
        Step::Unset { variable, origin } => {
            Step::Set { variable: unset(variable), value: Template::default(), origin: *origin }
        }
        other => other.clone(),
    };
    steps.iter().rev().map(step).collect()
}

/// The steps of a section, for the requests that it is for.
fn in_section(lowering: &mut Lowering<'_>, section: &Section, root: &Path, steps: Vec<Step>) -> Vec<Step> {
    if steps.is_empty() {
        return Vec::new();
    }
    let mut conditions = Vec::new();
    for kind in &section.kinds {
        match kind {
            SectionKind::Location(pattern) => conditions.extend(at_path(pattern, section)),
            SectionKind::If(condition) => conditions.push(condition.clone()),
            // What lies below it is all that there is.
            SectionKind::Directory(Pattern::Text(path)) if root.starts_with(path) => {}
            SectionKind::Directory(_) | SectionKind::Files(_) | SectionKind::Proxy(_) => {
                let message = "variables of the environment for a part of the files are not built yet";
                let problem = Diagnostic::error("not-built", message).at(section.origin);
                lowering.report_once(problem.help("write them into a <Location>"));
                return Vec::new();
            }
        }
    }
    if conditions.is_empty() {
        return steps;
    }
    let condition = Condition::All(conditions);
    vec![Step::If { condition, steps, section: None, origin: section.origin }]
}

/// Whether the path is one of those of a location; `None`: it always is.
fn at_path(pattern: &Pattern, section: &Section) -> Option<Condition> {
    let pattern = match pattern {
        Pattern::Text(path) if path == "/" => return None,
        Pattern::Text(path) => {
            let end = if path.ends_with('/') { "" } else { "(?:/|$)" };
            expression(format!("^{}{end}", patterns::escape(path)), section)
        }
        Pattern::Glob(glob) => patterns::expression(glob, true, "(?:/|\\z)"),
        Pattern::Regex(pattern) => pattern.clone(),
    };
    let value = Template { parts: vec![Part::Variable("uri".to_owned())], origin: section.origin };
    Some(Condition::Match { value, pattern, negated: false, groups: Groups::Latest })
}

fn expression(expression: String, section: &Section) -> model::Pattern {
    model::Pattern { expression, ignore_case: false, origin: section.origin }
}

/// Gives variables of the environment that are asked for, and that nothing sets, a definition without a value.
pub(super) fn define_environment(lowering: &mut Lowering<'_>, sites: &[Site]) {
    for variable in std::mem::take(&mut lowering.shared.environment) {
        let built_in = !variable.starts_with("env_");
        if built_in || sites.iter().any(|site| sets(&site.script, &variable)) {
            continue;
        }
        lowering.shared.maps.push(Map {
            variable,
            source: Template::default(),
            entries: Vec::new(),
            default: Template::default(),
            volatile: false,
            origin: diagnostic::Origin::default(),
        });
    }
}
