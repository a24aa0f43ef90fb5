//! How fast requests may come: a bucket for each key that leaks at a steady rate.

use std::sync::Arc;
use zone::{Kind, Table};

/// Bytes of a zone's size that stand for one key, so that a zone holds what operators know it to hold.
const BYTES_A_KEY: u64 = 128;
/// What one request adds to its bucket.
pub const REQUEST: u64 = 1000;
/// A key that was not seen for so long (in milliseconds) or whose time is from the future begins anew, all but a millisecond.
const ODD: i32 = -60_000;

/// Buckets by key.
#[derive(Clone, Debug)]
pub struct RateZone {
    table: Arc<Table>,
    /// Thousandths of a request that leak in a second.
    rate: u64,
}

/// What is in a bucket, and since when: one word, so that it changes at once.
#[derive(Clone, Copy)]
struct Bucket {
    excess: u32,
    /// Milliseconds, the lowest 32 bits of them.
    last: u32,
}

impl Bucket {
    fn unpack(word: u64) -> Self {
        let low = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or(0);
        Self { excess: low(word >> 32), last: low(word) }
    }

    fn pack(self) -> u64 {
        u64::from(self.excess) << 32 | u64::from(self.last)
    }

    /// What is in it once another request was added, and when that was.
    fn add(self, now: u32, rate: u64) -> (u64, u32) {
        let elapsed = now.wrapping_sub(self.last).cast_signed();
        let (elapsed, last) = match elapsed {
            ..ODD => (1, now),
            ODD..=0 => (0, self.last),
            1.. => (u64::from(elapsed.unsigned_abs()), now),
        };
        let leaked = rate.saturating_mul(elapsed) / 1000;
        ((u64::from(self.excess) + REQUEST).saturating_sub(leaked), last)
    }
}

impl RateZone {
    /// The zone of a name, for keys of one kind, with a size in bytes and a rate in thousandths of a request a second.
    pub fn open(name: &str, key: &str, size: u64, rate: u64) -> Self {
        let slots = usize::try_from(size / BYTES_A_KEY).unwrap_or(usize::MAX);
        Self { table: zone::open(Kind::Rates, name, key, slots), rate: rate.max(1) }
    }

    /// What a request would find in its bucket, in thousandths of a request; `Err`: more than `burst`. Nothing changes.
    pub fn look(&self, key: &[u8], burst: u64, now: u64) -> Result<u64, u64> {
        let bucket = self.table.get(key).map(Bucket::unpack);
        let excess = bucket.map_or(0, |bucket| bucket.add(low(now), self.rate).0);
        if excess > burst { Err(excess) } else { Ok(excess) }
    }

    /// Adds a request to its bucket unless that makes it more than `burst`; tells what is in it.
    pub fn add(&self, key: &[u8], burst: u64, now: u64) -> Result<u64, u64> {
        let mut excess = 0;
        let change = |word: Option<u64>| {
            let last;
            (excess, last) = word.map_or((0, low(now)), |word| Bucket::unpack(word).add(low(now), self.rate));
            (excess <= burst).then(|| Bucket { excess: u32::try_from(excess).unwrap_or(u32::MAX), last }.pack())
        };
        // The bucket that was added to the longest ago gives way; there always is one.
        let age = |word: u64| Some(u64::from(Bucket::unpack(word).last.wrapping_sub(low(now).wrapping_add(1))));
        let added = self.table.update(key, change, age);
        match added {
            Ok(None) => Err(excess),
            Ok(Some(word)) => Ok(u64::from(Bucket::unpack(word).excess)),
            Err(zone::Full) => Ok(0),
        }
    }

    /// Milliseconds until so much has leaked.
    pub fn time_for(&self, excess: u64) -> u64 {
        excess.saturating_mul(1000) / self.rate
    }
}

fn low(milliseconds: u64) -> u32 {
    u32::try_from(milliseconds & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_leaks_at_its_rate() {
        let zone = RateZone::open("leaks", "$a", 32 << 10, 2000);
        let add = |burst: u64, now: u64| zone.add(b"a", burst, now);
        assert_eq!(add(0, 10_000), Ok(0));
        assert_eq!(add(0, 10_000), Err(1000));
        assert_eq!(add(0, 10_499), Err(2));
        assert_eq!(add(0, 10_500), Ok(0));
        assert_eq!(add(2000, 10_500), Ok(1000));
        assert_eq!(add(2000, 10_500), Ok(2000));
        assert_eq!(add(2000, 10_500), Err(3000));
        assert_eq!(zone.look(b"a", 2000, 11_000), Ok(2000));
        assert_eq!(zone.look(b"a", 1000, 11_000), Err(2000));
        assert_eq!(zone.look(b"b", 0, 11_000), Ok(0));
        assert_eq!(add(2000, 60_000), Ok(0));
        assert_eq!(zone.time_for(3000), 1500);
    }

    #[test]
    fn time_that_runs_back_or_wraps_does_no_harm() {
        let zone = RateZone::open("wraps", "$a", 32 << 10, 1000);
        let end = u64::from(u32::MAX);
        assert_eq!(zone.add(b"a", 5000, end - 10), Ok(0));
        assert_eq!(zone.add(b"a", 5000, end + 990), Ok(0));
        assert_eq!(zone.add(b"a", 5000, end + 900), Ok(1000));
        assert_eq!(zone.add(b"a", 5000, end + 1990), Ok(1000));
    }

    #[test]
    fn a_full_zone_forgets_who_came_longest_ago() {
        let zone = RateZone::open("full", "$a", 4096, 1);
        for number in 0..1000_u64 {
            assert_eq!(zone.add(&number.to_be_bytes(), 0, 1000 + number), Ok(0), "{number}");
        }
        assert!(zone.add(&999_u64.to_be_bytes(), 0, 2000).is_err());
        assert_eq!(zone.add(&0_u64.to_be_bytes(), 0, 2000), Ok(0));
    }
}
