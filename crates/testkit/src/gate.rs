//! Waiting for conditions: gates that one thread opens for another, and bounded polling of what only the outside shows.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before a test calls it lost.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// Closed until someone opens it; clones are the same gate.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets everyone through who waits or will wait.
    pub fn open(&self) {
        let (open, changed) = &*self.0;
        *open.lock().unwrap() = true;
        changed.notify_all();
    }

    /// Waits for the gate to open; false when that took too long.
    pub fn wait(&self) -> bool {
        self.wait_at_most(PATIENCE)
    }

    /// Waits that long for the gate to open; false when it did not.
    pub fn wait_at_most(&self, bound: Duration) -> bool {
        let (open, changed) = &*self.0;
        let guard = open.lock().unwrap();
        let (guard, _) = changed.wait_timeout_while(guard, bound, |open| !*open).unwrap();
        *guard
    }

    /// Waits for the gate to open, or fails the test.
    pub fn pass(&self, what: &str) {
        assert!(self.wait(), "waited {PATIENCE:?} in vain: {what}");
    }
}

/// Waits until `condition` holds, or fails the test after a bound.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    assert!(holds_within(PATIENCE, &mut condition), "waited {PATIENCE:?} in vain: {what}");
}

/// Polls `condition`; false when it did not hold within `bound`.
pub(crate) fn holds_within(bound: Duration, condition: &mut dyn FnMut() -> bool) -> bool {
    let end = Instant::now() + bound;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// What `work` gives, and how long it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
