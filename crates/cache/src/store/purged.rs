//! Purging what a store holds.

use super::Store;
use crate::entry::Entry;
use crate::fill::Fill;
use crate::key::Key;
use crate::object::Object;
use crate::purge::{Since, Target, TooMany, Verdict};
use crate::purger::{self, Order};
use crate::tags;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;
use transport::clock;

impl Store {
    /// Purges what is kept, before which nothing that comes later is served: it goes, or, `soft`, it is not fresh any more.
    /// Whether there was anything, as far as that is known: of a beginning or a tag it is not.
    ///
    /// # Errors
    /// When more purges are under way than can be remembered. Nothing is purged then.
    pub async fn purge(self: &Arc<Self>, target: Target<'_>, soft: bool) -> Result<bool, TooMany> {
        if let Target::Key(key) = target {
            return self.purge_one(key, soft).await;
        }
        self.purge_all(&[target], soft).await?;
        Ok(true)
    }

    /// Purges what has any of these tags.
    ///
    /// # Errors
    /// When more purges are under way than can be remembered. Nothing is purged then.
    pub async fn purge_tags(self: &Arc<Self>, tags: &[String], soft: bool) -> Result<(), TooMany> {
        let targets: Vec<Target<'_>> = tags.iter().map(|tag| Target::Tag(tag.as_bytes())).collect();
        self.purge_all(&targets, soft).await
    }

    /// Ends the use of what is kept for a key, in memory at once.
    pub async fn invalidate(self: &Arc<Self>, key: &[u8]) {
        let Some(entry) = self.find(&Key::of(key)) else { return };
        let held = self.held(&entry).await;
        // What cannot be read may vary.
        let of_held = held.map_or(true, |held| held.is_some_and(|object| !object.head.vary.is_empty()));
        let varies = of_held || entry.has_varied();
        self.discard(&entry);
        if varies {
            self.purges.add_change(key, self.next_id());
            self.tell_purger(Order::Purge).await;
        }
    }

    /// Purges whatever targets mean, wherever it is.
    async fn purge_all(self: &Arc<Self>, targets: &[Target<'_>], soft: bool) -> Result<(), TooMany> {
        self.purges.add(targets, self.next_id(), soft)?;
        self.tell_purger(Order::Purge).await;
        Ok(())
    }

    /// Purges what is found under a key itself, and other answers of the key where there may be any.
    async fn purge_one(self: &Arc<Self>, text: &[u8], soft: bool) -> Result<bool, TooMany> {
        let key = Key::of(text);
        let entry = if self.is_loaded() { self.find(&key) } else { Some(self.entry(&key)) };
        let held = match &entry {
            Some(entry) => self.held(entry).await.map(|held| held.filter(|object| *object.head.key == *text)),
            None => Ok(None),
        };
        // Other answers of the key may be there though the one that was found does not vary. While files are being found any
        // reader may bring one back, and what is on its way must not be fresh after a soft purge.
        let varies = self.varies.load(Ordering::Relaxed) || !self.is_loaded();
        let now = clock::unix_time().as_secs();
        // What cannot be read now may be good.
        let good = |object: &Object| !soft || varies || object.terms().is_fresh(now);
        let was_good = held.as_ref().map_or(true, |held| held.as_deref().is_some_and(good));
        if varies || soft {
            self.purge_all(&[Target::Key(text)], soft).await?;
        }
        let (Some(entry), Ok(Some(object))) = (&entry, held) else {
            if let Some(entry) = &entry {
                let filed = entry.size() > 0;
                // What is on its way is not kept.
                self.discard(entry);
                if filed {
                    self.tell_purger(|done| Order::Remove(key, done)).await;
                }
            }
            return Ok(was_good);
        };
        if !soft || !self.age(entry, &object).await {
            self.discard(entry);
            self.tell_purger(|done| Order::Remove(key, done)).await;
        }
        Ok(was_good)
    }

    /// Makes an object stale, in its file too; false: that could not be written.
    async fn age(&self, entry: &Arc<Entry>, object: &Object) -> bool {
        object.expire(clock::unix_time().as_secs());
        if entry.size() == 0 {
            // Whoever writes its file writes that, too.
            return true;
        }
        let written = self.write_terms(entry, object, (*object.terms()).clone()).await;
        if let Err(error) = &written {
            self.report("write", error);
        }
        written.is_ok()
    }

    /// Gives an order, and waits until it is done.
    async fn tell_purger(self: &Arc<Self>, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (done, told) = oneshot::channel();
        let purger = self.purger.get_or_init(|| purger::start(self));
        if purger.send(order(done)).is_ok() {
            // One that could not be started has said so.
            let _ = told.await;
        }
    }

    /// Takes up the purges that were not through when the store was last in use.
    pub(super) fn take_up_purges(self: &Arc<Self>) {
        let bytes = match purger::read(self) {
            Ok(None) => return,
            Ok(Some(bytes)) => bytes,
            Err(error) => {
                self.report("read purges from", &error);
                Vec::new()
            }
        };
        // Nothing else stands yet, so there is room.
        let _ = self.purges.take_up(&bytes, self.next_id());
        if self.purges.latest() > 0 {
            // What comes now is newer than all that was purged, even if the clock was set back.
            self.ids.fetch_max(self.purges.latest() + 1, Ordering::Relaxed);
            let purger = self.purger.get_or_init(|| purger::start(self));
            let _ = purger.send(Order::Purge(oneshot::channel().0));
        }
    }

    /// Something is asked for now: what is purged later concerns it.
    pub fn set_out(&self) -> Since {
        self.purges.set_out(|| self.next_id())
    }

    /// The status that stands for a key now, unless it was purged.
    pub fn error(&self, entry: &Entry, now: u64) -> Option<u16> {
        entry.error(now, self.purges.orders())
    }

    /// What purges mean for an object.
    pub(crate) fn verdict(&self, object: &Object) -> Verdict {
        self.purges.verdict(&object.head, &object.tags, object.terms().born)
    }

    /// What purges mean for an object, which is not fresh any more where they say so; `None`: that cannot be told, since some
    /// were forgotten while it was read.
    pub(super) fn judge(&self, object: &Object) -> Option<Verdict> {
        let generation = self.purges.generation();
        if object.compared_with(generation) {
            return Some(Verdict::Spared);
        }
        let verdict = self.verdict(object);
        if object.has_missed_sweeps(self.purges.sweeps()) {
            return None;
        }
        if verdict == Verdict::Stale {
            object.expire(clock::unix_time().as_secs());
        }
        if verdict != Verdict::Gone {
            object.has_compared(generation);
        }
        Some(verdict)
    }

    /// What purges mean for an answer on its way.
    pub(crate) fn verdict_on(&self, fill: &Fill) -> Verdict {
        if self.purges.generation() == 0 {
            return Verdict::Spared;
        }
        let tags = tags::of(&fill.head.fields).unwrap_or_default();
        self.purges.missed(fill.terms.born).max(self.purges.verdict(&fill.head, &tags, fill.terms.born))
    }

    /// Whether an answer on its way may be read by those who ask now.
    pub fn may_be_joined(&self, fill: &Fill) -> bool {
        self.verdict_on(fill) == Verdict::Spared
    }
}
