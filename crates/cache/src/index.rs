//! Entries by key, as many as fit: found and changed by all workers without locks.
//!
//! A key may stand in a few slots only. What has been used least of those gives way to a new one.

use crate::entry::Entry;
use crate::key::Key;
use arc_swap::ArcSwapOption;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Slots in which a key may stand.
const REACH: usize = 16;

/// Entries by key.
#[derive(Debug)]
pub struct Index {
    secret: RandomState,
    /// The hash of what stands in a slot; 0: nothing.
    tags: Box<[AtomicU64]>,
    slots: Box<[ArcSwapOption<Entry>]>,
}

impl Index {
    /// Room for about so many entries.
    pub fn new(entries: usize) -> Self {
        let count = entries.max(REACH).next_power_of_two();
        let tags = (0..count).map(|_| AtomicU64::new(0)).collect();
        let slots = (0..count).map(|_| ArcSwapOption::empty()).collect();
        Self { secret: RandomState::new(), tags, slots }
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// What stands in a slot, whose number may be any.
    pub fn at(&self, slot: usize) -> Option<Arc<Entry>> {
        let slot = slot & (self.slots.len() - 1);
        if self.tags.get(slot)?.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.slots.get(slot)?.load_full()
    }

    /// The entry of a key.
    pub fn find(&self, key: &Key) -> Option<Arc<Entry>> {
        let tag = self.tag(key);
        self.reach(tag).find_map(|(tags, slot)| {
            if tags.load(Ordering::Acquire) != tag {
                return None;
            }
            slot.load_full().filter(|entry| entry.key == *key)
        })
    }

    /// The entry of a key, made if there is none; and the one that gave way to it.
    pub fn find_or_add(&self, key: &Key, now: u64) -> (Arc<Entry>, Option<Arc<Entry>>) {
        match self.find(key) {
            Some(entry) => (entry, None),
            None => self.add(Arc::new(Entry::new(*key, now))),
        }
    }

    fn add(&self, entry: Arc<Entry>) -> (Arc<Entry>, Option<Arc<Entry>>) {
        let tag = self.tag(&entry.key);
        loop {
            let mut chosen = None;
            for (tags, slot) in self.reach(tag) {
                let held = slot.load_full();
                let Some(held) = held else {
                    chosen = Some(((false, 0), tags, slot, None));
                    break;
                };
                if held.key == entry.key {
                    return (held, None);
                }
                // What has nothing to lose goes first.
                let rank = (held.size() > 0, held.used());
                if chosen.as_ref().is_none_or(|(lowest, ..)| rank < *lowest) {
                    chosen = Some((rank, tags, slot, Some(held)));
                }
            }
            let Some((_, tags, slot, held)) = chosen else { return (entry, None) };
            let before = slot.compare_and_swap(&held, Some(Arc::clone(&entry)));
            if before.as_ref().map(Arc::as_ptr) == held.as_ref().map(Arc::as_ptr) {
                tags.store(tag, Ordering::Release);
                if let Some(held) = &held {
                    held.leave();
                }
                return (entry, held);
            }
        }
    }

    /// Takes an entry out.
    pub fn remove(&self, entry: &Arc<Entry>) {
        let tag = self.tag(&entry.key);
        let held = Some(Arc::clone(entry));
        for (_, slot) in self.reach(tag) {
            let before = slot.compare_and_swap(&held, None);
            if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, entry)) {
                entry.leave();
                return;
            }
        }
    }

    fn reach(&self, tag: u64) -> impl Iterator<Item = (&AtomicU64, &ArcSwapOption<Entry>)> {
        let mask = self.slots.len() - 1;
        let start = usize::try_from(tag >> 16).unwrap_or(0);
        (0..REACH).filter_map(move |step| {
            let place = start.wrapping_add(step) & mask;
            self.tags.get(place).zip(self.slots.get(place))
        })
    }

    /// Never what stands for no entry.
    fn tag(&self, key: &Key) -> u64 {
        self.secret.hash_one(key).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> Key {
        Key::of(&number.to_le_bytes())
    }

    #[test]
    fn what_was_added_is_found_until_it_is_removed() {
        let index = Index::new(4096);
        for number in 0..1000 {
            index.find_or_add(&key(number), 1);
        }
        for number in 0..1000 {
            let entry = index.find(&key(number)).unwrap();
            assert_eq!(entry.key, key(number));
            index.remove(&entry);
            assert!(index.find(&key(number)).is_none() && entry.is_gone());
        }
    }

    #[test]
    fn what_was_used_least_gives_way() {
        let index = Index::new(16);
        for number in 0..16 {
            index.find_or_add(&key(number), u64::from(number));
        }
        let (_, gone) = index.find_or_add(&key(99), 100);
        assert_eq!(gone.unwrap().key, key(0));
        assert!(index.find(&key(0)).is_none() && index.find(&key(99)).is_some());
    }

    #[test]
    fn threads_find_the_same_entry() {
        // So much room that nothing has to give way.
        let index = Index::new(1 << 16);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..500 {
                        index.find_or_add(&key(number), 1).0.count_use(1, u32::MAX);
                    }
                });
            }
        });
        let uses: u32 = (0..500).map(|number| index.find(&key(number)).unwrap().count_use(1, u32::MAX)).sum();
        assert!(uses > 1900, "{uses}: hardly any two met at the same moment");
    }
}
