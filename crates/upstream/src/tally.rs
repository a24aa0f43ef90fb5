//! What a peer's requests came to, where that is asked for while the server runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use telemetry::StatusCounts;

/// Numbers of one peer. Times are milliseconds since the roster's epoch; 0: never.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Tally {
    pub(crate) requests: AtomicU64,
    pub(crate) answers: StatusCounts,
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) fails: AtomicU64,
    /// How often it began to rest.
    pub(crate) rests: AtomicU64,
    pub(crate) selected: AtomicU64,
    /// Since when it has been out of use.
    down_since: AtomicU64,
    /// How long it was before.
    downtime: AtomicU64,
    pub(crate) probes: ProbeTally,
}

/// What probes of one peer came to.
#[derive(Debug, Default)]
pub(crate) struct ProbeTally {
    pub(crate) asked: AtomicU64,
    pub(crate) fails: AtomicU64,
    /// How often it was found unwell.
    pub(crate) unwell: AtomicU64,
    pub(crate) passed: AtomicBool,
}

impl Tally {
    pub(crate) fn chosen(&self, now: u64) {
        self.requests.fetch_add(1, Relaxed);
        self.selected.store(now.max(1), Relaxed);
    }

    pub(crate) fn went_down(&self, now: u64) {
        let _ = self.down_since.compare_exchange(0, now.max(1), Relaxed, Relaxed);
    }

    pub(crate) fn came_up(&self, now: u64) {
        let since = self.down_since.swap(0, Relaxed);
        if since != 0 {
            self.downtime.fetch_add(now.saturating_sub(since), Relaxed);
        }
    }

    /// How long it was out of use, all times together, and since when it is now.
    pub(crate) fn downtime(&self, now: u64) -> (u64, Option<u64>) {
        let since = Some(self.down_since.load(Relaxed)).filter(|since| *since != 0);
        let present = since.map_or(0, |since| now.saturating_sub(since));
        (self.downtime.load(Relaxed) + present, since)
    }

    /// Notes what a probe came to; `news`: the peer went down or came up by it.
    pub(crate) fn probed(&self, good: bool, unwell: bool, news: bool, now: u64) {
        self.probes.asked.fetch_add(1, Relaxed);
        self.probes.fails.fetch_add(u64::from(!good), Relaxed);
        self.probes.passed.store(good, Relaxed);
        if news && unwell {
            self.probes.unwell.fetch_add(1, Relaxed);
            self.went_down(now);
        } else if news {
            self.came_up(now);
        }
    }

    /// Begins to count anew.
    pub(crate) fn reset(&self) {
        let ProbeTally { asked, fails, unwell, passed: _ } = &self.probes;
        let own = [&self.requests, &self.sent, &self.received, &self.fails, &self.rests, &self.downtime];
        own.into_iter().chain([asked, fails, unwell]).for_each(|number| number.store(0, Relaxed));
        self.answers.reset();
    }
}
