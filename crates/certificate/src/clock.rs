//! The time that certificates go by, and chance.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;

/// Seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the thread has no loop turn to take the time from")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A number from `low` to `high`.
pub(crate) fn between(low: u64, high: u64) -> u64 {
    let mut bytes = [0; 8];
    // Without chance it is the first.
    if rand::fill(&mut bytes).is_err() {
        return low;
    }
    let span = high.saturating_sub(low).saturating_add(1);
    low.saturating_add(u64::from_ne_bytes(bytes).checked_rem(span).unwrap_or(0))
}

/// The same time, a tenth more or less.
pub(crate) fn about(time: Duration) -> Duration {
    let tenth = time.as_millis().try_into().unwrap_or(u64::MAX) / 10;
    time.saturating_sub(Duration::from_millis(tenth)).saturating_add(Duration::from_millis(between(0, 2 * tenth)))
}
