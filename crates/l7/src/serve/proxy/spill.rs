//! The part of an answer that is held in a file because its client is slow: written at its end, read from its beginning.

use crate::failure::{Cause, Failure};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use transport::Chunk;
use transport::file::{self, Temporary};

/// Bytes read at a time.
const READ: usize = 64 << 10;
/// Bytes that wait to be written at most.
const WAITING: usize = 64 << 10;

type Doing<T> = Pin<Box<dyn Future<Output = io::Result<T>>>>;

/// A part of an answer in a file.
pub struct Spill {
    directory: PathBuf,
    file: Option<Rc<Temporary>>,
    making: Option<Doing<Temporary>>,
    writing: Option<(Doing<()>, u64)>,
    reading: Option<Doing<Chunk>>,
    waiting: VecDeque<Chunk>,
    waiting_bytes: usize,
    written: u64,
    read: u64,
    limit: u64,
}

impl Spill {
    /// A file in `directory` of at most `limit` bytes; it is made when the first are written.
    pub fn new(directory: &Path, limit: u64) -> Self {
        Self {
            directory: directory.to_owned(),
            file: None,
            making: None,
            writing: None,
            reading: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            written: 0,
            read: 0,
            limit,
        }
    }

    /// Whether more may be written.
    pub fn has_room(&self) -> bool {
        self.waiting_bytes < WAITING && self.written + (self.waiting_bytes as u64) < self.limit
    }

    /// Adds bytes at the end.
    pub fn write(&mut self, chunk: Chunk) {
        self.waiting_bytes += chunk.len();
        self.waiting.push_back(chunk);
    }

    /// Goes on writing.
    pub fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        loop {
            if let Some((writing, length)) = &mut self.writing {
                let Poll::Ready(outcome) = writing.as_mut().poll(cx) else { return Ok(()) };
                outcome.map_err(failed)?;
                self.written += *length;
                self.waiting_bytes -= usize::try_from(*length).unwrap_or(0);
                self.writing = None;
            }
            if self.waiting.is_empty() {
                return Ok(());
            }
            let Some(file) = self.poll_file(cx)? else { return Ok(()) };
            if let Some(chunk) = self.waiting.pop_front() {
                let (offset, length) = (self.written, chunk.len() as u64);
                let writing = Box::pin(async move { file.file().write_at(offset, chunk).await });
                self.writing = Some((writing, length));
            }
        }
    }

    fn poll_file(&mut self, cx: &mut Context<'_>) -> Result<Option<Rc<Temporary>>, Failure> {
        if let Some(file) = &self.file {
            return Ok(Some(Rc::clone(file)));
        }
        let directory = &self.directory;
        let making = self.making.get_or_insert_with(|| {
            let directory = directory.clone();
            Box::pin(async move { file::temporary(&directory).await })
        });
        let Poll::Ready(made) = making.as_mut().poll(cx) else { return Ok(None) };
        self.making = None;
        let file = Rc::new(made.map_err(failed)?);
        self.file = Some(Rc::clone(&file));
        Ok(Some(file))
    }

    /// The next bytes; `None`: all that was written was read.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Chunk>, Failure>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let chunk = ready!(reading.as_mut().poll(cx)).map_err(failed)?;
                self.reading = None;
                self.read += chunk.len() as u64;
                if chunk.is_empty() {
                    return Poll::Ready(Err(Failure::new(Cause::FileFailed)));
                }
                return Poll::Ready(Ok(Some(chunk)));
            }
            if self.read < self.written
                && let Some(file) = &self.file
            {
                let (file, offset) = (Rc::clone(file), self.read);
                let length = usize::try_from(self.written - self.read).unwrap_or(READ).min(READ);
                self.reading = Some(Box::pin(async move { file.file().read_at(offset, length).await }));
                continue;
            }
            if self.writing.is_none() && self.waiting.is_empty() {
                return Poll::Ready(Ok(None));
            }
            self.poll_write(cx)?;
            if self.read >= self.written {
                return Poll::Pending;
            }
        }
    }
}

fn failed(_: io::Error) -> Failure {
    Failure::new(Cause::FileFailed)
}
