//! What a store holds in memory, and what that can do without.

use super::Store;
use crate::entry::Entry;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Objects compared to find one that memory can do without, and slots looked at for them.
const LOOKED_AT: usize = 12;
const SLOTS_LOOKED_AT: usize = 256;
/// Most objects dropped from memory for one that comes.
const MOST_DROPPED: usize = 64;

impl Store {
    /// What an entry has in memory weighs so much.
    pub(super) fn weigh(&self, entry: &Arc<Entry>, weight: u64) {
        self.memory.fetch_add(weight, Ordering::Relaxed);
        let before = entry.swap_weight(weight);
        self.memory.fetch_sub(before, Ordering::Relaxed);
        if entry.is_gone() {
            // It was purged meanwhile, or gave way.
            return self.drop_object(entry);
        }
        self.make_room(entry);
    }

    /// Drops objects from memory that are asked for less often than the one that came, or that one.
    fn make_room(&self, newcomer: &Arc<Entry>) {
        let most = self.limits.load().memory;
        if most == 0 && newcomer.size() > 0 {
            return self.drop_object(newcomer);
        }
        for _ in 0..MOST_DROPPED {
            if self.memory() <= most {
                return;
            }
            let Some(victim) = self.victim() else { continue };
            let newer = newcomer.size() > 0 && newcomer.often() < victim.often();
            self.drop_object(if newer { newcomer } else { &victim });
            if newer {
                return;
            }
        }
        // Among so many slots there is hardly anything to drop.
        if self.memory() > most && newcomer.size() > 0 {
            self.drop_object(newcomer);
        }
    }

    /// Of the next few objects in memory that are in files, too, the one that was asked for least.
    fn victim(&self) -> Option<Arc<Entry>> {
        let from = self.hand.load(Ordering::Relaxed);
        let (mut next, mut held) = (from, 0);
        let mut victim: Option<Arc<Entry>> = None;
        while held < LOOKED_AT && next < from + SLOTS_LOOKED_AT {
            let found = self.index.at(next).filter(|entry| entry.size() > 0 && entry.object().is_some());
            next += 1;
            let Some(entry) = found else { continue };
            held += 1;
            let rank = |entry: &Entry| (entry.often(), entry.used());
            if victim.as_ref().is_none_or(|victim| rank(&entry) < rank(victim)) {
                victim = Some(entry);
            }
        }
        // Where others look at the same time, some slots may be looked at twice, and some not this time.
        self.hand.store(next & (self.index.slots() - 1), Ordering::Relaxed);
        victim
    }

    pub(super) fn drop_object(&self, entry: &Arc<Entry>) {
        entry.put_object(None);
        self.memory.fetch_sub(entry.swap_weight(0), Ordering::Relaxed);
    }

    /// What an entry has in memory may be dropped from now on: it is in its file.
    pub(crate) fn settle(&self, entry: &Arc<Entry>) {
        if self.memory() > self.limits.load().memory {
            self.make_room(entry);
        }
    }
}
