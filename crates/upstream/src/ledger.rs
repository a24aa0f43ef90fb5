//! What only some rules of balancing need to know of a peer: requests that are not answered yet, and bytes.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::health::blend;

/// What a peer's unanswered requests have taken so far, together, and the bytes that went to it and came from it. Times
/// are milliseconds.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Ledger {
    count: AtomicU32,
    /// Average age of the requests under way, as seen at each choice.
    average: AtomicU32,
    /// Sum of their ages when it last changed.
    sum: AtomicU64,
    changed: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Ledger {
    /// The average age of what is under way now; 0: nothing is.
    pub(crate) fn age(&self, now: u64) -> u32 {
        let count = u64::from(self.count.load(Relaxed));
        let Some(past) = self.sum.load(Relaxed).checked_div(count) else { return 0 };
        let age = past + now.saturating_sub(self.changed.load(Relaxed));
        self.average.store(blend(self.average.load(Relaxed), age), Relaxed);
        self.average.load(Relaxed)
    }

    pub(crate) fn enter(&self, now: u64) {
        self.advance(now);
        self.count.fetch_add(1, Relaxed);
    }

    /// One that took so long is under way no longer.
    pub(crate) fn leave(&self, now: u64, took: u64) {
        self.advance(now);
        if self.count.fetch_sub(1, Relaxed) == 1 {
            self.sum.store(0, Relaxed);
        } else {
            self.sum.store(self.sum.load(Relaxed).saturating_sub(took), Relaxed);
        }
    }

    fn advance(&self, now: u64) {
        let passed = now.saturating_sub(self.changed.swap(now, Relaxed));
        self.sum.fetch_add(passed * u64::from(self.count.load(Relaxed)), Relaxed);
    }

    pub(crate) fn add_traffic(&self, sent: u64, received: u64) {
        self.sent.fetch_add(sent, Relaxed);
        self.received.fetch_add(received, Relaxed);
    }

    /// Bytes for each unit of weight.
    pub(crate) fn traffic(&self, weight: u32) -> u64 {
        let weight = u64::from(weight.max(1));
        self.sent.load(Relaxed) / weight + self.received.load(Relaxed) / weight
    }
}
