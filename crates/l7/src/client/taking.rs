//! Whether a client takes what waits for it, however slowly.

use std::time::Instant;
use transport::clock;

/// Follows how much waits for a client, from one look to the next.
#[derive(Clone, Copy)]
pub struct Taking {
    /// Bytes that waited at the last look.
    waiting: usize,
    since: Instant,
}

impl Taking {
    /// Nothing waits.
    pub fn new() -> Self {
        Self { waiting: 0, since: clock::now() }
    }

    /// The client took something, or nothing waits for it any more.
    pub fn note(&mut self) {
        self.since = clock::now();
    }

    /// Looks at how many bytes wait now; since when the client has taken nothing of them, as far as was looked.
    pub fn since(&mut self, waiting: usize) -> Instant {
        if waiting < self.waiting {
            self.note();
        }
        self.waiting = waiting;
        self.since
    }
}
