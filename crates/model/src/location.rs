//! Locations: which part of a site's paths is treated how.

use crate::{Pattern, Section, Step};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// A part of a site's paths.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Location {
    /// Which paths.
    pub matcher: Matcher,
    /// Runs when the location was chosen.
    pub script: Vec<Step>,
    /// Locations inside it.
    pub nested: Vec<Location>,
    /// What holds for its requests.
    pub section: Section,
    /// What holds instead of all that for some methods.
    pub other_methods: Option<OtherMethods>,
    /// For a [`Matcher::Exact`] path: a request for it without its last `/` is redirected to it (it forwards requests).
    pub redirect_bare: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// Which paths a location takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Matcher {
    /// This path only.
    Exact(String),
    /// Paths that begin so; the longest wins, unless a regex matches too and `skip_regexes` is not set.
    Prefix {
        /// The beginning.
        path: String,
        /// Regexes are not tried when this prefix is the longest.
        skip_regexes: bool,
        /// A request for the path without its last `/` is redirected to it (it forwards requests).
        redirect_bare: bool,
    },
    /// This path and those below it: `/a` takes `/a/b`, not `/ab`.
    Below(String),
    /// Paths that the expression matches; the first in the configuration wins.
    Regex(Pattern),
    /// None: reached only by its name from elsewhere in the configuration.
    Named(String),
}

/// What holds for requests whose method is none of some.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OtherMethods {
    /// The methods that the location itself is for (upper case; GET stands for HEAD too).
    pub except: Vec<String>,
    /// What holds for the others; the location's script is not for them.
    pub section: Box<Section>,
}
