//! What is found by name while somebody uses it: whoever asks for the same shares it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, Weak};

use arc_swap::ArcSwap;

/// What is in use, by what tells one from another.
pub struct Registry<I, T> {
    known: LazyLock<ArcSwap<HashMap<I, Weak<T>>>>,
}

impl<I: Clone + Eq + Hash, T> Registry<I, T> {
    /// Nothing is in use.
    pub const fn new() -> Self {
        Self { known: LazyLock::new(ArcSwap::default) }
    }

    /// The one that is in use, or else `fresh`.
    pub fn share(&self, identity: &I, fresh: &Arc<T>) -> Arc<T> {
        let mut shared = Arc::clone(fresh);
        self.known.rcu(|known| {
            let used = known.get(identity).and_then(Weak::upgrade);
            shared = used.unwrap_or_else(|| Arc::clone(fresh));
            let mut known: HashMap<I, Weak<T>> = (**known).clone();
            known.retain(|_, one| one.strong_count() > 0);
            known.insert(identity.clone(), Arc::downgrade(&shared));
            known
        });
        shared
    }
}

impl<I: Clone + Eq + Hash, T> Default for Registry<I, T> {
    fn default() -> Self {
        Self::new()
    }
}
