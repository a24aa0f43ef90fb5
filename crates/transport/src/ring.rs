//! Sockets, listeners and files on the worker's `io_uring`.

mod connection;
mod listener;
mod operation;
mod socket;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use slab::Slab;

use crate::kernel::{Completion, Pools, Request, Ring};

use connection::Connection;
use listener::Acceptor;
use operation::Operation;

pub(crate) use listener::Listener;
pub(crate) use operation::operate;
pub(crate) use socket::Socket;

/// Times that something was added to what is to be submitted, after which the turn's end is not waited for.
const EARLY: usize = 64;
/// Times the kernel is asked to end what is under way before the buffers are given up.
const CLOSING_ROUNDS: u32 = 500;
/// How long each of these waits at most.
const CLOSING_ROUND: Duration = Duration::from_millis(20);

/// The worker's ring and everything that is under way on it.
pub(crate) struct Driver {
    ring: Ring,
    pools: Pools,
    entries: RefCell<Slab<Entry>>,
    /// Connections that have something to submit.
    unsettled: RefCell<Vec<Rc<Connection>>>,
    /// How often something was added to them since they were last looked at.
    unsettled_since: Cell<usize>,
    /// Connections that found no free buffer.
    starved: RefCell<VecDeque<Rc<Connection>>>,
    /// Connections whose sockets are to be closed.
    finished: RefCell<Vec<Rc<Connection>>>,
    completions: Cell<Vec<Completion>>,
    /// Whether a completion has woken a task since this was last asked.
    woke: Cell<bool>,
}

/// Who a completion is for.
enum Entry {
    Connection(Rc<Connection>),
    Acceptor(Rc<Acceptor>),
    Operation(Rc<Operation>),
}

/// What a submission was for; the token's low bits.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Nobody waits for it: a cancellation, a close.
    Nothing,
    Receive,
    Send,
    Accept,
    Operation,
}

impl Purpose {
    const BITS: u32 = 3;

    fn token(self, key: usize) -> u64 {
        (key as u64) << Self::BITS | self as u64
    }

    fn of(token: u64) -> (Self, usize) {
        let purpose = match token & ((1 << Self::BITS) - 1) {
            1 => Self::Receive,
            2 => Self::Send,
            3 => Self::Accept,
            4 => Self::Operation,
            _ => Self::Nothing,
        };
        (purpose, usize::try_from(token >> Self::BITS).unwrap_or(usize::MAX))
    }
}

impl Driver {
    pub(crate) fn new() -> io::Result<Self> {
        let pools = Pools::published();
        Ok(Self {
            ring: Ring::new(pools.clone())?,
            pools,
            entries: RefCell::default(),
            unsettled: RefCell::default(),
            unsettled_since: Cell::new(0),
            starved: RefCell::default(),
            finished: RefCell::default(),
            completions: Cell::default(),
            woke: Cell::new(false),
        })
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.pools
    }

    pub(crate) fn bell(&self) -> io::Result<OwnedFd> {
        self.ring.bell()
    }

    pub(crate) fn enters(&self) -> u64 {
        self.ring.enters()
    }

