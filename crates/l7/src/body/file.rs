//! A piece of a file as a response's body.

use crate::client::Client;
use crate::failure::{Cause, Failure};
use bytes::Bytes;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use transport::Chunk;
use transport::file::File;

/// Less than this is copied and sent together with what is before it.
pub const WORTH_SENDING: u64 = 32 << 10;
/// Bytes read at a time.
const READ: usize = 128 << 10;
/// Bytes that the kernel is given to send at a time.
const SEND: usize = 1 << 20;
/// Most bytes that are queued without waiting until the client has taken them.
const AT_ONCE: usize = 256 << 10;

type Reading = Pin<Box<dyn Future<Output = io::Result<Chunk>>>>;

/// A piece of a file.
pub struct FileBody {
    file: Rc<File>,
    offset: u64,
    end: u64,
    /// The bytes themselves up to the end, where they are at hand as well.
    copy: Option<Bytes>,
    reading: Option<Reading>,
}

impl FileBody {
    /// The bytes from `start` up to `end`.
    pub fn new(file: Rc<File>, start: u64, end: u64) -> Self {
        Self { file, offset: start, end, copy: None, reading: None }
    }

    /// The bytes from `start` on, which are at hand as well: the kernel sends them by itself only where that costs less.
    pub fn with_copy(file: Rc<File>, start: u64, copy: &Bytes) -> Self {
        Self { copy: Some(copy.clone()), ..Self::new(file, start, start + copy.len() as u64) }
    }

    /// The bytes of this piece, of which nothing was taken yet, from `start` up to `end`.
    pub fn piece(&self, start: u64, end: u64) -> Self {
        let part = |copy: &Bytes| Some(copy.slice(usize::try_from(start).ok()?..usize::try_from(end).ok()?));
        let copy = self.copy.as_ref().and_then(part);
        Self { copy, ..Self::new(Rc::clone(&self.file), self.offset + start, self.offset + end) }
    }

    /// The next bytes; `None` at the end. A file that became shorter is a failure: its length was announced.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Chunk>, Failure>> {
        let left = self.end.saturating_sub(self.offset);
        if left == 0 {
            return Poll::Ready(Ok(None));
        }
        if let Some(copy) = &mut self.copy {
            let rest = copy.split_off(copy.len().saturating_sub(usize::try_from(left).unwrap_or(usize::MAX)));
            self.offset = self.end;
            return Poll::Ready(Ok(Some(Chunk::from(rest))));
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
        let left = self.worth_sending(client)?;
        let held = self.file.held_in_memory(self.offset, left.min(SEND));
        (held > 0).then(|| self.queue(client, held))
    }

    /// The same of all of it, if it is so little that nobody has to wait until the client has taken it.
    pub fn send_all_from_memory(&mut self, client: &mut Client<'_>) -> Option<u64> {
        let left = self.worth_sending(client).filter(|left| *left <= AT_ONCE)?;
        (self.file.held_in_memory(self.offset, left) == left).then(|| self.queue(client, left))
    }

    /// The bytes that are left, where the kernel can send them to this client by itself and that costs less.
    fn worth_sending(&self, client: &Client<'_>) -> Option<usize> {
        let left = self.end.saturating_sub(self.offset);
        let worth = left >= WORTH_SENDING && self.reading.is_none() && client.sends_files();
        usize::try_from(left).ok().filter(|_| worth)
    }

    fn queue(&mut self, client: &mut Client<'_>, length: usize) -> u64 {
        client.queue_file(&self.file, self.offset, length);
        self.offset += length as u64;
        length as u64
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
