//! The end of a loop turn: what must happen after the tasks that were ready have run, and before the worker sleeps.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::clock;
use crate::kernel::watch;
use crate::worker::Worker;

/// When turns end, and what is called then.
#[derive(Default)]
pub(crate) struct Turn {
    /// Called at every turn's end, before the ring is submitted.
    hooks: RefCell<Vec<Box<dyn FnMut()>>>,
    /// Wakes the task that ends turns.
    waker: RefCell<Option<Waker>>,
    scheduled: Cell<bool>,
}

impl Turn {
    pub(crate) fn add_hook(&self, hook: Box<dyn FnMut()>) {
        self.hooks.borrow_mut().push(hook);
    }

    /// Puts the task that ends turns behind all that are ready now.
    ///
    /// A task that is always ready keeps the runtime from ever parking, so the park hook alone would not do.
    pub(crate) fn schedule(&self) {
        if !self.scheduled.replace(true)
            && let Some(waker) = &*self.waker.borrow()
        {
            waker.wake_by_ref();
        }
    }

    fn poll(&self, worker: &Worker, bell: Option<&Bell>, cx: &mut Context<'_>) {
        self.scheduled.set(false);
        {
            let mut waker = self.waker.borrow_mut();
            if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                *waker = Some(cx.waker().clone());
            }
        }
        // Asked each time: a ring that is heard and not taken note of would be the last one to be heard.
        if let Some(bell) = bell {
            while let Poll::Ready(Ok(mut guard)) = bell.poll_read_ready(cx) {
                guard.clear_ready();
            }
        }
        worker.end_turn();
        clock::refresh();
    }

    pub(crate) fn run_hooks(&self) {
        // A hook that polls a stream or adds a hook must not find the list borrowed.
        let mut hooks = std::mem::take(&mut *self.hooks.borrow_mut());
        for hook in &mut hooks {
            hook();
        }
        let mut list = self.hooks.borrow_mut();
        hooks.append(&mut list);
        *list = hooks;
    }

    /// The waker refers to the runtime's task, which must not outlive it.
    pub(crate) fn clear(&self) {
        self.hooks.borrow_mut().clear();
        self.waker.borrow_mut().take();
    }
}

/// Rings when the ring completes something while the worker rests.
type Bell = AsyncFd<OwnedFd>;

/// The task that ends turns.
pub(crate) async fn drive(worker: Rc<Worker>) {
    // Without its bell a ring would not be heard while the worker sleeps; making one fails only when descriptors run out.
    let bell = worker.driver.as_ref().and_then(|driver| watch(driver.bell().ok()?, Interest::READABLE).ok());
    poll_fn(|cx| {
        worker.turn.poll(&worker, bell.as_ref(), cx);
        Poll::<()>::Pending
    })
    .await;
}

/// The runtime has nothing ready and is about to sleep.
pub(crate) fn before_park() {
    if let Some(worker) = Worker::installed() {
        worker.end_turn();
    }
}

/// The runtime has slept.
pub(crate) fn after_park() {
    if let Some(worker) = Worker::installed() {
        clock::refresh();
        worker.begin_turn();
    }
}
