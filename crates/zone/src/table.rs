//! A table of a fixed size: a number for each key, changed by many threads at once.
//!
//! A key is known by its keyed hash alone. It may stand in a few slots only, and what has been used least of those gives way
//! to a new one. Two threads that meet a new key at the same time may each give it a slot; the later is found no more and
//! gives way in time.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Slots in which a key may stand.
const REACH: usize = 32;
/// No key.
const EMPTY: u64 = 0;
/// A slot that is changing hands.
const MOVING: u64 = 1;

/// A table of a fixed size.
#[derive(Debug)]
pub struct Table {
    secret: RandomState,
    slots: Box<[Slot]>,
}

#[derive(Default, Debug)]
struct Slot {
    key: AtomicU64,
    value: AtomicU64,
}

/// Where a key stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    slot: usize,
    key: u64,
}

/// There is no room for another key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl Table {
    /// A table with room for about so many keys.
    pub fn new(slots: usize) -> Self {
        let slots = slots.max(REACH).next_power_of_two();
        Self { secret: RandomState::new(), slots: (0..slots).map(|_| Slot::default()).collect() }
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<u64> {
        let key = self.hash(key);
        let slot = self.find(key)?;
        Some(slot.1.value.load(Ordering::Relaxed))
    }

    /// Changes the value of a key: `change` is given the present value, if there is one, and gives the new one or nothing;
    /// it may be called more than once. `age` tells which other key may give way, the lowest first; `None`: it may not.
    ///
    /// # Errors
    /// When there is no room for a new key.
    pub fn update(
        &self,
        key: &[u8],
        mut change: impl FnMut(Option<u64>) -> Option<u64>,
        age: impl Fn(u64) -> Option<u64>,
    ) -> Result<Option<u64>, Full> {
        self.update_at(key, &mut change, &age).map(|changed| changed.map(|(_, value)| value))
    }

    /// The same; tells also where the key stands.
    ///
    /// # Errors
    /// When there is no room for a new key.
    pub fn update_at(
        &self,
        key: &[u8],
        change: &mut impl FnMut(Option<u64>) -> Option<u64>,
        age: &impl Fn(u64) -> Option<u64>,
    ) -> Result<Option<(Place, u64)>, Full> {
        let key = self.hash(key);
        loop {
            if let Some((index, slot)) = self.find(key) {
                let changed = slot.value.try_update(Ordering::AcqRel, Ordering::Acquire, |value| change(Some(value)));
                // The slot may have gone to another key meanwhile; what was done to its value there does little harm.
                let Ok(before) = changed else { return Ok(None) };
                let value = change(Some(before)).unwrap_or(before);
                return Ok(Some((Place { slot: index, key }, value)));
            }
            let Some(value) = change(None) else { return Ok(None) };
            match self.claim(key, value, age)? {
                Some(slot) => return Ok(Some((Place { slot, key }, value))),
                None => std::hint::spin_loop(),
            }
        }
    }

    /// Changes the value of a key that still stands where it stood.
    pub fn update_place(&self, place: Place, mut change: impl FnMut(u64) -> u64) {
        let slot = self.slots.get(place.slot).filter(|slot| slot.key.load(Ordering::Acquire) == place.key);
        if let Some(slot) = slot {
            let _ = slot.value.try_update(Ordering::AcqRel, Ordering::Acquire, |value| Some(change(value)));
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.slots.iter().filter(|slot| slot.key.load(Ordering::Relaxed) > MOVING).count()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives a slot to a new key; `None`: another thread was faster.
    fn claim(&self, key: u64, value: u64, age: &impl Fn(u64) -> Option<u64>) -> Result<Option<usize>, Full> {
        let mut oldest: Option<(u64, usize, &Slot, u64)> = None;
        for (index, slot) in self.reach(key) {
            let held = slot.key.load(Ordering::Acquire);
            let rank = match held {
                EMPTY => Some(0),
                MOVING => None,
                _ => age(slot.value.load(Ordering::Relaxed)).map(|age| age.saturating_add(1)),
            };
            if let Some(rank) = rank
                && oldest.is_none_or(|(lowest, ..)| rank < lowest)
            {
                oldest = Some((rank, index, slot, held));
            }
            if held == EMPTY {
                break;
            }
        }
        let (_, index, slot, held) = oldest.ok_or(Full)?;
        if slot.key.compare_exchange(held, MOVING, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return Ok(None);
        }
        slot.value.store(value, Ordering::Release);
        slot.key.store(key, Ordering::Release);
        Ok(Some(index))
    }

    fn find(&self, key: u64) -> Option<(usize, &Slot)> {
        self.reach(key).find(|(_, slot)| slot.key.load(Ordering::Acquire) == key)
    }

    /// The slots in which a key may stand.
    fn reach(&self, key: u64) -> impl Iterator<Item = (usize, &Slot)> {
        let mask = self.slots.len() - 1;
        let start = usize::try_from(key >> 16).unwrap_or(0);
        (0..REACH).filter_map(move |step| {
            let index = (start + step) & mask;
            self.slots.get(index).map(|slot| (index, slot))
        })
    }

    /// Never one of the words that stand for no key.
    fn hash(&self, key: &[u8]) -> u64 {
        self.secret.hash_one(key).max(MOVING + 1)
    }
}

#[cfg(test)]
mod tests;
