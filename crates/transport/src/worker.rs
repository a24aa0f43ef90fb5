//! What the streams of one thread share: the receive buffers, the ring if there is one, and the turn.

use std::cell::RefCell;
use std::rc::Rc;

use crate::clock;
use crate::kernel::Pool;
use crate::turn::Turn;

thread_local! {
    // The runtime's hooks must be `Send` and so cannot hold the worker; they find it here.
    static WORKER: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

/// One thread's share of everything.
pub(crate) struct Worker {
    pub(crate) pool: Rc<Pool>,
    pub(crate) turn: Turn,
}

impl Worker {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self { pool: Pool::new(), turn: Turn::default() })
    }

    /// The worker of this thread; a plain epoll one is made where `runtime::run` did not start one.
    pub(crate) fn current() -> Rc<Self> {
        WORKER.with_borrow_mut(|worker| Rc::clone(worker.get_or_insert_with(Self::new)))
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

    pub(crate) fn end_turn(&self) {
        self.turn.run_hooks();
    }

    pub(crate) fn begin_turn(&self) {}
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
