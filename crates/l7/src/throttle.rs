//! A limit on the bytes a second of one transfer (`limit_rate`, `proxy_limit_rate`).

use std::time::{Duration, Instant};
use transport::clock;

/// A limit on the bytes a second of one transfer.
pub struct Throttle {
    rate: u64,
    free: u64,
    sent: u64,
    started: Instant,
}

impl Throttle {
    /// `rate` bytes a second after the first `free` bytes; 0: no limit.
    pub fn new(rate: u64, free: u64) -> Self {
        Self { rate, free, sent: 0, started: clock::now() }
    }

    /// Bytes that went.
    pub fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// Until when nothing more may go; `None`: some may.
    pub fn held_until(&self, now: Instant) -> Option<Instant> {
        if self.rate == 0 {
            return None;
        }
        let limited = self.sent.saturating_sub(self.free);
        // A second's worth may always go at once.
        let due = Duration::from_millis(limited.saturating_mul(1000) / self.rate);
        let allowed = now.saturating_duration_since(self.started) + Duration::from_secs(1);
        (due >= allowed).then(|| self.started + due.saturating_sub(Duration::from_millis(999)))
    }
}
