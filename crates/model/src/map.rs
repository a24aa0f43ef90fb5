//! Variables whose value is looked up by another value.

use crate::{Pattern, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// A variable whose value is looked up by another value.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Map {
    /// The variable that it defines, without any sigil.
    pub variable: String,
    /// The value that is looked up.
    pub source: Template,
    /// Keys with their values, in the order of the configuration.
    pub entries: Vec<(MapKey, Template)>,
    /// The value where no key matches.
    pub default: Template,
    /// Whether it is evaluated at each use rather than once a request.
    pub volatile: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// A key of a [`Map`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MapKey {
    /// This text, in any case of letters.
    Text(String),
    /// This text as it is written.
    Exact(String),
    /// Host names that end in `.` and this text; `bare`: the text itself too.
    Leading {
        /// Without the leading dot.
        suffix: String,
        /// Whether the suffix alone matches.
        bare: bool,
    },
    /// Host names that begin with this text and `.`.
    Trailing(String),
    /// Values that the expression matches.
    Regex(Pattern),
}
