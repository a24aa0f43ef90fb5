//! How long things took, in buckets whose width grows with the time.

use std::time::Duration;

use crate::counters::Counter;

/// Each doubling of the time is cut into 16 buckets: a bucket is at most 1/16 wide of what it holds.
const STEPS_BITS: u32 = 4;
/// Times from 2^36 microseconds (19 hours) on fall into the last bucket.
const OCTAVES: u32 = 36;
const BUCKETS: usize = ((OCTAVES - STEPS_BITS + 1) as usize) << STEPS_BITS;

/// Counts durations. One thread writes, others may read. 4 KiB.
#[derive(Debug)]
pub struct Histogram {
    buckets: Box<[Counter]>,
    /// In microseconds.
    sum: Counter,
}

/// A histogram at one moment, or the sum of several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Latencies {
    buckets: Box<[u64]>,
    /// All durations together, in microseconds.
    sum: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| Counter::default()).collect(), sum: Counter::default() }
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(bucket_of(micros)) {
            bucket.add(1);
        }
        self.sum.add(micros);
    }

    /// Adds what was counted so far to `latencies`.
    pub fn add_to(&self, latencies: &mut Latencies) {
        for (total, bucket) in latencies.buckets.iter_mut().zip(&self.buckets) {
            *total = total.wrapping_add(bucket.value());
        }
        latencies.sum = latencies.sum.wrapping_add(self.sum.value());
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS].into(), sum: 0 }
    }
}

impl Latencies {
    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// All durations together.
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.sum)
    }

    /// The duration that `share` (0.0 to 1.0) of all do not exceed, at most 1/16 too large; zero where nothing was counted.
    pub fn quantile(&self, share: f64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank among counted things: a rounding error of one part in 2^52 does not matter"
        )]
        let rank = ((self.count() as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        for (limit, count) in self.buckets() {
            seen += count;
            if seen >= rank {
                return limit;
            }
        }
        Duration::ZERO
    }

    /// The buckets that are not empty: the longest duration of each, and how many it holds.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        let filled = self.buckets.iter().enumerate();
        filled
            .filter(|(_, count)| **count > 0)
            .map(|(index, count)| (Duration::from_micros(longest(index as u64)), *count))
    }
}

fn bucket_of(micros: u64) -> usize {
    let micros = micros.min((1 << OCTAVES) - 1);
    let octave = micros.checked_ilog2().unwrap_or(0);
    let shift = octave.saturating_sub(STEPS_BITS);
    // Below 2 * STEPS buckets are one microsecond wide and count from zero.
    let index = (u64::from(shift) << STEPS_BITS) + (micros >> shift);
    usize::try_from(index).unwrap_or(BUCKETS - 1)
}

/// The longest duration in a bucket, in microseconds.
fn longest(index: u64) -> u64 {
    let shift = (index >> STEPS_BITS).saturating_sub(1);
    let first = index - (shift << STEPS_BITS);
    ((first + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_a_bucket_that_bounds_it_closely() {
        for micros in (0..5000).chain((0..36).map(|bits| (1 << bits) + 7)) {
            let index = bucket_of(micros);
            assert!(index < BUCKETS, "{micros}");
            let limit = longest(index as u64);
            assert!(limit >= micros, "{micros} in a bucket up to {limit}");
            assert!(limit - micros <= micros >> STEPS_BITS, "{micros} in a bucket up to {limit}");
        }
        for micros in 1..5000 {
            let step = bucket_of(micros) - bucket_of(micros - 1);
            assert!(step <= 1, "a gap at {micros}");
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_of_merged_histograms() {
        let (fast, slow) = (Histogram::default(), Histogram::default());
        for _ in 0..99 {
            fast.record(Duration::from_micros(10));
        }
        slow.record(Duration::from_secs(2));
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.5), Duration::ZERO);
        fast.add_to(&mut latencies);
        slow.add_to(&mut latencies);
        assert_eq!(latencies.count(), 100);
        assert_eq!(latencies.sum(), Duration::from_micros(2_000_990));
        assert_eq!(latencies.quantile(0.0), Duration::from_micros(10));
        assert_eq!(latencies.quantile(0.99), Duration::from_micros(10));
        let worst = latencies.quantile(1.0);
        assert!((2.0..2.13).contains(&worst.as_secs_f64()), "{worst:?}");
    }
}
