//! Who is connected to a worker: so that idle connections can be told to leave.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use telemetry::Counters;

/// The open connections of a worker.
pub struct Registry {
    entries: RefCell<slab::Slab<Option<Waker>>>,
    counters: Arc<Counters>,
    leaving: Cell<bool>,
    emptied: RefCell<Option<Waker>>,
}

/// One connection's place in the registry.
pub struct Entry {
    registry: Rc<Registry>,
    key: usize,
}

impl Registry {
    /// Nobody yet; whoever enters is counted.
    pub fn new(counters: Arc<Counters>) -> Rc<Self> {
        let (entries, leaving, emptied) = (RefCell::default(), Cell::new(false), RefCell::default());
        Rc::new(Self { entries, counters, leaving, emptied })
    }

    /// Enters a connection.
    pub fn enter(self: &Rc<Self>) -> Entry {
        self.counters.accepted.add(1);
        self.counters.active.add(1);
        let key = self.entries.borrow_mut().insert(None);
        Entry { registry: Rc::clone(self), key }
    }

    /// How many connections are open.
    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Idle connections are to leave now, others when their exchange ends.
    pub fn drain(&self) {
        self.leaving.set(true);
        self.wake_idle();
    }

    /// Whether idle connections are to leave.
    pub fn is_leaving(&self) -> bool {
        self.leaving.get()
    }

    /// Idle connections are to look at what has changed.
    pub fn wake_idle(&self) {
        let wakers: Vec<Waker> = self.entries.borrow_mut().iter_mut().filter_map(|(_, waker)| waker.take()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until no connection is open.
    pub async fn emptied(&self) {
        std::future::poll_fn(|cx| {
            if self.is_empty() {
                return std::task::Poll::Ready(());
            }
            *self.emptied.borrow_mut() = Some(cx.waker().clone());
            std::task::Poll::Pending
        })
        .await;
    }
}

impl Entry {
    /// The task is idle, and to be woken when something changes for idle connections.
    pub fn wake_when_idle(&self, cx: &Context<'_>) {
        if let Some(waker) = self.registry.entries.borrow_mut().get_mut(self.key)
            && waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker()))
        {
            *waker = Some(cx.waker().clone());
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.entries.borrow_mut().try_remove(self.key);
        self.registry.counters.active.subtract(1);
        if self.registry.is_empty()
            && let Some(waker) = self.registry.emptied.take()
        {
            waker.wake();
        }
    }
}
