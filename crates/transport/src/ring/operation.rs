//! A request that is answered once, as a future.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::kernel::{Completion, Request};
use crate::worker::Worker;

use super::{Driver, Entry, Purpose};

/// A request under way. It lives until it completes, although nobody may wait for it any more.
pub(crate) struct Operation {
    key: usize,
    request: RefCell<Request>,
    state: Cell<State>,
    waker: RefCell<Option<Waker>>,
}

#[derive(Copy, Clone)]
enum State {
    Waiting,
    Done(i32),
    /// The result was taken, or nobody waits for it.
    Over,
}

impl Operation {
    /// The request has completed. Says whether a task was woken.
    pub(super) fn completed(&self, driver: &Driver, completion: Completion) -> bool {
        self.request.borrow_mut().complete(completion.result);
        driver.remove(self.key);
        match self.state.get() {
            State::Waiting => self.state.set(State::Done(completion.result)),
            State::Done(_) | State::Over => self.discard(completion.result),
        }
        self.waker.take().is_some_and(|waker| {
            waker.wake();
            true
        })
    }

    /// Nobody waits any more.
    pub(super) fn abandon(&self, driver: &Driver) {
        match self.state.replace(State::Over) {
            State::Waiting => {
                self.waker.take();
                driver.cancel(Purpose::Operation, self.key);
            }
            State::Done(result) => self.discard(result),
            State::Over => {}
        }
    }

    /// A file that was opened for nobody is closed.
    fn discard(&self, result: i32) {
        drop(self.request.borrow().descriptor(result));
    }
}

/// Cancels the request when its future is dropped before it completes.
struct Waiting<'a> {
    worker: &'a Worker,
    driver: &'a Driver,
    operation: Rc<Operation>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.operation.abandon(self.driver);
        self.worker.turn.schedule();
    }
}

/// Submits `request` at the turn's end and waits until it completes. Gives the request back with what the system call returned.
pub(crate) async fn operate(worker: &Worker, driver: &Driver, request: Request) -> io::Result<(Request, i32)> {
    let operation = driver.add(|key| {
        let (request, state) = (RefCell::new(request), Cell::new(State::Waiting));
        let operation = Rc::new(Operation { key, request, state, waker: RefCell::default() });
        (Rc::clone(&operation), Entry::Operation(operation))
    });
    driver.submit_request(&mut operation.request.borrow_mut(), operation.key);
    worker.turn.schedule();
    let waiting = Waiting { worker, driver, operation };
    let result = poll_fn(|cx| match waiting.operation.state.get() {
        State::Done(result) => Poll::Ready(result),
        State::Waiting | State::Over => {
            *waiting.operation.waker.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        }
    })
    .await;
    waiting.operation.state.set(State::Over);
    if result < 0 {
        return Err(io::Error::from_raw_os_error(-result));
    }
    let operation = Rc::clone(&waiting.operation);
    drop(waiting);
    match Rc::into_inner(operation) {
        Some(operation) => Ok((operation.request.into_inner(), result)),
        None => unreachable!("a completed request is held by its future alone"),
    }
}
