//! Smooth weighted round robin: in turn, by weight, without bursts.

use super::View;
use crate::group::Candidate;

/// The next in turn.
pub(super) fn choose<'a>(view: &View<'a>) -> Option<Candidate<'a>> {
    smooth(view, view.usable())
}

/// Each candidate gains its effective weight; the richest is chosen and pays what all gained. So weights 5, 1, 1 give
/// a a b a c a a. A weight that failures lowered grows back with each choice.
pub(super) fn smooth<'a>(view: &View<'_>, candidates: impl Iterator<Item = Candidate<'a>>) -> Option<Candidate<'a>> {
    let shared = view.set.is_shared();
    let mut best: Option<(Candidate<'a>, i64)> = None;
    let mut total = 0;
    for candidate in candidates {
        let effective = candidate.health.effective_weight(candidate.peer, view.now);
        let current = candidate.health.add_current(effective, shared);
        total += effective;
        candidate.health.regain(view.set.roster.step);
        if best.is_none_or(|(_, most)| current > most) {
            best = Some((candidate, current));
        }
    }
    let (candidate, _) = best?;
    candidate.health.add_current(-total, shared);
    Some(candidate)
}

/// A peer was chosen without its turn: it pays for one, unless it is in debt for all the others' weights already.
pub(super) fn charge(view: &View<'_>, bound: &Candidate<'_>) {
    let others = i64::try_from(view.tier.weight).unwrap_or(i64::MAX) - i64::from(bound.peer.weight);
    if bound.health.current() > -others {
        pay(view, bound, view.usable());
    }
}

/// The same without a limit, and with all peers of the group taking part.
pub(super) fn charge_fully(view: &View<'_>, bound: &Candidate<'_>) {
    let all = view.set.candidates();
    pay(view, bound, all.filter(|candidate| candidate.health.usable_when_bound(candidate.peer, view.now)));
}

fn pay<'a>(view: &View<'_>, bound: &Candidate<'_>, candidates: impl Iterator<Item = Candidate<'a>>) {
    let shared = view.set.is_shared();
    let mut total = 0;
    for candidate in candidates {
        let effective = candidate.health.effective_weight(candidate.peer, view.now);
        candidate.health.add_current(effective, shared);
        total += effective;
        candidate.health.regain(view.set.roster.step);
    }
    bound.health.add_current(-total, shared);
}
