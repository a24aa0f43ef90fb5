//! What the streams of one thread share: the receive buffers, the ring if there is one, and the turn.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use crate::clock;
use crate::kernel::Pools;
use crate::ring::Driver;
use crate::turn::Turn;

thread_local! {
    // The runtime's hooks must be `Send` and so cannot hold the worker; they find it here.
    static WORKER: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

/// One thread's share of everything.
pub(crate) struct Worker {
    pub(crate) pools: Pools,
    pub(crate) driver: Option<Rc<Driver>>,
    pub(crate) turn: Turn,
}

impl Worker {
    /// A worker whose sockets are watched by epoll.
    pub(crate) fn epoll() -> Rc<Self> {
        Rc::new(Self { pools: Pools::new(), driver: None, turn: Turn::default() })
    }

    /// A worker with a ring, where the kernel allows one.
    pub(crate) fn uring() -> io::Result<Rc<Self>> {
        let driver = Rc::new(Driver::new()?);
        Ok(Rc::new(Self { pools: driver.pools().clone(), driver: Some(driver), turn: Turn::default() }))
    }

    /// The worker of this thread; a plain epoll one is made where `runtime::run` did not start one.
    pub(crate) fn current() -> Rc<Self> {
        WORKER.with_borrow_mut(|worker| Rc::clone(worker.get_or_insert_with(Self::epoll)))
    }

    /// The worker of this thread, if there is one.
    pub(crate) fn installed() -> Option<Rc<Self>> {
        WORKER.with_borrow(Clone::clone)
    }

    /// Makes this the thread's worker until the guard drops.
    pub(crate) fn install(self: &Rc<Self>) -> Installed {
        clock::refresh();
        Installed { before: WORKER.replace(Some(Rc::clone(self))) }
    }

    /// Called by every poll of a stream.
    pub(crate) fn count_poll(&self) {
        clock::count_poll();
        self.turn.schedule();
    }

    /// The tasks that were ready have run: hooks are called, and the ring is submitted.
    pub(crate) fn end_turn(&self) {
        self.turn.run_hooks();
        if let Some(driver) = &self.driver
            // A completion that came while the bell was muted has not rung it.
            && (driver.drive() || !driver.rest())
        {
            self.turn.schedule();
        }
    }

    /// The worker has slept: what has completed meanwhile wakes its tasks.
    pub(crate) fn begin_turn(&self) {
        if let Some(driver) = &self.driver
            && driver.drive()
        {
            self.turn.schedule();
        }
    }
}

/// Puts back what the thread had before.
pub(crate) struct Installed {
    before: Option<Rc<Worker>>,
}

impl Drop for Installed {
    fn drop(&mut self) {
        WORKER.set(self.before.take());
        clock::forget();
    }
}
