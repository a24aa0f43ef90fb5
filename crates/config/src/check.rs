//! Checks that look at the whole model: names that resolve, files that agree.

use std::collections::{HashMap, HashSet};

use diagnostic::{Diagnostic, Origin};
use model::{AccessLog, Fallback, Location, LogTarget, Matcher, Model, Section, Site, Step};

/// What is wrong with a model although each of its parts is right.
pub(crate) fn check(model: &Model) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut buffered = HashMap::new();
    for site in &model.http.sites {
        let names = named_locations(site);
        each_section(site, &mut |section| {
            found.extend(missing_names(section, &names));
            found.extend(section.logging.access.iter().filter_map(|log| conflict(&mut buffered, log)));
        });
    }
    let mut once = HashSet::new();
    found.retain(|problem: &Diagnostic| once.insert((problem.origin, problem.message.clone())));
    found
}

/// Calls `visit` with every section of a site.
fn each_section<'a>(site: &'a Site, visit: &mut dyn FnMut(&'a Section)) {
    visit(&site.section);
    site.locations.iter().for_each(|location| in_location(location, visit));
}

fn in_location<'a>(location: &'a Location, visit: &mut dyn FnMut(&'a Section)) {
    visit(&location.section);
    location.other_methods.iter().for_each(|other| visit(&other.section));
    in_script(&location.script, visit);
    location.nested.iter().for_each(|nested| in_location(nested, visit));
}

fn in_script<'a>(steps: &'a [Step], visit: &mut dyn FnMut(&'a Section)) {
    for step in steps {
        if let Step::If { section, steps, .. } = step {
            if let Some(section) = section {
                visit(section);
            }
            in_script(steps, visit);
        }
        if let Step::Block { steps, .. } = step {
            in_script(steps, visit);
        }
    }
}

fn named_locations(site: &Site) -> HashSet<&str> {
    site.locations
        .iter()
        .filter_map(|location| if let Matcher::Named(name) = &location.matcher { Some(name.as_str()) } else { None })
        .collect()
}

/// Named locations that are asked for and are not there.
fn missing_names(section: &Section, names: &HashSet<&str>) -> Vec<Diagnostic> {
    let pages = section.error_pages.pages.iter().filter_map(|page| Some((page.target.as_text()?, page.origin)));
    let tried = section.try_files.iter().filter_map(|tried| match &tried.fallback {
        Fallback::Named(name) => Some((name.as_str(), tried.origin)),
        Fallback::Path(_) | Fallback::Status(_) => None,
    });
    let asked = pages.chain(tried).filter(|(name, _)| name.starts_with('@') && !names.contains(name));
    asked.map(|(name, origin)| missing(name, origin)).collect()
}

/// nginx answers 500 when such a request comes; here the operator hears of it before.
fn missing(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::warning("unknown-location", format!("there is no named location \"{name}\" in this server"))
        .at(origin)
        .help(format!("write `location {name} {{ … }}` in the server"))
}

/// All logs that gather lines for one file must gather them alike.
fn conflict<'a>(buffered: &mut HashMap<&'a LogTarget, &'a AccessLog>, log: &'a AccessLog) -> Option<Diagnostic> {
    log.buffer?;
    let target = log.target.fixed()?;
    let first = *buffered.entry(target).or_insert(log);
    if (first.buffer, first.flush, first.gzip) == (log.buffer, log.flush, log.gzip) {
        return None;
    }
    let LogTarget::File(path) = target else { return None };
    let file = path.display();
    let problem = Diagnostic::error(
        "conflicting-log",
        format!("access_log \"{file}\" already defined with conflicting parameters"),
    );
    Some(problem.at(log.origin).related(first.origin, "defined here"))
}
