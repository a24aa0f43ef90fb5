//! Connections of one worker that many exchanges share as streams, to the peers of one group: `keepalive` and its kin.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use model::IdlePool;
use protocol::Carrier;
use protocol::h2::ClientConnection;

use crate::pool::{Class, Pooled};
use crate::sweeper::{Sweep, Sweeper};

/// The connections, in the order in which they were made: those that came first are filled first.
pub(crate) struct Multiplexed {
    rules: IdlePool,
    open: RefCell<Vec<Entry>>,
    sweeper: Rc<Sweeper>,
}

struct Entry {
    slot: usize,
    class: Class,
    connection: ClientConnection,
    /// Exchanges that it carries or carried.
    requests: u64,
    opened: Instant,
}

impl Multiplexed {
    /// None yet. Those that are idle are closed in time while the sweeper runs.
    pub(crate) fn new(rules: IdlePool, sweeper: &Rc<Sweeper>) -> Rc<Self> {
        let pool = Rc::new(Self { rules, open: RefCell::default(), sweeper: Rc::clone(sweeper) });
        sweeper.register(Rc::<Self>::downgrade(&pool));
        pool
    }

    /// A stream of a connection that has room for it.
    pub(crate) fn stream(&self, slot: usize, class: Class, now: Instant) -> Option<Pooled<Carrier>> {
        let mut open = self.open.borrow_mut();
        loop {
            let index = open
                .iter()
                .position(|entry| entry.slot == slot && entry.class == class && entry.connection.has_room())?;
            let entry = open.get_mut(index).filter(|entry| entry.is_good(&self.rules, now));
            let Some(entry) = entry else {
                open.remove(index);
                continue;
            };
            let carrier = Carrier::Stream(Box::new(entry.connection.stream()));
            let pooled = Pooled::used(carrier, entry.requests, entry.opened);
            entry.requests += 1;
            if entry.requests >= self.rules.requests {
                open.remove(index);
            }
            return Some(pooled);
        }
    }

    /// Keeps a connection whose first exchange begins.
    pub(crate) fn keep(&self, slot: usize, class: Class, connection: ClientConnection, now: Instant) {
        if self.rules.requests <= 1 || self.sweeper.is_draining() {
            return;
        }
        self.open.borrow_mut().push(Entry { slot, class, connection, requests: 1, opened: now });
        self.sweeper.wake();
    }

    /// How many connections carry nothing.
    pub(crate) fn idle(&self) -> usize {
        self.open.borrow().iter().filter(|entry| entry.connection.idle_since().is_some()).count()
    }
}

impl Entry {
    /// Whether it may carry another exchange.
    fn is_good(&self, rules: &IdlePool, now: Instant) -> bool {
        let old = self.opened.checked_add(rules.time).is_some_and(|end| end < now);
        let expired = self.connection.idle_since().is_some_and(|since| since + rules.timeout <= now);
        !old && !expired && self.connection.is_good()
    }
}

impl Sweep for Multiplexed {
    fn sweep(&self, now: Instant) -> Option<Instant> {
        let mut open = self.open.borrow_mut();
        open.retain(|entry| entry.is_good(&self.rules, now));
        let idle = open.iter().filter(|entry| entry.connection.idle_since().is_some()).count();
        let mut spare = idle.saturating_sub(usize::try_from(self.rules.size).unwrap_or(usize::MAX));
        // The youngest go: new streams are opened on the eldest.
        for index in (0..open.len()).rev() {
            let is_idle = open.get(index).is_some_and(|entry| entry.connection.idle_since().is_some());
            if spare > 0 && is_idle {
                open.remove(index);
                spare -= 1;
            }
        }
        // Those that are at work may be idle any time.
        let due = open.iter().map(|entry| entry.connection.idle_since().unwrap_or(now) + self.rules.timeout);
        due.min()
    }

    fn clear(&self) {
        self.open.borrow_mut().clear();
    }
}
