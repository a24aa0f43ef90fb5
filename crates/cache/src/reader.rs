//! Reading a body: one that is on its way, or one in a file whose checksums are compared as it is read.

use crate::fill::{Fill, State};
use crate::form::{self, BLOCK};
use crate::object::Object;
use crate::store::Found;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use tokio::sync::futures::OwnedNotified;
use transport::Chunk;
use transport::file::File;

/// Bytes read at a time.
const READ: usize = 128 << 10;

type Doing<T> = Pin<Box<dyn Future<Output = io::Result<T>>>>;

/// Reads a body from its beginning.
pub struct Reader {
    source: Source,
    offset: u64,
    doing: Option<Doing<Chunk>>,
}

enum Source {
    Growing { place: Place, waiting: Option<Pin<Box<OwnedNotified>>>, file: Option<Rc<File>> },
    Checked { found: Rc<Found>, object: Arc<Object>, sums: Option<Chunk> },
}

/// How far a reader of an object on its way is.
struct Place {
    fill: Arc<Fill>,
    /// `None` once it does not read any more.
    offset: Option<Arc<AtomicU64>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.offset = None;
        // The writer may wait for this reader.
        self.fill.moved();
    }
}

impl Reader {
    /// Reads an object on its way.
    pub fn join(fill: &Arc<Fill>) -> Self {
        let place = Place { fill: Arc::clone(fill), offset: Some(fill.join()) };
        Self { source: Source::Growing { place, waiting: None, file: None }, offset: 0, doing: None }
    }

    /// Reads an object's file, and compares what it reads with its checksums before it gives it out.
    pub fn checked(found: Found, object: Arc<Object>) -> Self {
        Self { source: Source::Checked { found: Rc::new(found), object, sums: None }, offset: 0, doing: None }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// When the object broke off, cannot be read or is damaged.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Chunk>>> {
        let polled = match &self.source {
            Source::Growing { .. } => self.poll_growing(cx),
            Source::Checked { .. } => self.poll_checked(cx),
        };
        if let Poll::Ready(Ok(Some(chunk))) = &polled {
            self.offset += chunk.len() as u64;
            if let Source::Growing { place: Place { fill, offset: Some(offset) }, .. } = &self.source {
                offset.store(self.offset, Ordering::Release);
                fill.moved();
            }
        }
        polled
    }

    fn poll_growing(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Chunk>>> {
        let Source::Growing { place, waiting, file } = &mut self.source else { return Poll::Ready(Ok(None)) };
        let fill = &place.fill;
        loop {
            if let Some(doing) = &mut self.doing {
                let chunk = ready!(doing.as_mut().poll(cx))?;
                self.doing = None;
                return Poll::Ready(if chunk.is_empty() { Err(damaged()) } else { Ok(Some(chunk)) });
            }
            // What tells of changes is there before one looks.
            let mut notified = waiting.take().unwrap_or_else(|| Box::pin(fill.changed().notified_owned()));
            notified.as_mut().enable();
            let (state, window) = (fill.state(), fill.window());
            if self.offset < window.start {
                *waiting = Some(notified);
                let Some((open, start)) = fill.file() else { return Poll::Ready(Err(damaged())) };
                let length = usize::try_from(window.start - self.offset).unwrap_or(READ).min(READ);
                let place = start + self.offset;
                let file = match file {
                    Some(file) => Rc::clone(file),
                    None => Rc::clone(file.insert(Rc::new(File::from(Arc::clone(open))))),
                };
                self.doing = Some(Box::pin(async move { file.read_at(place, length).await }));
                continue;
            }
            if let Some(piece) = window.from(self.offset) {
                *waiting = Some(notified);
                return Poll::Ready(Ok(Some(Chunk::from(piece))));
            }
            match state {
                State::Whole => return Poll::Ready(Ok(None)),
                State::Broken => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                State::Growing => {}
            }
            if notified.as_mut().poll(cx).is_pending() {
                *waiting = Some(notified);
                return Poll::Pending;
            }
        }
    }

    fn poll_checked(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Chunk>>> {
        let Source::Checked { found, object, sums } = &mut self.source else { return Poll::Ready(Ok(None)) };
        loop {
            if let Some(doing) = &mut self.doing {
                let chunk = ready!(doing.as_mut().poll(cx))?;
                self.doing = None;
                let Some(known) = sums else {
                    *sums = Some(chunk);
                    continue;
                };
                let first = usize::try_from(self.offset / BLOCK * 8).unwrap_or(usize::MAX);
                let own = known.get(first..).unwrap_or_default();
                if chunk.is_empty() || !form::blocks_match(&chunk, own) {
                    return Poll::Ready(Err(damaged()));
                }
                return Poll::Ready(Ok(Some(chunk)));
            }
            if self.offset >= found.length {
                object.found_sound();
                return Poll::Ready(Ok(None));
            }
            let (place, length) = if sums.is_some() {
                (found.start + self.offset, usize::try_from(found.length - self.offset).unwrap_or(READ).min(READ))
            } else {
                let count = usize::try_from(found.length.div_ceil(BLOCK)).unwrap_or(usize::MAX);
                (found.start + found.length, count.saturating_mul(8))
            };
            let file = Rc::clone(&found.file);
            self.doing = Some(Box::pin(async move { file.read_at(place, length).await }));
        }
    }
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
