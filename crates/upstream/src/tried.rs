//! The set of peers that an exchange tried already.

use smallvec::SmallVec;

/// A bit for each peer; no allocation for up to 128 of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tried(SmallVec<[u64; 2]>);

impl Tried {
    pub(crate) fn insert(&mut self, index: usize) {
        let word = index / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (index % 64);
        }
    }

    pub(crate) fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|bits| bits & (1 << (index % 64)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
