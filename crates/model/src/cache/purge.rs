//! Requests that remove what is kept.

use super::CacheChoice;
use crate::{Template, Who};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// A method whose requests remove what they would be answered with (`proxy_cache_purge METHOD from …`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PurgeMethod {
    /// The method.
    pub method: String,
    /// Whether all that the store keeps goes.
    pub all: bool,
    /// Whose requests do so; others are refused.
    pub from: Vec<Who>,
    /// Where it was written.
    pub origin: Origin,
}

/// What every request for a place removes (`proxy_cache_purge ZONE KEY`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PurgePlace {
    /// Where it is kept.
    pub store: CacheChoice,
    /// Its key; one that ends with `*` stands for all that begin so.
    pub key: Template,
    /// Where it was written.
    pub origin: Origin,
}
