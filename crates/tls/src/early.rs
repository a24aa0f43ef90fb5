//! What a client sends before its handshake is over (RFC 8446 §2.3): whoever was sent it may be sent it again, by others.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// How far the handshake is of a client that did not wait for its end.
#[derive(Clone, Default)]
pub struct Early(Option<Rc<State>>);

#[derive(Default)]
struct State {
    stage: Cell<Stage>,
    waiting: RefCell<Vec<Waker>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Stage {
    #[default]
    Pending,
    Finished,
    Failed,
}

impl Early {
    /// Whether what the client sends may have been sent before, by somebody else.
    pub fn is_pending(&self) -> bool {
        self.stage() == Stage::Pending
    }

    /// Waits for the end of the handshake; false: there is none, and nobody knows who the client is.
    pub fn poll_end(&self, cx: &Context<'_>) -> Poll<bool> {
        match self.stage() {
            Stage::Finished => return Poll::Ready(true),
            Stage::Failed => return Poll::Ready(false),
            Stage::Pending => {}
        }
        if let Some(state) = &self.0 {
            let mut waiting = state.waiting.borrow_mut();
            waiting.retain(|known| !known.will_wake(cx.waker()));
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn stage(&self) -> Stage {
        self.0.as_ref().map_or(Stage::Finished, |state| state.stage.get())
    }
}

/// The session's side of it.
pub(crate) struct Opened {
    word: Early,
    /// Opened, and not yet received.
    pub(crate) bytes: Vec<u8>,
}

impl Opened {
    pub(crate) fn new() -> Self {
        Self { word: Early(Some(Rc::default())), bytes: Vec::new() }
    }

    /// For who is given what the client sent.
    pub(crate) fn word(&self) -> Early {
        self.word.clone()
    }

    /// The client has proven that it is no echo of another.
    pub(crate) fn finish(&self) {
        self.settle(Stage::Finished);
    }

    fn settle(&self, stage: Stage) {
        let Some(state) = self.word.0.as_ref().filter(|_| self.word.is_pending()) else { return };
        state.stage.set(stage);
        state.waiting.take().into_iter().for_each(Waker::wake);
    }
}

/// A session that ends before its handshake does.
impl Drop for Opened {
    fn drop(&mut self) {
        self.settle(Stage::Failed);
    }
}

impl PartialEq for Early {
    fn eq(&self, other: &Self) -> bool {
        self.stage() == other.stage()
    }
}

impl Eq for Early {}

impl fmt::Debug for Early {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stage().fmt(out)
    }
}
