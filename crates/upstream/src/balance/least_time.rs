//! `least_time`: the peer that is expected to be through first with what it has to do; in turn among equals.

use model::AnswerTime;

use super::{View, least_connections};
use crate::group::Candidate;

/// Slower peers are equally bad: then connections alone decide.
const WORST: u64 = 5000;
/// Times closer than this are equal.
const GRAIN: u64 = 20;

/// The one expected to be through first.
pub(super) fn choose<'a>(view: &View<'a>, rule: AnswerTime) -> Option<Candidate<'a>> {
    least_connections::least(view, |one, other| {
        let (left, right) = (expected(view, rule, one), expected(view, rule, other));
        (left * u64::from(other.peer.weight)).cmp(&(right * u64::from(one.peer.weight)))
    })
}

/// How long the peer would take for one request more, by its average and the connections that it has. A peer that was not
/// tried for long is thought better of, so that a slow one gets another chance.
pub(super) fn expected(view: &View<'_>, rule: AnswerTime, candidate: &Candidate<'_>) -> u64 {
    let mut time = u64::from(candidate.health.time(rule.whole));
    let idle = candidate.health.since_checked(view.now);
    let rest = candidate.peer.fail_timeout;
    if idle > rest {
        let halvings = (idle / 1000) / (rest / 1000 + 1);
        time = time.checked_shr(u32::try_from(halvings).unwrap_or(u32::MAX)).unwrap_or(0);
    }
    if rule.in_flight
        && let Some(ledger) = view.set.ledger(candidate.index)
    {
        time = time.max(u64::from(ledger.age(view.now)));
    }
    let time = if time > WORST { WORST } else { time + GRAIN - time % GRAIN };
    time * (1 + u64::from(candidate.health.connections()))
}
