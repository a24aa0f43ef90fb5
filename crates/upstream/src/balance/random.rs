//! `random`: a peer drawn by weight, or the less loaded of two.

use super::least_connections::load;
use super::{PATIENCE, View};
use crate::group::Candidate;

/// Draws until one (or two different) peers can be used; `None` when patience is over.
pub(super) fn choose<'a>(view: &View<'a>, two: bool, tries: &mut u32) -> Option<Candidate<'a>> {
    let mut first: Option<Candidate<'a>> = None;
    while *tries <= PATIENCE {
        let drawn = view.at_weight(view.set.random())?;
        let again = first.is_some_and(|first| first.index == drawn.index);
        if again || !view.is_usable(&drawn) {
            *tries += 1;
            continue;
        }
        match first {
            Some(first) if load(&drawn, &first) > load(&first, &drawn) => return Some(first),
            None if two => first = Some(drawn),
            _ => return Some(drawn),
        }
    }
    None
}
