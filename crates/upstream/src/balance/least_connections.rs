//! `least_conn`: the peer with the fewest connections for its weight; in turn among equals.

use super::{View, round_robin};
use crate::group::Candidate;

/// The least loaded.
pub(super) fn choose<'a>(view: &View<'a>) -> Option<Candidate<'a>> {
    let mut best: Option<Candidate<'a>> = None;
    let mut many = false;
    for candidate in view.usable() {
        match best {
            Some(least) if load(&candidate, &least) > load(&least, &candidate) => {}
            Some(least) if load(&candidate, &least) == load(&least, &candidate) => many = true,
            _ => {
                best = Some(candidate);
                many = false;
            }
        }
    }
    let least = best?;
    if !many {
        return Some(least);
    }
    let equals = view.usable().skip_while(|candidate| candidate.index < least.index);
    round_robin::smooth(equals.filter(|candidate| load(candidate, &least) == load(&least, candidate)))
}

/// Connections of one, scaled by the other's weight, so that two loads compare without a division.
pub(super) fn load(one: &Candidate<'_>, other: &Candidate<'_>) -> u64 {
    u64::from(one.health.connections()) * u64::from(other.peer.weight)
}
