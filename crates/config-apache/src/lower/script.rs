//! The script of a site: variables by what requests say, then rewriting.

use model::{FieldEdit, Matcher, Root, Step, Template};

use super::templates::SERVER_ADMIN;
use super::{Change, Lowering, Mapping, Pattern, Scope, Section, SectionKind, is_below};
use crate::modules::rewrite::{ABSOLUTE, BELOW_ROOT, RewriteSettings, of_section, rewriting};
use crate::modules::{proxy, ssl};

/// A site's script, and what belongs to it.
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// Changes of responses that the script asks for.
    pub(super) edits: Vec<FieldEdit>,
    /// Locations that it goes to.
    pub(super) locations: Vec<Mapping>,
}

/// What a section says of rewriting with what it has from the last one around it.
fn over(above: &mut Vec<(String, RewriteSettings)>, kinds: &[SectionKind], said: &RewriteSettings) -> RewriteSettings {
    let [SectionKind::Directory(Pattern::Text(path))] = kinds else { return said.clone() };
    let around = above.iter().rfind(|(around, _)| is_below(path, around));
    let settings = around.map_or_else(|| said.clone(), |(_, around)| said.over(around));
    above.push((path.clone(), settings.clone()));
    settings
}

/// The script of a server, and the rewriting of its sections.
pub(super) fn script(
    lowering: &mut Lowering<'_>,
    scope: &Scope,
    sections: &mut [Section],
    groups: &mut proxy::Groups,
) -> Script {
    let root = scope.server.core.document_root.clone().unwrap_or_else(|| lowering.path("htdocs"));
    let below = root.display().to_string();
    let mut rewriting = rewriting(lowering, scope);
    let mut above: Vec<(String, RewriteSettings)> = Vec::new();
    for section in sections {
        let Some(said) = &section.rewriting else { continue };
        let settings = &over(&mut above, &section.kinds, said);
        let directory = section.kinds.last().map_or("", SectionKind::text);
        let other = scope.server.alias.context(directory).filter(|_| !is_below(directory, &below));
        let root = other.unwrap_or((&below, ""));
        let inner = of_section(lowering, settings, &scope.server.rewrite.maps, (directory, root));
        section.overrides.moments.admitted = Some(inner.steps);
        section.overrides.moments.runs_admitted = settings.engine;
        rewriting.edits.extend(inner.edits);
        rewriting.forwarded.extend(inner.forwarded);
    }
    let mut steps: Vec<Step> = ssl::needs_name(&scope.server).into_iter().collect();
    if lowering.shared.asks_admin {
        let admin = scope.server.core.admin.clone().unwrap_or_else(|| "[no address given]".to_owned());
        let (variable, origin) = (SERVER_ADMIN.to_owned(), scope.origin);
        steps.push(Step::Set { variable, value: Template::text(admin, origin), origin });
    }
    steps.extend(scope.server.matched.iter().cloned());
    steps.extend(rewriting.steps);
    let mut locations = Vec::new();
    for (name, server, path) in rewriting.forwarded {
        match proxy::forwarded(lowering, scope, groups, (&server, path)) {
            Ok(mut mapping) => {
                mapping.matcher = Matcher::Named(name);
                locations.push(mapping);
            }
            Err(problem) => lowering.report_once(problem),
        }
    }
    if rewriting.files {
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
