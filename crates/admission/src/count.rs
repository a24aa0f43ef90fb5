//! How many may be inside at a time, for each key.

use std::sync::Arc;
use zone::{Kind, Place, Table};

/// Bytes of a zone's size that stand for one key, so that a zone holds what operators know it to hold.
const BYTES_A_KEY: u64 = 64;

/// Counts by key.
#[derive(Clone, Debug)]
pub struct CountZone {
    table: Arc<Table>,
}

/// Somebody is inside until this is dropped.
#[derive(Debug)]
pub struct Seat {
    table: Arc<Table>,
    place: Place,
}

/// Why somebody may not come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// So many are inside already.
    Many,
    /// The zone has no room for another key.
    Full,
}

impl CountZone {
    /// The zone of a name, for keys of one kind, with a size in bytes.
    pub fn open(name: &str, key: &str, size: u64) -> Self {
        let slots = usize::try_from(size / BYTES_A_KEY).unwrap_or(usize::MAX);
        Self { table: zone::open(Kind::Connections, name, key, slots) }
    }

    /// Takes a seat if fewer than `most` are taken.
    ///
    /// # Errors
    /// When it may not.
    pub fn enter(&self, key: &[u8], most: u64) -> Result<Seat, Refusal> {
        let mut change = |count: Option<u64>| {
            let count = count.unwrap_or(0);
            (count < most).then_some(count + 1)
        };
        // A key gives way when nobody has a seat by it.
        let age = |count: u64| (count == 0).then_some(0);
        let entered = self.table.update_at(key, &mut change, &age).map_err(|zone::Full| Refusal::Full)?;
        let (place, _) = entered.ok_or(Refusal::Many)?;
        Ok(Seat { table: Arc::clone(&self.table), place })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.table.update_place(self.place, |count| count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_free_again_when_they_are_left() {
        let zone = CountZone::open("seats", "$a", 4096);
        let (first, second) = (zone.enter(b"a", 2).unwrap(), zone.enter(b"a", 2).unwrap());
        assert_eq!(zone.enter(b"a", 2).unwrap_err(), Refusal::Many);
        let other = zone.enter(b"b", 1).unwrap();
        assert_eq!(zone.enter(b"b", 1).unwrap_err(), Refusal::Many);
        drop(first);
        assert!(zone.enter(b"a", 2).is_ok());
        drop((second, other));
        assert!(zone.enter(b"b", 1).is_ok());
    }

    #[test]
    fn keys_without_seats_give_way_and_others_do_not() {
        let zone = CountZone::open("ways", "$a", 64);
        for number in 0..100_u64 {
            assert!(zone.enter(&number.to_be_bytes(), 1).is_ok());
        }
        let seats: Vec<_> = (0..100_u64).map_while(|number| zone.enter(&number.to_be_bytes(), 1).ok()).collect();
        assert_eq!(seats.len(), 32);
        assert_eq!(zone.enter(b"another", 1).unwrap_err(), Refusal::Full);
    }
}
