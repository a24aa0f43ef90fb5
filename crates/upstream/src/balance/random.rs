//! `random`: a peer drawn by weight, or the better of two.

use model::Measure;

use super::least_connections::load;
use super::least_time::expected;
use super::{PATIENCE, View};
use crate::group::Candidate;

/// Draws until one (or two different) peers can be used; `None` when patience is over.
pub(super) fn choose<'a>(view: &View<'a>, two: Option<Measure>, tries: &mut u32) -> Option<Candidate<'a>> {
    let mut first: Option<Candidate<'a>> = None;
    while *tries <= PATIENCE {
        let drawn = view.at_weight(view.set.random())?;
        let again = first.is_some_and(|first| first.index == drawn.index);
        if again || !view.is_usable(&drawn) {
            *tries += 1;
            continue;
        }
        match (first, two) {
            (Some(first), Some(measure)) if is_better(view, measure, &first, &drawn) => return Some(first),
            (None, Some(_)) => first = Some(drawn),
            _ => return Some(drawn),
        }
    }
    None
}

fn is_better(view: &View<'_>, measure: Measure, first: &Candidate<'_>, other: &Candidate<'_>) -> bool {
    match measure {
        Measure::Connections => load(other, first) > load(first, other),
        Measure::Time(rule) => {
            expected(view, rule, other) * u64::from(first.peer.weight)
                > expected(view, rule, first) * u64::from(other.peer.weight)
        }
    }
}
