//! What is known of a peer while it runs: connections in use, failures, its turn, and how it answered.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::peer::Peer;

/// State of one peer. Health goes by nginx's rules (`max_fails`, `fail_timeout`). Times are milliseconds since the roster's
/// epoch. Counters of a peer may be off by one for a moment where workers share them: no decision needs more.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Health {
    connections: AtomicU32,
    fails: AtomicU32,
    /// When it last failed.
    accessed: AtomicU64,
    /// When it last failed, or was first tried again after a rest.
    checked: AtomicU64,
    /// Its place in the smooth weighted round robin.
    current: AtomicI64,
    /// What its weight lacks: more after failures, less with each choice.
    lost: AtomicI64,
    /// Average time until heads of its answers were there, in milliseconds; 0: unknown.
    head_time: AtomicU32,
    /// Average time until its answers were there.
    whole_time: AtomicU32,
    /// Why it is out of use though it did not fail: [`UNWELL`], [`UNKNOWN`], [`EJECTED`].
    verdict: AtomicU32,
    /// When its weight began to come back (`slow_start`); 0: it is whole.
    warming_since: AtomicU64,
}

/// Its own answers say that it is not well.
const UNWELL: u32 = 1;
/// None has said yet that it is.
const UNKNOWN: u32 = 1 << 1;
/// It does much worse than the others.
const EJECTED: u32 = 1 << 2;

impl Health {
    pub(crate) fn of_peers(count: usize) -> Box<[Self]> {
        (0..count).map(|_| Self::default()).collect()
    }

    /// `unwell`: it is not used before its first good answer.
    pub(crate) fn waiting(unwell: bool) -> Self {
        let verdict = if unwell { UNWELL | UNKNOWN } else { 0 };
        Self { verdict: AtomicU32::new(verdict), ..Self::default() }
    }

    pub(crate) fn connections(&self) -> u32 {
        self.connections.load(Relaxed)
    }

    /// `shared`: other workers count here too. One's own counter needs no locked instruction.
    pub(crate) fn enter(&self, shared: bool) {
        if shared {
            self.connections.fetch_add(1, Relaxed);
        } else {
            self.connections.store(self.connections().wrapping_add(1), Relaxed);
        }
    }

    pub(crate) fn leave(&self, shared: bool) {
        if shared {
            self.connections.fetch_sub(1, Relaxed);
        } else {
            self.connections.store(self.connections().wrapping_sub(1), Relaxed);
        }
    }

    /// Whether it may be chosen: it neither rests after failures nor is at its limit of connections, nor is out of use.
    pub(crate) fn usable(&self, peer: &Peer, now: u64) -> bool {
        !peer.drain && self.usable_when_bound(peer, now)
    }

    /// Whether clients that are bound to it may use it.
    pub(crate) fn usable_when_bound(&self, peer: &Peer, now: u64) -> bool {
        self.in_service(peer, now) && self.has_room(peer)
    }

    /// Whether it could be used if there were room.
    pub(crate) fn in_service(&self, peer: &Peer, now: u64) -> bool {
        !peer.down && !self.resting(peer, now) && !self.is_kept_out()
    }

    /// Whether it is out of use though it did not fail.
    pub(crate) fn is_kept_out(&self) -> bool {
        self.verdict.load(Relaxed) != 0
    }

    /// Whether its own answers do not say that it is well.
    pub(crate) fn is_unwell(&self) -> bool {
        self.verdict.load(Relaxed) & UNWELL != 0
    }

    /// Whether it was not asked yet, and must be before it is used.
    pub(crate) fn is_unknown(&self) -> bool {
        self.verdict.load(Relaxed) & UNKNOWN != 0
    }

    /// Notes what probes say of it; true: that is news. A peer that is well again comes back little by little.
    pub(crate) fn set_unwell(&self, unwell: bool, peer: &Peer, now: u64) -> bool {
        self.judge(UNWELL | UNKNOWN, if unwell { UNWELL } else { 0 }, peer, now)
    }

    /// It does much worse than the others, or is to be tried again; true: that is news.
    pub(crate) fn eject(&self, out: bool, peer: &Peer, now: u64) -> bool {
        self.judge(EJECTED, if out { EJECTED } else { 0 }, peer, now)
    }

    fn judge(&self, of: u32, verdict: u32, peer: &Peer, now: u64) -> bool {
        let changed = |before: u32| Some(before & !of | verdict);
        let before = self.verdict.try_update(Relaxed, Relaxed, changed).unwrap_or_else(|before| before);
        if before != 0 && before & !of | verdict == 0 && peer.slow_start > 0 {
            self.warming_since.store(now.max(1), Relaxed);
        }
        (before & of & !UNKNOWN) != verdict
    }

