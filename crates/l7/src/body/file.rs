//! A piece of a file as a response's body.

use crate::client::Client;
use crate::failure::{Cause, Failure};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use transport::Chunk;
use transport::file::File;

/// Less than this is copied and sent together with what is before it.
const WORTH_SENDING: u64 = 32 << 10;
/// Bytes read at a time.
const READ: usize = 128 << 10;
/// Bytes that the kernel is given to send at a time.
const SEND: usize = 1 << 20;

type Reading = Pin<Box<dyn Future<Output = io::Result<Chunk>>>>;

/// A piece of a file.
pub struct FileBody {
    file: Rc<File>,
    offset: u64,
    end: u64,
    reading: Option<Reading>,
}

impl FileBody {
    /// The bytes from `start` up to `end`.
    pub fn new(file: Rc<File>, start: u64, end: u64) -> Self {
        Self { file, offset: start, end, reading: None }
    }

    /// The bytes of this piece, of which nothing was taken yet, from `start` up to `end`.
    pub fn piece(&self, start: u64, end: u64) -> Self {
        Self::new(Rc::clone(&self.file), self.offset + start, self.offset + end)
    }

    /// The next bytes; `None` at the end. A file that became shorter is a failure: its length was announced.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Chunk>, Failure>> {
        let left = self.end.saturating_sub(self.offset);
        if left == 0 {
            return Poll::Ready(Ok(None));
        }
        let length = usize::try_from(left).unwrap_or(READ).min(READ);
        let chunk = match self.at_once(length) {
            Some(chunk) => Ok(chunk),
            None => ready!(self.poll_read(length, cx)),
        };
        match chunk {
            Ok(chunk) if !chunk.is_empty() => {
                self.offset += chunk.len() as u64;
                Poll::Ready(Ok(Some(chunk)))
            }
            Ok(_) | Err(_) => Poll::Ready(Err(Failure::new(Cause::FileFailed))),
        }
    }

    /// Queues the next bytes for the kernel to send by itself, if they are in memory and many enough to be worth it; how many.
    pub fn send_from_memory(&mut self, client: &mut Client<'_>) -> Option<u64> {
        let left = self.end.saturating_sub(self.offset);
        if left < WORTH_SENDING || self.reading.is_some() || !client.sends_files() {
            return None;
        }
        let length = usize::try_from(left).unwrap_or(SEND).min(SEND);
        let held = self.file.held_in_memory(self.offset, length);
        if held == 0 {
            return None;
        }
        client.queue_file(&self.file, self.offset, held);
        self.offset += held as u64;
        Some(held as u64)
    }

    /// The next bytes that are in memory, if any are.
    fn at_once(&self, length: usize) -> Option<Chunk> {
        if self.reading.is_some() {
            return None;
        }
        let bytes = self.file.read_at_once(self.offset, length).ok()?;
        (!bytes.is_empty()).then(|| Chunk::from(bytes))
    }

    fn poll_read(&mut self, length: usize, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        let (file, offset) = (&self.file, self.offset);
        let reading = self.reading.get_or_insert_with(|| {
            let file = Rc::clone(file);
            Box::pin(async move { file.read_at(offset, length).await })
        });
        let chunk = ready!(reading.as_mut().poll(cx));
        self.reading = None;
        Poll::Ready(chunk)
    }
}
