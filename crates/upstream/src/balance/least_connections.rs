//! `least_conn`: the peer with the fewest connections for its weight; in turn among equals.

use std::cmp::Ordering;

use super::{View, round_robin};
use crate::group::Candidate;

/// The least loaded.
pub(super) fn choose<'a>(view: &View<'a>) -> Option<Candidate<'a>> {
    least(view, |one, other| load(one, other).cmp(&load(other, one)))
}

/// The peer that is less than all others; in turn among equals.
pub(super) fn least<'a>(
    view: &View<'a>,
    compare: impl Fn(&Candidate<'a>, &Candidate<'a>) -> Ordering,
) -> Option<Candidate<'a>> {
    let mut best: Option<Candidate<'a>> = None;
    let mut many = false;
    for candidate in view.usable() {
        match best.map_or(Ordering::Less, |least| compare(&candidate, &least)) {
            Ordering::Greater => {}
            Ordering::Equal => many = true,
            Ordering::Less => {
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
    round_robin::smooth(view, equals.filter(|candidate| compare(candidate, &least) == Ordering::Equal))
}

/// Connections of one, scaled by the other's weight, so that two loads compare without a division.
pub(super) fn load(one: &Candidate<'_>, other: &Candidate<'_>) -> u64 {
    u64::from(one.health.connections()) * u64::from(other.peer.weight)
}
