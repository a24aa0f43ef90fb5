//! Idle connections of one worker to the peers of one group: `keepalive` and its kin.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use model::IdlePool;
use protocol::{Carrier, gateway};

use crate::sweeper::{Sweep, Sweeper};

/// A connection that can wait for another exchange.
pub trait Reusable {
    /// Whether it must not be used again: the peer closed it, or sent something that nobody asked for. Makes no system
    /// call.
    fn is_stale(&mut self) -> bool;
}

impl Reusable for Carrier {
    fn is_stale(&mut self) -> bool {
        match self {
            Self::Connection(connection) => !connection.reusable(),
            Self::Gateway(connection) => !connection.reusable(),
            // It is one exchange's; what waits for others is its connection.
            Self::Stream(_) => true,
        }
    }
}

/// A connection, with what decides how long it may still be used.
#[derive(Debug)]
pub struct Pooled<C = Carrier> {
    /// The connection.
    pub connection: C,
    requests: u64,
    opened: Instant,
}

impl<C> Pooled<C> {
    /// A connection that was just opened.
    pub fn new(connection: C, now: Instant) -> Self {
        Self::used(connection, 0, now)
    }

    /// One that was opened before and carried so many exchanges.
    pub(crate) fn used(connection: C, requests: u64, opened: Instant) -> Self {
        Self { connection, requests, opened }
    }

    /// Whether it carried an exchange before: then its breaking costs no try.
    pub fn is_reused(&self) -> bool {
        self.requests > 0
    }
}

/// What keeps connections to one peer apart that must not stand in for each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Class {
    /// Of different places (`keepalive … local`), or from different local addresses.
    pub place: u64,
    /// The [`crate::Connector`] that secured them; 0: they are not secured.
    pub secured: u64,
    /// What is spoken.
    pub speech: Speech,
}

/// What is spoken to servers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Speech {
    /// HTTP/1.
    #[default]
    Http1,
    /// HTTP/2.
    Http2,
    /// A protocol of programs.
    Gateway(gateway::Protocol),
}

/// The idle connections, by peer; the one used last is handed out first.
pub struct Pool<C = Carrier> {
    rules: IdlePool,
    idle: RefCell<Idle<C>>,
    sweeper: Rc<Sweeper>,
}

struct Idle<C> {
    /// By slot; in each the oldest comes first.
    slots: Vec<VecDeque<Entry<C>>>,
    count: usize,
}

struct Entry<C> {
    pooled: Pooled<C>,
    class: Class,
    since: Instant,
    /// From when on it is not used any more.
    until: Instant,
}

impl<C: Reusable + 'static> Pool<C> {
    /// An empty pool. Its idle connections are closed in time while the sweeper runs.
    pub fn new(rules: IdlePool, sweeper: &Rc<Sweeper>) -> Rc<Self> {
        let idle = RefCell::new(Idle { slots: Vec::new(), count: 0 });
        let pool = Rc::new(Self { rules, idle, sweeper: Rc::clone(sweeper) });
        sweeper.register(Rc::<Self>::downgrade(&pool));
        pool
    }

    /// The connection to this slot and class that was used last and is still good.
    pub fn checkout(&self, slot: usize, class: Class, now: Instant) -> Option<Pooled<C>> {
        let mut idle = self.idle.borrow_mut();
        loop {
            let mut entry = idle.take(slot, class)?;
            if now < entry.until && !entry.pooled.connection.is_stale() {
                return Some(entry.pooled);
            }
        }
    }

    /// Keeps a connection after an exchange, unless it is spent. The one idle for longest makes room.
    pub fn checkin(&self, slot: usize, class: Class, mut pooled: Pooled<C>, now: Instant) {
        pooled.requests += 1;
        let spent = pooled.requests >= self.rules.requests
            || pooled.opened.checked_add(self.rules.time).is_some_and(|end| end < now)
            || pooled.connection.is_stale();
        if spent || self.rules.size == 0 || self.sweeper.is_draining() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if idle.count >= usize::try_from(self.rules.size).unwrap_or(usize::MAX) {
            idle.drop_oldest();
        }
        idle.put(slot, Entry { pooled, class, since: now, until: now + self.rules.timeout });
        self.sweeper.wake();
    }

    /// Closes all.
    pub fn clear(&self) {
        let mut idle = self.idle.borrow_mut();
        idle.slots.clear();
        idle.count = 0;
    }

    /// How many connections are idle.
    pub fn len(&self) -> usize {
        self.idle.borrow().count
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<C> Idle<C> {
    fn put(&mut self, slot: usize, entry: Entry<C>) {
        if slot >= self.slots.len() {
            self.slots.resize_with(slot + 1, VecDeque::new);
        }
        if let Some(entries) = self.slots.get_mut(slot) {
            entries.push_back(entry);
            self.count += 1;
        }
    }

    fn take(&mut self, slot: usize, class: Class) -> Option<Entry<C>> {
        let entries = self.slots.get_mut(slot)?;
        let last = entries.back()?;
        let entry = if last.class == class {
            entries.pop_back()
        } else {
            let place = entries.iter().rposition(|entry| entry.class == class)?;
            entries.remove(place)
        };
        self.count -= usize::from(entry.is_some());
        entry
    }

    fn drop_oldest(&mut self) {
        let fronts = self.slots.iter_mut().filter(|entries| !entries.is_empty());
        let oldest = fronts.min_by_key(|entries| entries.front().map(|entry| entry.since));
        if oldest.and_then(VecDeque::pop_front).is_some() {
            self.count -= 1;
        }
    }
}

impl<C: Reusable + 'static> Sweep for Pool<C> {
    fn sweep(&self, now: Instant) -> Option<Instant> {
        let mut idle = self.idle.borrow_mut();
        let mut kept = 0;
        let mut next: Option<Instant> = None;
        for entries in &mut idle.slots {
            entries.retain_mut(|entry| now < entry.until && !entry.pooled.connection.is_stale());
            kept += entries.len();
            if let Some(oldest) = entries.front() {
                next = Some(next.map_or(oldest.until, |next| next.min(oldest.until)));
            }
        }
        idle.count = kept;
        next
    }

    fn clear(&self) {
        Self::clear(self);
    }
}

#[cfg(test)]
mod tests;