    pub(crate) fn has_room(&self, peer: &Peer) -> bool {
        peer.max_connections == 0 || self.connections() < peer.max_connections
    }

    pub(crate) fn resting(&self, peer: &Peer, now: u64) -> bool {
        peer.max_fails != 0
            && self.fails.load(Relaxed) >= peer.max_fails
            && now.saturating_sub(self.checked.load(Relaxed)) <= peer.fail_timeout
    }

    /// It was chosen. After a rest this starts the one trial that decides whether it is back.
    pub(crate) fn chosen(&self, peer: &Peer, now: u64) {
        if self.since_checked(now) > peer.fail_timeout {
            self.checked.store(now, Relaxed);
        }
    }

    /// How long ago it failed, or was tried again.
    pub(crate) fn since_checked(&self, now: u64) -> u64 {
        now.saturating_sub(self.checked.load(Relaxed))
    }

    /// Counts a failure; whether the peer rests from now on.
    pub(crate) fn failed(&self, peer: &Peer, now: u64) -> bool {
        let fails = self.fails.load(Relaxed).saturating_add(1);
        self.fails.store(fails, Relaxed);
        self.accessed.store(now, Relaxed);
        self.checked.store(now, Relaxed);
        peer.max_fails != 0 && fails >= peer.max_fails
    }

    /// Forgets failures once a trial that began after the last of them went well; true: it rested for them.
    pub(crate) fn succeeded(&self, peer: &Peer, now: u64) -> bool {
        let fails = self.fails.load(Relaxed);
        if fails == 0 || self.accessed.load(Relaxed) >= self.checked.load(Relaxed) {
            return false;
        }
        self.fails.store(0, Relaxed);
        let rested = peer.max_fails != 0 && fails >= peer.max_fails;
        if rested && peer.slow_start > 0 {
            self.warming_since.store(now.max(1), Relaxed);
        }
        rested
    }

    /// Forgets all failures.
    pub(crate) fn forgive(&self) {
        self.fails.store(0, Relaxed);
    }

    /// What it owes or is owed in the round robin.
    pub(crate) fn current(&self) -> i64 {
        self.current.load(Relaxed)
    }

    /// Changes that; the new value.
    pub(crate) fn add_current(&self, change: i64, shared: bool) -> i64 {
        if shared {
            return self.current.fetch_add(change, Relaxed).wrapping_add(change);
        }
        let next = self.current().wrapping_add(change);
        self.current.store(next, Relaxed);
        next
    }

    /// Its weight as it counts now: less after failures and while it warms up.
    pub(crate) fn effective_weight(&self, peer: &Peer, now: u64) -> i64 {
        let weight = self.warm_weight(peer, now);
        weight.saturating_sub(self.lost.load(Relaxed)).max(0)
    }

    fn warm_weight(&self, peer: &Peer, now: u64) -> i64 {
        let weight = i64::from(peer.weight);
        if peer.slow_start == 0 {
            return weight;
        }
        let since = self.warming_since.load(Relaxed);
        let warm = now.saturating_sub(since);
        if since == 0 || warm >= peer.slow_start {
            return weight;
        }
        let share = u128::from(peer.weight) * u128::from(warm) / u128::from(peer.slow_start);
        i64::try_from(share).unwrap_or(weight)
    }

    /// Gives back some of the weight that failures took.
    pub(crate) fn regain(&self, step: u32) {
        let lost = self.lost.load(Relaxed);
        if lost > 0 {
            self.lost.store(lost.saturating_sub(i64::from(step)).max(0), Relaxed);
        }
    }

    /// A failure takes some of the weight, all of it at most.
    pub(crate) fn lose(&self, peer: &Peer, loss: u32) {
        let lost = self.lost.load(Relaxed).saturating_add(i64::from(loss));
        self.lost.store(lost.min(i64::from(peer.weight)), Relaxed);
    }

    /// The average time to answer; 0: unknown.
    pub(crate) fn time(&self, whole: bool) -> u32 {
        if whole { self.whole_time.load(Relaxed) } else { self.head_time.load(Relaxed) }
    }

    /// Counts one more time to answer.
    pub(crate) fn add_time(&self, whole: bool, time: u64) {
        let average = if whole { &self.whole_time } else { &self.head_time };
        average.store(blend(average.load(Relaxed), time), Relaxed);
    }
}

/// A moving average in which the newest value weighs a twentieth, rounded; the first value stands alone.
pub(crate) fn blend(average: u32, value: u64) -> u32 {
    let value = u32::try_from(value).unwrap_or(u32::MAX);
    if average == 0 {
        return value;
    }
    let sum = u64::from(value) + u64::from(average) * 19 + 10;
    u32::try_from(sum / 20).unwrap_or(u32::MAX)
}
