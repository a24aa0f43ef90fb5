//! How fast requests may come and how many may be under way, by any key.

use crate::{ByteSize, Level, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// A named table of rates, shared by all workers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RateZone {
    /// Its name.
    pub name: String,
    /// What requests are told apart by; those with an empty key are not counted.
    pub key: Template,
    /// How large it is.
    pub size: ByteSize,
    /// Requests of one key in a thousand seconds.
    pub rate: u64,
    /// Where it was written.
    pub origin: Origin,
}

/// A named table of counts, shared by all workers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CountZone {
    /// Its name.
    pub name: String,
    /// What requests are told apart by; those with an empty key are not counted.
    pub key: Template,
    /// How large it is.
    pub size: ByteSize,
    /// Where it was written.
    pub origin: Origin,
}

/// Limits of a place.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Limits<L> {
    /// The limits; a request must keep all of them.
    pub limits: Vec<L>,
    /// The status of requests that are refused.
    pub status: u16,
    /// How refusals are logged.
    pub level: Level,
    /// Whether what would be refused or delayed is only logged.
    pub dry_run: bool,
}

/// A limit of the rate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RateLimit {
    /// Index of the zone in [`crate::Http::rate_zones`].
    pub zone: usize,
    /// How many requests may come too early.
    pub burst: u64,
    /// How many of those are served at once, the others in time; `None`: all.
    pub delay: Option<u64>,
}

/// A limit of the number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CountLimit {
    /// Index of the zone in [`crate::Http::count_zones`].
    pub zone: usize,
    /// Most requests under way.
    pub most: u64,
}
