//! Which requests of a connection were handed over, and which of those are neither complete nor answered.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What has become of a connection's requests, as far as it matters when the library gives one up.
#[derive(Default)]
pub(super) struct Ledger {
    /// The highest stream whose request was handed over.
    accepted: Cell<u32>,
    /// Streams of requests whose bodies are still to come, without those whose answers have begun.
    incomplete: RefCell<Vec<u32>>,
}

/// A request is neither complete nor answered, for as long as this is there.
pub(super) struct Incomplete {
    ledger: Rc<Ledger>,
    stream: u32,
}

impl Ledger {
    /// A request is handed over; streams come in the order of their numbers.
    pub(super) fn accept(&self, stream: u32) {
        self.accepted.set(stream);
    }

    /// The body of a request is still to come.
    pub(super) fn await_body(self: &Rc<Self>, stream: u32) -> Incomplete {
        self.incomplete.borrow_mut().push(stream);
        Incomplete { ledger: Rc::clone(self), stream }
    }

    /// Whether a request was not handed over yet.
    pub(super) fn is_unseen(&self, stream: u32) -> bool {
        stream > self.accepted.get()
    }

    /// Whether the answer to a request that was handed over waits for its body.
    pub(super) fn is_incomplete(&self, stream: u32) -> bool {
        self.incomplete.borrow().contains(&stream)
    }
}

impl Drop for Incomplete {
    fn drop(&mut self) {
        let mut incomplete = self.ledger.incomplete.borrow_mut();
        if let Some(at) = incomplete.iter().position(|stream| *stream == self.stream) {
            incomplete.swap_remove(at);
        }
    }
}
