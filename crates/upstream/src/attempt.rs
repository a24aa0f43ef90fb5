//! One exchange's search for a peer: which were tried, how many tries are left, and the permit for the one in use.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use model::Trouble;
use smallvec::SmallVec;

use crate::balance::{Balancer, Cursor, View};
use crate::group::{Candidate, PeerSet};
use crate::permit::Permit;
use crate::retry::Trial;
use crate::tried::Tried;

/// What ties a client to a peer, for the rules that ask for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Affinity<'a> {
    /// The client's address; `None` where it has none (a Unix socket). Read by `ip_hash`.
    pub client: Option<IpAddr>,
    /// The value of the group's key. Read by `hash`; an empty one means: in turn.
    pub key: &'a [u8],
    /// The route, or the session, that the request names. Read by sticky groups; an empty one names none.
    pub route: &'a [u8],
}

/// The search for a peer for one exchange.
#[derive(Debug)]
pub struct Attempt {
    set: Rc<PeerSet>,
    tried: Tried,
    tries: u32,
    started: Instant,
    tier: usize,
    cursor: Cursor,
    /// The route that the request names, where the group has peers of it.
    bound: Option<usize>,
    /// Another try was not made since the group's budget is used up.
    broke: Cell<bool>,
}

impl Attempt {
    pub(crate) fn new(set: Rc<PeerSet>, affinity: Affinity<'_>, most_tries: u32, now: Instant) -> Self {
        let tries = set.roster.tries;
        if let Some(budget) = &set.roster.budget {
            budget.earn();
        }
        Self {
            tries: if most_tries == 0 { tries } else { tries.min(most_tries) },
            tried: Tried::default(),
            started: now,
            tier: 0,
            cursor: cursor(&set.roster.balancer, affinity),
            bound: set.roster.routes.as_ref().and_then(|routes| routes.find(affinity.route, now)),
            set,
            broke: Cell::new(false),
        }
    }

    /// The peer for the next try; `None`: none can be used ("no live upstreams").
    pub fn choose(&mut self, now: Instant) -> Option<Permit> {
        let time = self.set.milliseconds(now);
        let index = if self.set.roster.single { self.only() } else { self.pick(time) }?;
        self.tried.insert(index);
        Some(Permit::take(Rc::clone(&self.set), index, time))
    }

    /// A peer without others is used whatever happened to it.
    fn only(&self) -> Option<usize> {
        let only = self.set.candidate(0)?;
        let excluded = only.peer.down || (only.peer.drain && self.bound.is_none());
        (!excluded && only.health.has_room(only.peer) && !only.health.is_kept_out()).then_some(0)
    }

    fn pick(&mut self, now: u64) -> Option<usize> {
        let found = self.search(now);
        if found.is_none() && self.tried.is_empty() && self.set.roster.recovers && self.set.revive(now) {
            self.tier = 0;
            return self.search(now);
        }
        found
    }

    fn search(&mut self, now: u64) -> Option<usize> {
        let roster = &self.set.roster;
        loop {
            let tier = roster.tiers.get(self.tier)?;
            let view = View { set: &self.set, tier, tried: &self.tried, now };
            if let Some(bound) = self.bound_peer(&view) {
                roster.balancer.charge(&view, &bound, roster.routes.as_ref().is_some_and(|routes| routes.counts_fully));
                return Some(bound.index);
            }
            if self.bound.is_some() && roster.routes.as_ref().is_some_and(|routes| routes.strict) {
                return None;
            }
            let found = match self.tier {
                0 => roster.balancer.choose(&view, &mut self.cursor),
                _ => roster.balancer.choose_in_reserve(&view),
            };
            if let Some(found) = found {
                return Some(found.index);
            }
            // As nginx: an exchange that came to the backups stays with them.
            self.tier += 1;
        }
    }

    /// The peer that the request's route means.
    fn bound_peer<'a>(&self, view: &View<'a>) -> Option<Candidate<'a>> {
        let entry = self.bound?;
        let routes = view.set.roster.routes.as_ref()?;
        let mut peers = routes.peers(entry).filter_map(|index| view.set.candidate(index));
        peers.find(|candidate| {
            (routes.reaches_reserve || view.tier.range.contains(&candidate.index))
                && !self.tried.contains(candidate.index)
                && candidate.health.usable_when_bound(candidate.peer, view.now)
        })
    }

    /// Whether the present try follows the route that the request named.
    pub fn follows_route(&self, permit: &Permit) -> bool {
        let routes = self.set.roster.routes.as_ref();
        self.bound.zip(routes).is_some_and(|(entry, routes)| {
            let mut peers = routes.peers(entry).filter_map(|index| self.set.roster.peers.get(index));
            peers.next().is_some_and(|first| first.route == permit.peer().route)
        })
    }

    /// Gives back the permit of a try that failed, and counts the failure; true: the peer now rests for its
    /// `fail_timeout` (worth a line in the log). Ask [`crate::RetryRule::allows`] before.
    ///
    /// 403 and 404 never count as failures. A connection from the pool that broke costs no try: the peer may just have
    /// closed it.
    pub fn failed(&mut self, permit: Permit, trial: &Trial, now: Instant) -> bool {
        self.tries = self.tries_after(trial.trouble, trial.reused);
        permit.note_failure(trial.trouble);
        if matches!(trial.trouble, Trouble::Status(403 | 404)) {
            permit.succeeded(now);
            return false;
        }
        self.set.roster.counts(trial.trouble, trial.sent) && permit.count_failure(now)
    }

    /// Whether another try may still be made after one like this, as far as its group's budget goes; that is spent then. A
    /// connection from the pool that broke costs nothing.
    pub(crate) fn spend_retry(&self, trouble: Trouble, reused: bool) -> bool {
        let free = reused && trouble == Trouble::Error;
        let may = free || self.set.roster.budget.as_ref().is_none_or(|budget| budget.spend());
        self.broke.set(!may);
        may
    }

    /// Whether another try was not made since the group's budget is used up.
    pub fn is_broke(&self) -> bool {
        self.broke.get()
    }

    /// Tries that are left once the present one has failed like this.
    pub(crate) fn tries_after(&self, trouble: Trouble, reused: bool) -> u32 {
        let free = reused && trouble == Trouble::Error;
        self.tries.saturating_sub(u32::from(!free))
    }

    pub(crate) fn set(&self) -> &Rc<PeerSet> {
        &self.set
    }

    /// Whether a request may wait where no peer can be used.
    pub fn may_wait(&self) -> bool {
        self.set.roster.queue.is_some()
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
        Balancer::RoundRobin
        | Balancer::LeastConnections
        | Balancer::LeastBusy
        | Balancer::LeastTraffic
        | Balancer::LeastTime(_) => Cursor::Turns,
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

#[cfg(test)]
mod tests;
