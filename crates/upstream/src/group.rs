//! A worker's own view of a group: its turns, its peers' state, its idle connections.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use protocol::Carrier;
use tokio::sync::Notify;

use crate::attempt::{Affinity, Attempt};
use crate::connect::Connected;
use crate::health::Health;
use crate::ledger::Ledger;
use crate::live::Live;
use crate::multiplexed::Multiplexed;
use crate::peer::Peer;
use crate::permit::{PeerName, Permit};
use crate::pool::{Class, Pool, Pooled, Reusable, Speech};
use crate::roster::{Roster, Shared};
use crate::sweeper::{Sweep as _, Sweeper};

/// One worker's view of a group. The cursors and idle connections are the worker's own; the peers' state is shared with
/// the other workers where the group has a `zone`.
pub struct Group<C: Reusable = Carrier> {
    peers: RefCell<Rc<PeerSet>>,
    /// Where its peers come from if they may change.
    live: Option<Arc<Live>>,
    pool: Option<Rc<Pool<C>>>,
    multiplexed: Option<Rc<Multiplexed>>,
}

impl<C: Reusable + 'static> Group<C> {
    /// A view of `roster` whose idle connections `sweeper` closes in time.
    pub fn new(roster: Arc<Roster>, sweeper: &Rc<Sweeper>) -> Self {
        let pool = roster.idle.as_ref().filter(|idle| idle.size > 0);
        let multiplexed = pool.map(|idle| Multiplexed::new(idle.clone(), sweeper));
        let pool = pool.map(|idle| Pool::new(idle.clone(), sweeper));
        Self { peers: RefCell::new(PeerSet::new(roster)), live: None, pool, multiplexed }
    }

    /// The same of a group whose peers may change.
    pub fn following(live: Arc<Live>, sweeper: &Rc<Sweeper>) -> Self {
        let roster = Arc::clone(&live.current());
        Self { live: Some(live), ..Self::new(roster, sweeper) }
    }

    /// Takes over the peers that names stand for by now.
    fn follow(&self, live: &Live) {
        let current = live.current();
        if !Arc::ptr_eq(&current, &self.peers.borrow().roster) {
            self.replace(Arc::clone(&current));
        }
    }

    /// Somebody needs a name that is looked for: it is looked for again soon.
    pub fn seek(&self) {
        if let Some(live) = &self.live {
            live.wanted.notify_waiters();
        }
    }

    /// What it was made of: its name (`$upstream_addr` when no peer can be used), its peers, its pool's rules.
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.peers.borrow().roster)
    }

    /// Its name, in the place of a peer's.
    pub fn name(&self) -> PeerName {
        PeerName::of_group(Rc::clone(&self.peers.borrow()))
    }

    /// Starts the search for a peer for one exchange. `most_tries` is `proxy_next_upstream_tries`; 0: no limit.
    pub fn attempt(&self, affinity: Affinity<'_>, most_tries: u32, now: Instant) -> Attempt {
        if let Some(live) = &self.live {
            self.follow(live);
        }
        Attempt::new(Rc::clone(&self.peers.borrow()), affinity, most_tries, now)
    }

    /// An idle connection to the permit's peer. `class` keeps apart what must not be shared.
    pub fn checkout(&self, permit: &Permit, class: Class, now: Instant) -> Option<Pooled<C>> {
        let pool = self.pool.as_ref()?;
        if !self.is_current(permit) {
            return None;
        }
        pool.checkout(permit.peer().slot, class, now)
    }

    /// Keeps a connection for another exchange, or closes it if the rules say so. Only a connection whose exchange ended
    /// well and whole belongs here.
    pub fn checkin(&self, permit: &Permit, class: Class, pooled: Pooled<C>, now: Instant) {
        if let Some(pool) = self.pool.as_ref().filter(|_| self.is_current(permit)) {
            pool.checkin(permit.peer().slot, class, pooled, now);
        }
    }

    /// Puts other peers in the place of the present ones (a name resolved anew). Exchanges under way keep the old ones.
    pub fn replace(&self, roster: Arc<Roster>) {
        if let Some(pool) = &self.pool {
            pool.clear();
        }
        if let Some(multiplexed) = &self.multiplexed {
            multiplexed.clear();
        }
        *self.peers.borrow_mut() = PeerSet::new(roster);
    }

    /// How many idle connections are held.
    pub fn idle_connections(&self) -> usize {
        let alone = self.pool.as_ref().map_or(0, |pool| pool.len());
        alone + self.multiplexed.as_ref().map_or(0, |multiplexed| multiplexed.idle())
    }

    fn is_current(&self, permit: &Permit) -> bool {
        Rc::ptr_eq(&self.peers.borrow(), permit.set())
    }
}

