//! An object on its way: one writes it, and any number, on any worker, read it as it grows.
//!
//! What is small stays in memory until it is whole. What is not goes into a file piece by piece, from which those read who
//! are behind. Where there can be no file, the slowest reader sets the pace.

mod writer;

pub use writer::{Sink, Writer};

use crate::object::Head;
use crate::policy::Terms;
use arc_swap::ArcSwap;
use bytes::Bytes;
use std::fs::File;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::Notify;

/// Bytes of a body that are held in memory before the first are written; what is no larger may stay in memory for good.
pub const MOST_HELD: u64 = 256 << 10;

/// How far an object on its way has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It grows.
    Growing,
    /// It is whole.
    Whole,
    /// It broke off.
    Broken,
}

/// An object on its way.
#[derive(Debug)]
pub struct Fill {
    /// What it says before its body.
    pub head: Head,
    /// On what terms it may be used.
    pub terms: Terms,
    /// Bytes of its body, where that is known.
    pub length: Option<u64>,
    window: ArcSwap<Window>,
    /// Where the beginning of the body is that memory does not hold, and at which offset.
    file: OnceLock<(Arc<File>, u64)>,
    state: AtomicU8,
    changed: Arc<Notify>,
    /// How far each reader is; it matters where there can be no file.
    readers: ArcSwap<Vec<Weak<AtomicU64>>>,
    /// A reader went on.
    moved: Notify,
}

/// The end of a body as far as it has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// Bytes of the body before it.
    pub(crate) start: u64,
    pub(crate) pieces: Vec<Bytes>,
    /// Bytes of the body up to its end.
    pub(crate) end: u64,
}

impl Window {
    /// The rest of the piece in which an offset lies.
    pub(crate) fn from(&self, offset: u64) -> Option<Bytes> {
        let mut place = self.start;
        for piece in &self.pieces {
            let end = place + piece.len() as u64;
            if offset >= place && offset < end {
                return Some(piece.slice(usize::try_from(offset - place).ok()?..));
            }
            place = end;
        }
        None
    }
}

impl Fill {
    pub(crate) fn new(head: Head, terms: Terms, length: Option<u64>) -> Self {
        Self {
            head,
            terms,
            length,
            window: ArcSwap::default(),
            file: OnceLock::new(),
            state: AtomicU8::new(State::Growing as u8),
            changed: Arc::default(),
            readers: ArcSwap::default(),
            moved: Notify::new(),
        }
    }

    /// How far it has come.
    pub fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            state if state == State::Whole as u8 => State::Whole,
            state if state == State::Broken as u8 => State::Broken,
            _ => State::Growing,
        }
    }

    pub(crate) fn end(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
        self.changed.notify_waiters();
    }

    pub(crate) fn window(&self) -> Arc<Window> {
        self.window.load_full()
    }

    pub(crate) fn file(&self) -> Option<&(Arc<File>, u64)> {
        self.file.get()
    }

    pub(crate) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// One more reads it; the number is how far it is.
    pub(crate) fn join(&self) -> Arc<AtomicU64> {
        let place = Arc::new(AtomicU64::new(0));
        self.readers.rcu(|readers| {
            let mut readers: Vec<Weak<AtomicU64>> =
                readers.iter().filter(|reader| reader.strong_count() > 0).cloned().collect();
            readers.push(Arc::downgrade(&place));
            readers
        });
        place
    }

    pub(crate) fn moved(&self) {
        self.moved.notify_one();
    }

    /// How far the slowest reader is; `None`: nobody reads.
    fn slowest(&self) -> Option<u64> {
        self.readers.load().iter().filter_map(Weak::upgrade).map(|place| place.load(Ordering::Acquire)).min()
    }
}
