//! A request's body held here: in memory, then in a file; it can be read again from its beginning.

use crate::body::FileBody;
use crate::failure::Failure;
use crate::worker::Shared;
use std::rc::Rc;
use std::task::{Context, Poll};
use transport::Chunk;
use transport::file::{File, Temporary};

/// A body that was read whole.
#[derive(Default)]
pub struct Held {
    /// What is in memory, in order.
    pub chunks: Vec<Chunk>,
    /// The rest, or all, in a file.
    pub file: Option<HeldFile>,
    /// Bytes in all.
    pub length: u64,
    /// Bytes in memory.
    pub memory: usize,
    budget: Option<(Rc<Shared>, usize)>,
}

/// The part of a body that is in a file.
pub struct HeldFile {
    /// The file, to read from.
    pub file: Rc<File>,
    /// Removes the file when the body is dropped; `None`: it stays.
    pub _temporary: Option<Temporary>,
    /// Its path.
    pub path: std::path::PathBuf,
    /// Bytes in it.
    pub length: u64,
}

impl Held {
    /// Remembers that memory was taken from the worker's budget for this body.
    pub fn charge(&mut self, shared: &Rc<Shared>, bytes: usize) {
        let charged = self.budget.get_or_insert_with(|| (Rc::clone(shared), 0));
        charged.1 += bytes;
    }

    /// The same body for another request; a file stays open though its name may be gone.
    pub fn share(&self) -> Self {
        let file = self.file.as_ref().map(|held| HeldFile {
            file: Rc::clone(&held.file),
            _temporary: None,
            path: held.path.clone(),
            length: held.length,
        });
        Self { chunks: self.chunks.clone(), file, length: self.length, memory: self.memory, budget: None }
    }

    /// Reads it from its beginning.
    pub fn replay(&self) -> Replay {
        let file = self.file.as_ref().map(|held| FileBody::new(Rc::clone(&held.file), 0, held.length));
        Replay { chunks: self.chunks.clone().into_iter(), file }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((shared, bytes)) = self.budget.take() {
            shared.return_budget(bytes);
        }
    }
}

/// A reading of a held body.
pub struct Replay {
    chunks: std::vec::IntoIter<Chunk>,
    file: Option<FileBody>,
}

impl Replay {
    /// The next bytes; `None` at the end.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Chunk>, Failure>> {
        match (self.chunks.next(), &mut self.file) {
            (Some(chunk), _) => Poll::Ready(Ok(Some(chunk))),
            (None, Some(file)) => file.poll_chunk(cx),
            (None, None) => Poll::Ready(Ok(None)),
        }
    }
}
