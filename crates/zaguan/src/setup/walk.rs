//! Every section of a model, wherever it is.

use model::{Location, Model, Section, Step};

/// Calls `visit` with each section: of sites, of locations at any depth, of conditions in scripts.
pub(super) fn sections(model: &Model, visit: &mut dyn FnMut(&Section)) {
    for site in &model.http.sites {
        visit(&site.section);
        script(&site.script, visit);
        locations(&site.locations, visit);
    }
}

fn locations(all: &[Location], visit: &mut dyn FnMut(&Section)) {
    for location in all {
        visit(&location.section);
        script(&location.script, visit);
        locations(&location.nested, visit);
    }
}

fn script(steps: &[Step], visit: &mut dyn FnMut(&Section)) {
    for step in steps {
        if let Step::If { steps, section, .. } = step {
            if let Some(section) = section {
                visit(section);
            }
            script(steps, visit);
        }
        if let Step::Block { steps, .. } = step {
            script(steps, visit);
        }
    }
}
