//! Looking for a kept answer that fits a request.

use crate::exchange::Exchange;
use crate::plan::Caching;
use cache::{Entry, Head, Key, Object, Store};
use protocol::Method;
use std::sync::Arc;
use transport::clock;

/// What came of a search.
pub struct Looked {
    /// What is known of the request's key.
    pub main: Arc<Entry>,
    /// What is known of the answer for such a request, where the key has several.
    pub secondary: Option<Arc<Entry>>,
    /// What was found.
    pub found: Found,
}

/// What was found.
pub enum Found {
    /// An answer that may be used.
    Fresh(Arc<Object>),
    /// One that is too old.
    Stale(Arc<Object>),
    /// A status that stands for an answer.
    Error(u16),
    /// None.
    Nothing,
    /// None, and none is to be kept: it was not asked for often enough, or what is kept cannot be read now.
    NoneToKeep,
}

impl Exchange<'_> {
    /// Looks for an answer.
    pub async fn look_up(&mut self, caching: &Caching, store: &Arc<Store>, key: &Key) -> Looked {
        let now = clock::unix_time().as_secs();
        let main = store.entry(key);
        let uses = main.count_use(now, caching.least_uses);
        if let Some(status) = store.error(&main, now) {
            return Looked { main, secondary: None, found: Found::Error(status) };
        }
        let object = match store.object(&main).await {
            Ok(object) => object.filter(|object| self.is_for(&object.head) && self.has_body_for(object)),
            Err(_) => return Looked { main, secondary: None, found: Found::NoneToKeep },
        };
        let nothing = |uses: u32| if uses + 1 < caching.least_uses { Found::NoneToKeep } else { Found::Nothing };
        let Some(object) = object else { return Looked { main, secondary: None, found: nothing(uses) } };
        if self.suits(&object.head, key) {
            return Looked { main, secondary: None, found: self.judge_kept(object, now) };
        }
        let variant = self.variant_of(&object.head.vary, key);
        let secondary = store.entry(&variant);
        let uses = secondary.count_use(now, caching.least_uses);
        let found = match store.object(&secondary).await {
            Ok(Some(object))
                if self.is_for(&object.head) && self.has_body_for(&object) && object.head.variant == variant.0 =>
            {
                self.judge_kept(object, now)
            }
            Ok(_) => nothing(uses),
            Err(_) => Found::NoneToKeep,
        };
        Looked { main, secondary: Some(secondary), found }
    }

    fn judge_kept(&self, object: Arc<Object>, now: u64) -> Found {
        let terms = object.terms();
        let fresh = match self.kept.as_ref().and_then(|kept| kept.asked) {
            Some(asked) => asked.takes(&terms, now),
            None => terms.is_fresh(now),
        };
        if fresh { Found::Fresh(object) } else { Found::Stale(object) }
    }

    /// Whether an answer was kept for this key: names of files may be made equal, their texts may not.
    pub fn is_for(&self, head: &Head) -> bool {
        self.kept.as_ref().is_some_and(|kept| *kept.key == *head.key)
    }

    /// An answer to HEAD that is kept under the same key has no body that others could get.
    fn has_body_for(&self, object: &Object) -> bool {
        object.length > 0
            || self.request.method == Method::Head
            || object.head.status == 304
            || object.head.announced_length().is_none_or(|length| length == 0)
    }

    /// Whether an answer is for requests such as this.
    pub fn suits(&self, head: &Head, key: &Key) -> bool {
        head.vary.is_empty() || self.variant_of(&head.vary, key).0 == head.variant
    }

    /// What tells answers apart that differ by these fields.
    pub fn variant_of(&self, names: &[u8], key: &Key) -> Key {
        key.variant(names, |name, give| self.request.head.fields.get_all(name).for_each(give))
    }
}
