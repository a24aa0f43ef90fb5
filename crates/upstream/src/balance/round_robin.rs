//! Smooth weighted round robin: in turn, by weight, without bursts.

use super::View;
use crate::group::Candidate;

/// The next in turn.
pub(super) fn choose<'a>(view: &View<'a>) -> Option<Candidate<'a>> {
    smooth(view.usable())
}

/// Each candidate gains its effective weight; the richest is chosen and pays what all gained. So weights 5, 1, 1 give
/// a a b a c a a. A weight that failures lowered grows back by one with each choice.
pub(super) fn smooth<'a>(candidates: impl Iterator<Item = Candidate<'a>>) -> Option<Candidate<'a>> {
    let mut best: Option<(Candidate<'a>, i64)> = None;
    let mut total = 0;
    for candidate in candidates {
        let effective = candidate.turn.effective.get();
        let current = candidate.turn.current.get() + effective;
        candidate.turn.current.set(current);
        total += effective;
        if effective < i64::from(candidate.peer.weight) {
            candidate.turn.effective.set(effective + 1);
        }
        if best.is_none_or(|(_, most)| current > most) {
            best = Some((candidate, current));
        }
    }
    let (candidate, current) = best?;
    candidate.turn.current.set(current - total);
    Some(candidate)
}
