//! What the requests of one zone came to: some sites, or some of their places.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::status_counts::StatusCounts;

/// Numbers of one zone; any number of threads may count.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct ZoneTally {
    /// Requests that are under way.
    processing: AtomicU64,
    requests: AtomicU64,
    /// Requests that ended without a response.
    discarded: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    responses: StatusCounts,
}

/// A zone's numbers at one moment; each field as it is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "each says what it is")]
pub struct ZoneTotals {
    pub processing: u64,
    pub requests: u64,
    pub discarded: u64,
    pub received: u64,
    pub sent: u64,
}

impl ZoneTally {
    /// A request begins.
    pub fn enter(&self) {
        self.processing.fetch_add(1, Relaxed);
    }

    /// It is over.
    pub fn leave(&self) {
        self.processing.fetch_sub(1, Relaxed);
    }

    /// Counts a request; `status` is 0 where nothing was sent.
    pub fn count(&self, status: u16, received: u64, sent: u64) {
        self.requests.fetch_add(1, Relaxed);
        self.received.fetch_add(received, Relaxed);
        self.sent.fetch_add(sent, Relaxed);
        if sent > 0 {
            self.responses.add(status);
        } else {
            self.discarded.fetch_add(1, Relaxed);
        }
    }

    /// What was counted.
    pub fn totals(&self) -> ZoneTotals {
        let value = |number: &AtomicU64| number.load(Relaxed);
        ZoneTotals {
            processing: value(&self.processing),
            requests: value(&self.requests),
            discarded: value(&self.discarded),
            received: value(&self.received),
            sent: value(&self.sent),
        }
    }

    /// Its responses.
    pub fn responses(&self) -> &StatusCounts {
        &self.responses
    }

    /// Begins to count anew; what is under way stays.
    pub fn reset(&self) {
        for number in [&self.requests, &self.discarded, &self.received, &self.sent] {
            number.store(0, Relaxed);
        }
        self.responses.reset();
    }
}
