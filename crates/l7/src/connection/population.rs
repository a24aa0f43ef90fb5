//! How many streams of a connection are being served; who waits hears when one ends.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

/// The streams of one connection.
#[derive(Default)]
pub(super) struct Population {
    count: Cell<u32>,
    waiting: RefCell<Option<Waker>>,
}

/// One of them; dropping it is its end.
pub(super) struct Inhabitant(Rc<Population>);

impl Population {
    /// One more.
    pub(super) fn enter(self: &Rc<Self>) -> Inhabitant {
        self.count.set(self.count.get() + 1);
        Inhabitant(Rc::clone(self))
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        self.count.get()
    }

    /// The task is woken when one ends.
    pub(super) fn wake_at_end(&self, cx: &Context<'_>) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            *waiting = Some(cx.waker().clone());
        }
    }
}

impl Drop for Inhabitant {
    fn drop(&mut self) {
        self.0.count.set(self.0.count.get().saturating_sub(1));
        if let Some(waker) = self.0.waiting.take() {
            waker.wake();
        }
    }
}
