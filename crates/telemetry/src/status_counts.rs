//! How many responses there were of each status.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const FIRST: u16 = 100;
const STATUSES: usize = 500;

/// Numbers of responses by status, 100 to 599; any number of threads may count. Memory is taken with the first.
#[derive(Debug, Default)]
pub struct StatusCounts(OnceLock<Box<[AtomicU64]>>);

impl StatusCounts {
    /// Counts one; a status outside 100 to 599 is not counted.
    pub fn add(&self, status: u16) {
        let counts = self.0.get_or_init(|| (0..STATUSES).map(|_| AtomicU64::new(0)).collect());
        if let Some(count) = status.checked_sub(FIRST).and_then(|index| counts.get(usize::from(index))) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// The statuses that there were, with their numbers.
    pub fn counts(&self) -> impl Iterator<Item = (u16, u64)> {
        let counts = self.0.get().into_iter().flatten();
        (FIRST..).zip(counts).map(|(status, count)| (status, count.load(Relaxed))).filter(|(_, count)| *count > 0)
    }

    /// Begins anew.
    pub fn reset(&self) {
        self.0.get().into_iter().flatten().for_each(|count| count.store(0, Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_counted_for_itself() {
        let counts = StatusCounts::default();
        assert_eq!(counts.counts().count(), 0);
        for status in [200, 404, 200, 599, 600, 99, 100] {
            counts.add(status);
        }
        assert_eq!(counts.counts().collect::<Vec<_>>(), [(100, 1), (200, 2), (404, 1), (599, 1)]);
        counts.reset();
        assert_eq!(counts.counts().count(), 0);
    }
}
