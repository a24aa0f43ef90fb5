//! What responses had to do with a store, for programs that ask.

use std::sync::atomic::{AtomicU64, Ordering};

/// What kept answers had to do with responses, by a number that the caller gives to each relation.
#[derive(Default, Debug)]
pub struct Tallies([Tally; 7]);

#[derive(Default, Debug)]
struct Tally {
    responses: AtomicU64,
    bytes: AtomicU64,
    written: AtomicU64,
    written_bytes: AtomicU64,
}

/// What responses came to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// Responses.
    pub responses: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Those of them that were kept.
    pub written: u64,
    /// Bytes of the bodies that were kept.
    pub written_bytes: u64,
}

impl Tallies {
    /// Counts a response of so many bytes, and how many of them were kept.
    pub fn count(&self, relation: usize, bytes: u64, written: Option<u64>) {
        let Some(tally) = self.0.get(relation) else { return };
        tally.responses.fetch_add(1, Ordering::Relaxed);
        tally.bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Some(written) = written {
            tally.written.fetch_add(1, Ordering::Relaxed);
            tally.written_bytes.fetch_add(written, Ordering::Relaxed);
        }
    }

    /// What responses of one relation came to.
    pub fn totals(&self, relation: usize) -> Totals {
        let Some(tally) = self.0.get(relation) else { return Totals::default() };
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Totals {
            responses: read(&tally.responses),
            bytes: read(&tally.bytes),
            written: read(&tally.written),
            written_bytes: read(&tally.written_bytes),
        }
    }

    /// Counts anew.
    pub fn reset(&self) {
        for Tally { responses, bytes, written, written_bytes } in &self.0 {
            for number in [responses, bytes, written, written_bytes] {
                number.store(0, Ordering::Relaxed);
            }
        }
    }
}
