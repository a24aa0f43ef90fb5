//! What is known of a peer while it runs: connections in use, failures, and when it was last tried.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::peer::Peer;

/// Passive health of one peer, by nginx's rules (`max_fails`, `fail_timeout`). Times are milliseconds since the roster's
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
}

impl Health {
    pub(crate) fn of_peers(count: usize) -> Box<[Self]> {
        (0..count).map(|_| Self::default()).collect()
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

    /// Neither resting after failures nor at its `max_conns`, nor `down`.
    pub(crate) fn usable(&self, peer: &Peer, now: u64) -> bool {
        !peer.down && !self.resting(peer, now) && self.has_room(peer)
    }

    pub(crate) fn has_room(&self, peer: &Peer) -> bool {
        peer.max_connections == 0 || self.connections() < peer.max_connections
    }

    fn resting(&self, peer: &Peer, now: u64) -> bool {
        peer.max_fails != 0
            && self.fails.load(Relaxed) >= peer.max_fails
            && now.saturating_sub(self.checked.load(Relaxed)) <= peer.fail_timeout
    }

    /// It was chosen. After a rest this starts the one trial that decides whether it is back.
    pub(crate) fn chosen(&self, peer: &Peer, now: u64) {
        if now.saturating_sub(self.checked.load(Relaxed)) > peer.fail_timeout {
            self.checked.store(now, Relaxed);
        }
    }

    /// Counts a failure; whether the peer rests from now on.
    pub(crate) fn failed(&self, peer: &Peer, now: u64) -> bool {
        let fails = self.fails.load(Relaxed).saturating_add(1);
        self.fails.store(fails, Relaxed);
        self.accessed.store(now, Relaxed);
        self.checked.store(now, Relaxed);
        peer.max_fails != 0 && fails >= peer.max_fails
    }

    /// Forgets failures once a trial that began after the last of them went well.
    pub(crate) fn succeeded(&self) {
        if self.fails.load(Relaxed) != 0 && self.accessed.load(Relaxed) < self.checked.load(Relaxed) {
            self.fails.store(0, Relaxed);
        }
    }
}
