//! Closes idle upstream connections when their time is over or their peer is gone: one timer for all pools of a worker.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// A connection that its peer closed is let go after this time at the latest.
const PERIOD: Duration = Duration::from_secs(1);

/// The worker's sweeper. The worker spawns [`Sweeper::run`] once.
#[derive(Default)]
pub struct Sweeper {
    pools: RefCell<Vec<Weak<dyn Sweep>>>,
    resting: Cell<bool>,
    wake: Notify,
    draining: Cell<bool>,
}

/// A pool as its sweeper sees it.
pub(crate) trait Sweep {
    /// Closes what is over; when the next is due, if any is left.
    fn sweep(&self, now: Instant) -> Option<Instant>;
    /// Closes all.
    fn clear(&self);
}

impl Sweeper {
    /// One without pools.
    pub fn new() -> Rc<Self> {
        Rc::default()
    }

    /// Sweeps for ever; sleeps without a timer while nothing is idle.
    pub async fn run(self: Rc<Self>) {
        loop {
            let now = transport::clock::now();
            if let Some(due) = self.sweep(now) {
                // Not sooner than a moment: pools with short timeouts must not make the worker spin.
                let next = due.clamp(now + PERIOD / 20, now + PERIOD);
                tokio::time::sleep_until(next.into()).await;
            } else {
                self.resting.set(true);
                self.wake.notified().await;
            }
        }
    }

    /// Sweeps once; when the next connection is due, if any is left.
    pub fn sweep(&self, now: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        self.pools.borrow_mut().retain(|pool| {
            let Some(pool) = pool.upgrade() else {
                return false;
            };
            if let Some(due) = pool.sweep(now) {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
            true
        });
        next
    }

    /// Closes all idle connections and keeps no more: the worker is about to leave.
    pub fn drain(&self) {
        self.draining.set(true);
        for pool in self.pools.borrow().iter().filter_map(Weak::upgrade) {
            pool.clear();
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get()
    }

    pub(crate) fn register(&self, pool: Weak<dyn Sweep>) {
        let mut pools = self.pools.borrow_mut();
        pools.retain(|pool| pool.strong_count() > 0);
        pools.push(pool);
    }

    pub(crate) fn wake(&self) {
        if self.resting.replace(false) {
            self.wake.notify_one();
        }
    }
}
