//! By what peers do or did: the fewest requests under way, or the fewest bytes.

use super::View;
use crate::group::Candidate;

/// The peer with the fewest requests under way; among equals the one whose turn it is. Every peer's turn comes nearer with
/// each choice, whoever is chosen.
pub(super) fn by_requests<'a>(view: &View<'a>) -> Option<Candidate<'a>> {
    let shared = view.set.is_shared();
    let mut best: Option<(Candidate<'a>, u32, i64)> = None;
    let mut total = 0;
    for candidate in view.usable() {
        let effective = candidate.health.effective_weight(candidate.peer, view.now);
        let current = candidate.health.add_current(effective, shared);
        total += effective;
        candidate.health.regain(view.set.roster.step);
        let busy = candidate.health.connections();
        if best.is_none_or(|(_, least, most)| busy < least || (busy == least && current > most)) {
            best = Some((candidate, busy, current));
        }
    }
    let (candidate, ..) = best?;
    candidate.health.add_current(-total, shared);
    Some(candidate)
}

/// The peer that the fewest bytes for its weight went to and came from; the first among equals.
pub(super) fn by_traffic<'a>(view: &View<'a>) -> Option<Candidate<'a>> {
    let traffic = |candidate: &Candidate<'_>| {
        view.set.ledger(candidate.index).map_or(0, |ledger| ledger.traffic(candidate.peer.weight))
    };
    view.usable().min_by_key(traffic)
}
