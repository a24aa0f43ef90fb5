//! An access log in one file: its lines are gathered, and packed if it is wanted.

use std::cell::{Cell, RefCell};
use std::io::{self, Write as _};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::buffer::{Buffer, Written};
use super::{Buffering, Failures, Shared};
use crate::error_log::Level;
use crate::log_file::LogFile;

/// Lines of an unbuffered log are written before the turn is over if they are more than this, in bytes.
pub(super) const ONE_TURN: usize = 64 << 10;
/// Packed bytes that wait for a file that takes none at the moment.
const MOST_PACKED: usize = 1 << 20;

/// Lines for one file; clones are the same log.
#[derive(Clone, Debug)]
pub struct FileLog(pub(super) Rc<Lines>);

#[derive(Debug)]
pub(super) struct Lines {
    pub(super) shared: Rc<Shared>,
    pub(super) file: Arc<LogFile>,
    pub(super) buffering: Option<Buffering>,
    buffer: RefCell<Buffer>,
    /// Packed lines that the file did not take yet.
    packed: RefCell<Vec<u8>>,
    pub(super) is_waiting: Cell<bool>,
    /// When the oldest line was added.
    since: Cell<Duration>,
    failures: Failures,
}

impl FileLog {
    pub(super) fn new(shared: &Rc<Shared>, file: &Arc<LogFile>, buffering: Option<Buffering>) -> Self {
        Self(Rc::new(Lines {
            shared: Rc::clone(shared),
            file: Arc::clone(file),
            buffering,
            buffer: RefCell::default(),
            packed: RefCell::default(),
            is_waiting: Cell::new(false),
            since: Cell::default(),
            failures: Failures::default(),
        }))
    }

    /// Adds a line, which `write` appends (without its end) to the bytes it is given and must not otherwise change.
    pub fn append(&self, now: Duration, write: impl FnOnce(&mut Vec<u8>)) {
        let lines = &*self.0;
        let mut buffer = lines.buffer.borrow_mut();
        if buffer.is_empty() {
            lines.since.set(now);
        }
        let before = buffer.append(write);
        let room = lines.buffering.map_or(ONE_TURN, |buffering| buffering.size);
        if buffer.len() > room {
            lines.make_room(&mut buffer, now, (before, room));
        }
        drop(buffer);
        if !lines.is_waiting.replace(true) {
            lines.shared.waiting.borrow_mut().push(self.clone());
        }
    }
}

impl Lines {
    pub(super) fn due_at(&self) -> Option<Duration> {
        match self.buffering {
            Some(buffering) => Some(self.since.get() + buffering.flush?),
            None => Some(self.since.get()),
        }
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.due_at().is_some_and(|due| due <= now)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buffer.borrow().is_empty() && self.packed.borrow().is_empty()
    }

    #[cfg(test)]
    pub(super) fn buffered(&self) -> std::cell::Ref<'_, Buffer> {
        self.buffer.borrow()
    }

    pub(super) fn flush(&self, now: Duration) {
        let mut buffer = self.buffer.borrow_mut();
        let end = buffer.len();
        self.write(&mut buffer, end, now);
    }

    /// Writes the lines before the newest, which begins at `before`; that one too if it is longer than the room for all.
    fn make_room(&self, buffer: &mut Buffer, now: Duration, (before, room): (usize, usize)) {
        let newest = buffer.len() - before;
        let left = self.write(buffer, before, now);
        self.since.set(now);
        if left == 0 && newest > room {
            let end = buffer.len();
            self.write(buffer, end, now);
        } else if left > room.max(ONE_TURN) {
            buffer.drop_after(left);
            self.count_dropped(1, None, now);
        }
    }

    /// Writes the bytes before `end`; the result is how many of them are still there because the file takes no more now.
    fn write(&self, buffer: &mut Buffer, end: usize, now: Duration) -> usize {
        let written = match self.buffering.and_then(|buffering| buffering.gzip) {
            Some(level) => self.write_packed(buffer, end, level),
            None => buffer.write(end, |bytes| self.file.write(bytes)),
        };
        if written.dropped > 0 {
            self.count_dropped(written.dropped, written.error.as_ref(), now);
        }
        written.left
    }

    /// What is written at once is a member of the gzip file (RFC 1952 §2.2).
    fn write_packed(&self, buffer: &mut Buffer, end: usize, level: u8) -> Written {
        let mut packed = self.packed.borrow_mut();
        let taken = buffer.write(end, |lines| {
            if packed.len() < MOST_PACKED {
                let mut encoder = GzEncoder::new(&mut *packed, Compression::new(level.into()));
                encoder.write_all(lines)?;
                encoder.finish()?;
                Ok(lines.len())
            } else {
                Err(io::ErrorKind::StorageFull.into())
            }
        });
        match self.file.write_all(&mut packed) {
            Ok(()) => taken,
            Err(error) => Written { dropped: taken.dropped.max(1), error: Some(error), ..taken },
        }
    }

    fn count_dropped(&self, lines: u64, error: Option<&io::Error>, now: Duration) {
        let full = io::Error::from(rustix::io::Errno::AGAIN);
        self.shared.count_dropped(
            &self.failures,
            (Level::Alert, lines, now),
            |lines, error| {
                let path = self.file.path().unwrap_or(Path::new("stderr"));
                format!("write() to \"{}\" failed {error}, lines dropped: {lines}", path.display())
            },
            error.unwrap_or(&full),
        );
    }
}
