//! Which requests of a connection were handed over, which of those are neither complete nor answered, and what is known of the others.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// How many heads' sizes are remembered: those of requests that the library gives up are asked for by nobody.
const MOST_HEADS: usize = 256;

/// What has become of a connection's requests, as far as it matters when the library gives one up.
#[derive(Default)]
pub(super) struct Ledger {
    /// The highest stream whose request was handed over.
    accepted: Cell<u32>,
    /// Streams of requests whose bodies are still to come, without those whose answers have begun.
    incomplete: RefCell<Vec<u32>>,
    /// Requests that were given up, and answered, before they were handed over.
    refused: Cell<u32>,
    /// Streams whose heads have come and were not handed over, and how many bytes their fields took.
    heads: RefCell<VecDeque<(u32, usize)>>,
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

    /// A request is given up; whether nobody else speaks of it.
    pub(super) fn refuse(&self, stream: u32) {
        if self.is_unseen(stream) {
            self.refused.set(self.refused.get().saturating_add(1));
        }
    }

    /// How many requests were given up since this was last asked, before they were handed over.
    pub(super) fn take_refused(&self) -> u32 {
        self.refused.take()
    }

    /// The head of a new stream has come, with fields of so many bytes.
    pub(super) fn note_head(&self, stream: u32, size: usize) {
        let mut heads = self.heads.borrow_mut();
        if heads.len() == MOST_HEADS {
            heads.pop_front();
        }
        heads.push_back((stream, size));
    }

    /// How many bytes the fields of a stream's head took; `None`: it was not looked at. Streams are asked for in their order.
    pub(super) fn take_head(&self, stream: u32) -> Option<usize> {
        let mut heads = self.heads.borrow_mut();
        while let Some((noted, size)) = heads.pop_front_if(|(noted, _)| *noted <= stream) {
            if noted == stream {
                return Some(size);
            }
        }
        None
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
