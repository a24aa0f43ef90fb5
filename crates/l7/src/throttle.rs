//! A limit on the bytes a second of one transfer (`limit_rate`, `proxy_limit_rate`).

use std::time::{Duration, Instant};
use transport::{Chunk, clock};

/// A limit on the bytes a second of one transfer.
pub struct Throttle {
    rate: u64,
    free: u64,
    sent: u64,
    /// When the first piece went.
    started: Option<Instant>,
    pause_end: Option<Instant>,
    /// What came and may not go yet.
    rest: Chunk,
}

impl Throttle {
    /// `rate` bytes a second after the first `free` bytes; 0: no limit.
    pub fn new(rate: u64, free: u64) -> Self {
        Self { rate, free, sent: 0, started: None, pause_end: None, rest: Chunk::new() }
    }

    /// Whether there is no limit.
    pub fn is_free(&self) -> bool {
        self.rate == 0
    }

    /// Takes as much of a piece as may go now (it may be nothing), which is then counted; the rest is kept.
    pub fn admit(&mut self, mut chunk: Chunk) -> Chunk {
        if self.rate == 0 {
            return chunk;
        }
        let now = clock::now();
        let allowed = if self.held_until(now).is_some() { 0 } else { self.allowance(now) };
        let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
        if chunk.len() > allowed {
            let admitted = chunk.split_to(allowed);
            self.rest = chunk.into_owned();
            chunk = admitted;
        }
        if !chunk.is_empty() {
            self.count(chunk.len() as u64, now);
        }
        chunk
    }

    /// Whether something was kept.
    pub fn keeps_rest(&self) -> bool {
        !self.rest.is_empty()
    }

    /// What was kept, if something was.
    pub fn take_rest(&mut self) -> Option<Chunk> {
        (!self.rest.is_empty()).then(|| std::mem::take(&mut self.rest))
    }

    /// Until when nothing more may go; `None`: some may.
    pub fn held_until(&self, now: Instant) -> Option<Instant> {
        if self.rate == 0 {
            return None;
        }
        if let Some(end) = self.pause_end.filter(|end| *end > now) {
            return Some(end);
        }
        let due = self.time_of(self.sent.saturating_sub(self.free) + 1);
        let end = self.started? + due.saturating_sub(Duration::from_secs(1));
        (self.allowance(now) == 0).then_some(end)
    }

    /// A second's worth may always go at once.
    fn allowance(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.started.unwrap_or(now)) + Duration::from_secs(1);
        let earned = u128::from(self.rate) * elapsed.as_millis() / 1000;
        u64::try_from(earned).unwrap_or(u64::MAX).saturating_add(self.free).saturating_sub(self.sent)
    }

    /// What goes over the free bytes is followed by a pause of the time that it may take.
    fn count(&mut self, bytes: u64, now: Instant) {
        self.started.get_or_insert(now);
        let before = self.sent.saturating_sub(self.free);
        self.sent += bytes;
        let limited = self.sent.saturating_sub(self.free) - before;
        self.pause_end = Some(now + self.time_of(limited));
    }

    fn time_of(&self, bytes: u64) -> Duration {
        Duration::from_millis(bytes.saturating_mul(1000).div_ceil(self.rate.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_bytes_goes_at_once_and_the_rest_waits() {
        let mut throttle = Throttle::new(1000, 200);
        let went = throttle.admit(Chunk::from(vec![0; 3000]));
        assert_eq!(went.len(), 1200);
        let held = throttle.held_until(clock::now()).map(|end| end.saturating_duration_since(clock::now()));
        assert!(
            held.is_some_and(|held| held > Duration::from_millis(900) && held <= Duration::from_secs(1)),
            "{held:?}"
        );
        assert_eq!(throttle.take_rest().map(|rest| rest.len()), Some(1800));
        assert_eq!(throttle.take_rest().map(|rest| rest.len()), None);
    }

    #[test]
    fn no_rate_is_no_limit() {
        let mut throttle = Throttle::new(0, 0);
        assert_eq!(throttle.admit(Chunk::from(vec![0; 1 << 20])).len(), 1 << 20);
        assert_eq!(throttle.held_until(clock::now()), None);
    }
}
