//! Numbers that each worker counts for itself and the control thread sums on demand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;

use crate::histogram::{Histogram, Latencies};

/// A number that one thread changes and others may read: no locked instruction, which `fetch_add` would be.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `n`. Only the worker that owns the counter may call it.
    pub fn add(&self, n: u64) {
        self.0.store(self.value().wrapping_add(n), Ordering::Relaxed);
    }

    /// Takes `n` away again. Only the worker that owns the counter may call it.
    pub fn subtract(&self, n: u64) {
        self.0.store(self.value().wrapping_sub(n), Ordering::Relaxed);
    }

    /// The number.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one worker counts.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections accepted.
    pub accepted: Counter,
    /// Connections that were served, not dropped at once for want of resources.
    pub handled: Counter,
    /// Connections open now.
    pub active: Counter,
    /// Connections whose request head is being read.
    pub reading: Counter,
    /// Connections whose request is being answered.
    pub writing: Counter,
    /// Connections that wait for their next request.
    pub waiting: Counter,
    /// Requests.
    pub requests: Counter,
    /// Responses by the first digit of the status: 1xx to 5xx.
    pub responses: [Counter; 5],
    /// Attempts on a peer that failed.
    pub upstream_failures: Counter,
    /// Exchanges that panicked.
    pub panics: Counter,
    /// Log lines that could not be written.
    pub log_lines_dropped: Counter,
    /// Bytes received from clients.
    pub bytes_received: Counter,
    /// Bytes sent to clients.
    pub bytes_sent: Counter,
    /// Time from the first byte of a request to the last of its response.
    pub latency: Histogram,
}

impl Counters {
    /// Counts a response by its status; a status outside 100 to 599 is not counted.
    pub fn count_response(&self, status: u16) {
        let class = usize::from(status / 100).checked_sub(1);
        if let Some(counter) = class.and_then(|class| self.responses.get(class)) {
            counter.add(1);
        }
    }

    fn add_to(&self, totals: &mut Totals) {
        let sums = [
            (&mut totals.accepted, &self.accepted),
            (&mut totals.handled, &self.handled),
            (&mut totals.active, &self.active),
            (&mut totals.reading, &self.reading),
            (&mut totals.writing, &self.writing),
            (&mut totals.waiting, &self.waiting),
            (&mut totals.requests, &self.requests),
            (&mut totals.upstream_failures, &self.upstream_failures),
            (&mut totals.panics, &self.panics),
            (&mut totals.log_lines_dropped, &self.log_lines_dropped),
            (&mut totals.bytes_received, &self.bytes_received),
            (&mut totals.bytes_sent, &self.bytes_sent),
        ];
        let responses = totals.responses.iter_mut().zip(&self.responses);
        for (total, counter) in sums.into_iter().chain(responses) {
            *total = total.wrapping_add(counter.value());
        }
        self.latency.add_to(&mut totals.latency);
    }
}

/// The sums over all workers; each field as in [`Counters`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the fields of Counters, described there")]
pub struct Totals {
    pub accepted: u64,
    pub handled: u64,
    pub active: u64,
    pub reading: u64,
    pub writing: u64,
    pub waiting: u64,
    pub requests: u64,
    pub responses: [u64; 5],
    pub upstream_failures: u64,
    pub panics: u64,
    pub log_lines_dropped: u64,
    pub bytes_received: u64,
    pub bytes_sent: u64,
    pub latency: Latencies,
}

/// The counters of all workers, of those that ended too.
#[derive(Debug, Default)]
pub struct Registry {
    workers: ArcSwap<Vec<Arc<Counters>>>,
    forgotten: Forgotten,
}

/// What had been counted when it was last asked to count anew.
#[derive(Debug, Default)]
struct Forgotten {
    accepted: AtomicU64,
    handled: AtomicU64,
    requests: AtomicU64,
    /// Processes that were started in the place of others that died, and how many of them are not told any more.
    respawns: AtomicU64,
    told: AtomicU64,
}

/// The registry of this process.
pub fn process() -> &'static Registry {
    static PROCESS: LazyLock<Registry> = LazyLock::new(Registry::default);
    &PROCESS
}

impl Registry {
    /// Counters for one worker.
    pub fn register(&self) -> Arc<Counters> {
        let counters = Arc::new(Counters::default());
        self.workers.rcu(|workers| {
            let mut workers = Vec::clone(workers);
            workers.push(Arc::clone(&counters));
            workers
        });
        counters
    }

    /// The sums over all workers.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for counters in self.workers.load().iter() {
            counters.add_to(&mut totals);
        }
        totals
    }

    /// The same of connections and requests since it was last asked to count them anew.
    pub fn recent_totals(&self) -> Totals {
        let mut totals = self.totals();
        let Forgotten { accepted, handled, requests, .. } = &self.forgotten;
        totals.accepted = totals.accepted.wrapping_sub(accepted.load(Ordering::Relaxed));
        totals.handled = totals.handled.wrapping_sub(handled.load(Ordering::Relaxed));
        totals.requests = totals.requests.wrapping_sub(requests.load(Ordering::Relaxed));
        totals
    }

    /// Counts connections anew in [`Registry::recent_totals`].
    pub fn forget_connections(&self) {
        let totals = self.totals();
        self.forgotten.accepted.store(totals.accepted, Ordering::Relaxed);
        self.forgotten.handled.store(totals.handled, Ordering::Relaxed);
    }

    /// Notes how many processes were started in the place of others that died.
    pub fn set_respawns(&self, count: u64) {
        self.forgotten.respawns.store(count, Ordering::Relaxed);
    }

    /// How many of them there were since it was last asked to count them anew.
    pub fn recent_respawns(&self) -> u64 {
        self.forgotten.respawns.load(Ordering::Relaxed).saturating_sub(self.forgotten.told.load(Ordering::Relaxed))
    }

    /// Counts them anew.
    pub fn forget_respawns(&self) {
        self.forgotten.told.store(self.forgotten.respawns.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Counts requests anew in [`Registry::recent_totals`].
    pub fn forget_requests(&self) {
        self.forgotten.requests.store(self.totals().requests, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_workers_that_ran_on_other_threads() {
        let registry = Registry::default();
        let workers = [registry.register(), registry.register()];
        let threads = workers.map(|counters| {
            std::thread::spawn(move || {
                for status in [100, 200, 204, 301, 404, 502, 700, 42] {
                    counters.requests.add(1);
                    counters.active.add(3);
                    counters.active.subtract(2);
                    counters.count_response(status);
                }
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
        let totals = registry.totals();
        assert_eq!(totals.requests, 16);
        assert_eq!(totals.active, 16);
        assert_eq!(totals.responses, [2, 4, 2, 2, 2]);
    }
}