impl Group {
    /// What carries an exchange to the permit's peer, if a connection to it is there: an idle one, or one that has room for
    /// another stream. `class` keeps apart what must not be shared.
    pub fn carrier(&self, permit: &Permit, class: Class, now: Instant) -> Option<Pooled> {
        if class.speech != Speech::Http2 {
            return self.checkout(permit, class, now);
        }
        let multiplexed = self.multiplexed.as_ref().filter(|_| self.is_current(permit))?;
        multiplexed.stream(permit.peer().slot, class, now)
    }

    /// Begins the first exchange of a connection that was just made.
    pub fn first(&self, permit: &Permit, class: Class, connected: Connected, now: Instant) -> Pooled {
        match connected {
            Connected::Alone(connection) => Pooled::new(Carrier::Connection(connection), now),
            Connected::Gateway(connection) => Pooled::new(Carrier::Gateway(connection), now),
            Connected::Shared(connection) => {
                let stream = connection.stream();
                if let Some(multiplexed) = self.multiplexed.as_ref().filter(|_| self.is_current(permit)) {
                    multiplexed.keep(permit.peer().slot, class, connection, now);
                }
                Pooled::new(Carrier::Stream(Box::new(stream)), now)
            }
        }
    }
}

/// The peers of one roster as one worker uses them.
#[derive(Debug)]
pub(crate) struct PeerSet {
    pub(crate) roster: Arc<Roster>,
    own: Box<[Health]>,
    ledgers: Box<[Ledger]>,
    random: Cell<u64>,
    /// Requests that wait for a peer.
    pub(crate) waiting: Cell<u32>,
    pub(crate) freed: Notify,
}

/// One peer with all that a choice needs.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) index: usize,
    pub(crate) peer: &'a Peer,
    pub(crate) health: &'a Health,
}

impl PeerSet {
    fn new(roster: Arc<Roster>) -> Rc<Self> {
        let own = if roster.shared.is_some() { 0 } else { roster.peers.len() };
        let ledgers = if roster.keeps_ledgers() { own } else { 0 };
        Rc::new(Self {
            own: Health::of_peers(own),
            ledgers: (0..ledgers).map(|_| Ledger::default()).collect(),
            random: Cell::new(seed()),
            waiting: Cell::new(0),
            freed: Notify::new(),
            roster,
        })
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.roster.shared.is_some()
    }

    fn health(&self, index: usize) -> Option<&Health> {
        match &self.roster.shared {
            Some(shared) => shared.get(index).map(|state| &state.health),
            None => self.own.get(index),
        }
    }

    /// What only some rules know of a peer.
    pub(crate) fn ledger(&self, index: usize) -> Option<&Ledger> {
        match &self.roster.shared {
            Some(shared) => shared.get(index).and_then(|state| state.ledger.as_ref()),
            None => self.ledgers.get(index),
        }
    }

    /// What workers share of a peer, where anything is to be told of it.
    pub(crate) fn observed(&self, index: usize) -> Option<&Shared> {
        self.roster.shared.as_ref()?.get(index).map(|state| &**state)
    }

    pub(crate) fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        (0..self.roster.peers.len()).filter_map(|index| self.candidate(index))
    }

    pub(crate) fn candidate(&self, index: usize) -> Option<Candidate<'_>> {
        let peer = self.roster.peers.get(index)?;
        Some(Candidate { index, peer, health: self.health(index)? })
    }

    /// If all peers rest after failures, forgets these; whether it did.
    pub(crate) fn revive(&self, now: u64) -> bool {
        let all = self.candidates().all(|candidate| candidate.health.resting(candidate.peer, now));
        if all {
            self.candidates().for_each(|candidate| candidate.health.forgive());
        }
        all
    }

    pub(crate) fn milliseconds(&self, now: Instant) -> u64 {
        self.roster.milliseconds(now)
    }

    /// The next pseudo-random number (xorshift64): balancing needs an even spread, not secrecy.
    pub(crate) fn random(&self) -> u64 {
        let mut state = self.random.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.set(state);
        state
    }
}

/// Workers must not draw the same numbers: the standard library's hash keys differ with each use.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0_u8) | 1
}
