//! Which site and which location take a request.

mod table;

pub use table::{Found, LocationTable, is_below};

use crate::bindings::Bindings;
use crate::exchange::Exchange;
use crate::place::Place;
use crate::plan::{Listener, Plan, Site};

/// The site of a listener that takes a host name; what an expression captured is bound.
pub fn choose_site<'p>(plan: &'p Plan, listener: &Listener, host: &[u8], bindings: &Bindings) -> Option<&'p Site> {
    // An expression that takes too many steps matches nothing.
    let found = bindings.search(plan, |captures| {
        let found = listener.hosts.find(host, captures).ok().flatten();
        let regex = found.as_ref().and_then(|found| found.regex);
        (found, regex)
    });
    plan.sites.get(found.map_or(listener.default_site, |found| *found.target))
}

/// What the choice of a location came to.
pub enum Choice {
    /// It was made (or none matched: the site's own settings hold).
    Made,
    /// The path lacks the slash that the location ends in: redirect there.
    AddSlash,
}

impl Exchange<'_> {
    /// Chooses the location for the path as it now is.
    pub fn choose_location(&mut self) -> Choice {
        let site = self.place.site;
        let Found { location, add_slash, .. } = self.bindings.search(self.plan, |captures| {
            let found = site.locations.find(&self.request.path, captures);
            let regex = found.matched_regex;
            (found, regex)
        });
        let method = &self.request.method;
        self.place = location.map_or_else(|| Place::site(site), |location| Place::location(site, location, method));
        // That there is a place for requests inside alone is not told.
        let is_hidden = self.place.section.internal && !self.request.internal;
        if add_slash && !is_hidden { Choice::AddSlash } else { Choice::Made }
    }
}
