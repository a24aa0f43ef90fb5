//! One exchange's search for a peer: which were tried, how many tries are left, and the permit for the one in use.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use model::Trouble;
use smallvec::SmallVec;

use crate::balance::{Balancer, Cursor, View};
use crate::group::PeerSet;
use crate::peer::Peer;
use crate::tried::Tried;

/// What ties a client to a peer, for the rules that ask for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Affinity<'a> {
    /// The client's address; `None` where it has none (a Unix socket). Read by `ip_hash`.
    pub client: Option<IpAddr>,
    /// The value of the group's key. Read by `hash`; an empty one means: in turn.
    pub key: &'a [u8],
}

/// The search for a peer for one exchange.
#[derive(Debug)]
pub struct Attempt {
    set: Rc<PeerSet>,
    tried: Tried,
    tries: u32,
    started: Instant,
    on_backups: bool,
    cursor: Cursor,
}

impl Attempt {
    pub(crate) fn new(set: Rc<PeerSet>, affinity: Affinity<'_>, most_tries: u32, now: Instant) -> Self {
        let tries = set.roster.primaries.tries + set.roster.backups.tries;
        Self {
            tries: if most_tries == 0 { tries } else { tries.min(most_tries) },
            tried: Tried::default(),
            started: now,
            on_backups: false,
            cursor: cursor(&set.roster.balancer, affinity),
            set,
        }
    }

    /// The peer for the next try; `None`: none can be used ("no live upstreams").
    pub fn choose(&mut self, now: Instant) -> Option<Permit> {
        let time = self.set.milliseconds(now);
        let index = if self.set.roster.single { self.only() } else { self.pick(time) }?;
        let candidate = self.set.candidate(index)?;
        candidate.health.chosen(candidate.peer, time);
        candidate.health.enter(self.set.is_shared());
        self.tried.insert(index);
        Some(Permit { set: Rc::clone(&self.set), index })
    }

    /// A peer without others is used whatever happened to it.
    fn only(&self) -> Option<usize> {
        let only = self.set.candidate(0)?;
        (!only.peer.down && only.health.has_room(only.peer)).then_some(0)
    }

    fn pick(&mut self, now: u64) -> Option<usize> {
        let roster = &self.set.roster;
        if !self.on_backups {
            let view = View { set: &self.set, tier: &roster.primaries, tried: &self.tried, now };
            if let Some(found) = roster.balancer.choose(&view, &mut self.cursor) {
                return Some(found.index);
            }
            // As nginx: an exchange that came to the backups stays with them.
            self.on_backups = !roster.backups.range.is_empty();
        }
        let view = View { set: &self.set, tier: &roster.backups, tried: &self.tried, now };
        roster.balancer.choose_backup(&view).map(|found| found.index)
    }

    /// Gives back the permit of a try that failed, and counts the failure; true: the peer now rests for its
    /// `fail_timeout` (worth a line in the log). Ask [`crate::RetryRule::allows`] before.
    ///
    /// 403 and 404 never count as failures. A connection from the pool that broke costs no try: the peer may just have
    /// closed it.
    pub fn failed(&mut self, permit: Permit, trouble: Trouble, reused: bool, now: Instant) -> bool {
        self.tries = self.tries_after(trouble, reused);
        if matches!(trouble, Trouble::Status(403 | 404)) {
            permit.succeeded();
            return false;
        }
        permit.failed(now)
    }

    /// Tries that are left once the present one has failed like this.
    pub(crate) fn tries_after(&self, trouble: Trouble, reused: bool) -> u32 {
        let free = reused && trouble == Trouble::Error;
        self.tries.saturating_sub(u32::from(!free))
    }

    /// How long the search has taken.
    pub fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }
}

fn cursor(balancer: &Balancer, affinity: Affinity<'_>) -> Cursor {
    match balancer {
        Balancer::ClientAddress => Cursor::Address { octets: octets(affinity.client), hash: 89, tries: 0 },
        Balancer::Key | Balancer::Ring(_) if affinity.key.is_empty() => Cursor::Turns,
        Balancer::Key => Cursor::Key { key: SmallVec::from_slice(affinity.key), hash: 0, rehash: 0, tries: 0 },
        Balancer::Ring(ring) => Cursor::Ring { point: ring.point(affinity.key), tries: 0 },
        Balancer::Random { .. } => Cursor::Random { tries: 0 },
        Balancer::RoundRobin | Balancer::LeastConnections => Cursor::Turns,
    }
}

/// `ip_hash`: the network of an IPv4 client, the whole of an IPv6 address; clients without an address are one.
fn octets(client: Option<IpAddr>) -> SmallVec<[u8; 16]> {
    match client {
        Some(IpAddr::V4(address)) => address.octets().into_iter().take(3).collect(),
        Some(IpAddr::V6(address)) => SmallVec::from_slice(&address.octets()),
        None => SmallVec::from_slice(&[0; 3]),
    }
}

/// The use of one peer; it counts as a connection of the peer until it is dropped.
#[derive(Debug)]
pub struct Permit {
    set: Rc<PeerSet>,
    index: usize,
}

impl Permit {
    /// The peer.
    pub fn peer(&self) -> &Peer {
        // The index was found in this very list, which never changes.
        self.set.roster.peers.get(self.index).unwrap_or_else(|| unreachable!("a permit is for a peer of its set"))
    }

    /// The exchange ended as it should: if the peer was on trial after failures, they are forgotten. (A permit that
    /// is only dropped says nothing of its peer.)
    pub fn succeeded(self) {
        if let Some(candidate) = self.set.candidate(self.index).filter(|_| !self.set.roster.single) {
            candidate.health.succeeded();
        }
    }

    /// Counts a failure; true: the peer now rests.
    fn failed(self, now: Instant) -> bool {
        let Some(candidate) = self.set.candidate(self.index).filter(|_| !self.set.roster.single) else {
            return false;
        };
        let peer = candidate.peer;
        if let Some(loss) = peer.weight.checked_div(peer.max_fails) {
            let effective = candidate.turn.effective.get() - i64::from(loss);
            candidate.turn.effective.set(effective.max(0));
        }
        candidate.health.failed(peer, self.set.milliseconds(now))
    }

    pub(crate) fn set(&self) -> &Rc<PeerSet> {
        &self.set
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(candidate) = self.set.candidate(self.index) {
            candidate.health.leave(self.set.is_shared());
        }
    }
}

#[cfg(test)]
mod tests;