    /// Connections, listeners and requests that the ring knows of.
    pub(crate) fn open(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Hands the kernel what the turn has queued and takes in what it has completed. Says whether a task was woken.
    pub(crate) fn drive(&self) -> bool {
        // What completes may leave more to submit; a task that was woken comes first, and may add to it.
        loop {
            self.settle();
            if !self.ring.is_due() {
                return self.woke.take();
            }
            self.ring.mute(true);
            // An error says that the kernel wants its completions taken first; what was not submitted stays queued.
            let entered = self.ring.enter();
            self.complete();
            if self.woke.get() || entered.is_err() {
                return self.woke.take() || entered.is_err();
            }
        }
    }

    pub(crate) fn submit_if_many(&self) {
        let many = self.unsettled_since.get() + 1;
        self.unsettled_since.set(many);
        if many >= EARLY {
            self.unsettled_since.set(0);
            self.submit_early();
        }
    }

    /// Hands the kernel what a long turn has queued so far, so that the first need not wait for the last.
    fn submit_early(&self) {
        let early: Vec<_> = {
            let mut unsettled = self.unsettled.borrow_mut();
            // Whoever came last may be about to queue more; what is closed is closed after the turn's hooks.
            let last = unsettled.len().saturating_sub(1);
            unsettled.extract_if(..last, |connection| !connection.is_orphaned()).collect()
        };
        for connection in early {
            connection.settle(self);
        }
        // What the kernel refuses stays queued until the turn ends.
        let _ = self.ring.submit();
    }

    /// The worker has nothing to do: whatever completes from now on rings the bell. False when something already has.
    pub(crate) fn rest(&self) -> bool {
        self.ring.mute(false);
        // The kernel shows its work before it looks at what was just written: one of the two sees the other.
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
        !self.ring.is_due()
    }

    fn settle(&self) {
        self.feed();
        self.unsettled_since.set(0);
        let mut settling = self.unsettled.take();
        for connection in settling.drain(..) {
            connection.settle(self);
        }
        // Keep the list's memory, with what was added meanwhile.
        let mut list = self.unsettled.borrow_mut();
        settling.append(&mut list);
        *list = settling;
        drop(list);
        for connection in self.finished.borrow_mut().drain(..) {
            // Nobody else holds it; if somebody did, dropping it would close the socket as well.
            if let Some(connection) = Rc::into_inner(connection) {
                self.ring.close(connection.into_descriptor(), Purpose::Nothing.token(0));
            }
        }
    }

    /// Gives the kernel free buffers, and lets those go on that found none: as many as there are buffers, the first first.
    fn feed(&self) {
        let buffers = self.pools.small.replenish().min(self.pools.bulk.replenish());
        if buffers == 0 || self.starved.borrow().is_empty() {
            return;
        }
        let mut starved = self.starved.borrow_mut();
        let fed = starved.len().min(buffers);
        for connection in starved.drain(..fed) {
            connection.feed(self);
        }
    }

    fn complete(&self) {
        let mut completions = self.completions.take();
        self.ring.reap(&mut completions);
        for completion in completions.drain(..) {
            self.dispatch(completion);
        }
        self.completions.set(completions);
    }

    fn dispatch(&self, completion: Completion) {
        let (purpose, key) = Purpose::of(completion.token);
        if purpose == Purpose::Nothing {
            return;
        }
        let woke = match self.find(key) {
            Some(Entry::Connection(connection)) => match purpose {
                Purpose::Receive => connection.received(self, completion),
                _ => connection.sent(self, completion),
            },
            Some(Entry::Acceptor(acceptor)) => acceptor.accepted(self, completion),
            Some(Entry::Operation(operation)) => operation.completed(self, completion),
            None => false,
        };
        if woke {
            self.woke.set(true);
        }
    }

    fn find(&self, key: usize) -> Option<Entry> {
        self.entries.borrow().get(key).map(|entry| match entry {
            Entry::Connection(connection) => Entry::Connection(Rc::clone(connection)),
            Entry::Acceptor(acceptor) => Entry::Acceptor(Rc::clone(acceptor)),
            Entry::Operation(operation) => Entry::Operation(Rc::clone(operation)),
        })
    }

    /// Gives an entry its key.
    fn add<T>(&self, make: impl FnOnce(usize) -> (T, Entry)) -> T {
        let mut entries = self.entries.borrow_mut();
        let vacant = entries.vacant_entry();
        let (made, entry) = make(vacant.key());
        vacant.insert(entry);
        made
    }

    fn remove(&self, key: usize) {
        // Dropping an entry may close a socket, which must find the list unborrowed.
        let removed = self.entries.borrow_mut().try_remove(key);
        drop(removed);
    }

    fn submit_request(&self, request: &mut Request, key: usize) {
        self.ring.request(request, Purpose::Operation.token(key));
    }

    fn cancel(&self, purpose: Purpose, key: usize) {
        self.ring.cancel(purpose.token(key), Purpose::Nothing.token(0));
    }

    /// Ends everything that is under way. Called when the worker's tasks are gone; what is left of their streams is of no use.
    pub(crate) fn shut_down(&self) {
        let keys: Vec<usize> = self.entries.borrow().iter().map(|(key, _)| key).collect();
        for key in keys {
            match self.find(key) {
                Some(Entry::Connection(connection)) => connection.orphan(self),
                Some(Entry::Acceptor(acceptor)) => acceptor.abandon(self),
                Some(Entry::Operation(operation)) => operation.abandon(self),
                None => {}
            }
        }
        for _ in 0..CLOSING_ROUNDS {
            self.drive();
            if self.open() == 0 {
                // Sockets that the last completions have freed.
                self.drive();
                return;
            }
            // An error is a time-out, or one that the next round meets again.
            let _ = self.ring.wait(CLOSING_ROUND);
        }
        self.ring.leak_buffers();
        std::mem::forget(self.entries.take());
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The kernel must not write to memory that is freed next.
        self.shut_down();
    }
}
