//! Access logs of one worker: lines are gathered and written together, and a write that fails stops nothing.

mod buffer;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::counters::Counters;
use crate::error_log::{ErrorLog, Level, SystemError};
use crate::log_file::LogFile;
use buffer::Buffer;

/// Lines of an unbuffered log are written before the turn is over if they are more than this, in bytes.
const ONE_TURN: usize = 64 << 10;
/// Failures of one log are reported at most so often, as in nginx.
const REPORT_EVERY: Duration = Duration::from_mins(1);

/// `access_log … buffer=SIZE flush=TIME`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Buffering {
    /// Lines are gathered until they are this many bytes.
    pub size: usize,
    /// And at most so long.
    pub flush: Option<Duration>,
}

/// All access logs of a worker.
#[derive(Debug)]
pub struct AccessLogs {
    shared: Rc<Shared>,
    logs: RefCell<Vec<AccessLog>>,
}

#[derive(Debug)]
struct Shared {
    errors: ErrorLog,
    counters: Arc<Counters>,
    /// Logs with lines that are not written yet.
    waiting: RefCell<Vec<AccessLog>>,
}

/// One access log of a worker; clones are the same log.
#[derive(Clone, Debug)]
pub struct AccessLog(Rc<Log>);

#[derive(Debug)]
struct Log {
    shared: Rc<Shared>,
    file: Arc<LogFile>,
    buffering: Option<Buffering>,
    buffer: RefCell<Buffer>,
    is_waiting: Cell<bool>,
    /// When the oldest line was added.
    since: Cell<Duration>,
    failures: Cell<Failures>,
}

#[derive(Copy, Clone, Default, Debug)]
struct Failures {
    lines: u64,
    reported: Option<Duration>,
}

impl AccessLogs {
    /// No logs yet. Failing writes are reported to `errors` and counted in `counters`.
    pub fn new(errors: ErrorLog, counters: Arc<Counters>) -> Self {
        Self { shared: Rc::new(Shared { errors, counters, waiting: RefCell::default() }), logs: RefCell::default() }
    }

    /// The log that writes to this file; the same one where it is asked for again, so that lines keep their order.
    pub fn log(&self, file: &Arc<LogFile>, buffering: Option<Buffering>) -> AccessLog {
        let mut logs = self.logs.borrow_mut();
        // A plan that is gone leaves logs that nobody else holds.
        logs.retain(|log| Rc::strong_count(&log.0) > 1);
        let known = logs.iter().find(|log| Arc::ptr_eq(&log.0.file, file) && log.0.buffering == buffering);
        if let Some(log) = known {
            return log.clone();
        }
        let log = AccessLog(Rc::new(Log {
            shared: Rc::clone(&self.shared),
            file: Arc::clone(file),
            buffering,
            buffer: RefCell::default(),
            is_waiting: Cell::new(false),
            since: Cell::default(),
            failures: Cell::default(),
        }));
        logs.push(log.clone());
        log
    }

    /// Writes what is due: all lines of unbuffered logs, and those that waited for their `flush` time. For the end of a turn.
    pub fn flush_all(&self, now: Duration) {
        self.flush_if(now, |log| log.is_due(now));
    }

    /// Writes all lines: before logs are reopened, and at the end.
    pub fn flush_everything(&self, now: Duration) {
        self.flush_if(now, |_| true);
    }

    /// When [`AccessLogs::flush_all`] must be called at the latest, even if the worker has nothing else to do.
    pub fn next_flush(&self) -> Option<Duration> {
        let waiting = self.shared.waiting.borrow();
        waiting.iter().filter_map(|log| log.0.due_at()).min()
    }

    fn flush_if(&self, now: Duration, due: impl Fn(&Log) -> bool) {
        self.shared.waiting.borrow_mut().retain(|log| {
            let log = &*log.0;
            if due(log) {
                log.flush(now);
            }
            let keep = !log.buffer.borrow().is_empty();
            log.is_waiting.set(keep);
            keep
        });
    }
}

impl Drop for AccessLogs {
    fn drop(&mut self) {
        // Times only decide when failures are reported.
        self.flush_everything(Duration::ZERO);
    }
}

impl AccessLog {
    /// Adds a line, which `write` appends (without its end) to the bytes it is given and must not otherwise change.
    pub fn append(&self, now: Duration, write: impl FnOnce(&mut Vec<u8>)) {
        let log = &*self.0;
        let mut buffer = log.buffer.borrow_mut();
        if buffer.is_empty() {
            log.since.set(now);
        }
        let before = buffer.append(write);
        let room = log.buffering.map_or(ONE_TURN, |buffering| buffering.size);
        if buffer.len() > room {
            log.make_room(&mut buffer, now, (before, room));
        }
        drop(buffer);
        if !log.is_waiting.replace(true) {
            log.shared.waiting.borrow_mut().push(self.clone());
        }
    }

    /// Where its lines go.
    pub fn file(&self) -> &Arc<LogFile> {
        &self.0.file
    }
}

impl Log {
    fn due_at(&self) -> Option<Duration> {
        match self.buffering {
            Some(buffering) => Some(self.since.get() + buffering.flush?),
            None => Some(self.since.get()),
        }
    }

    fn is_due(&self, now: Duration) -> bool {
        self.due_at().is_some_and(|due| due <= now)
    }

    fn flush(&self, now: Duration) {
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
        let written = buffer.write(end, |bytes| self.file.write(bytes));
        if written.dropped > 0 {
            self.count_dropped(written.dropped, written.error.as_ref(), now);
        }
        written.left
    }

    fn count_dropped(&self, lines: u64, error: Option<&std::io::Error>, now: Duration) {
        self.shared.counters.log_lines_dropped.add(lines);
        let mut failures = self.failures.get();
        failures.lines += lines;
        let silent = failures.reported.is_some_and(|reported| now.saturating_sub(reported) < REPORT_EVERY);
        if !silent {
            self.report(failures.lines, error);
            failures = Failures { lines: 0, reported: Some(now) };
        }
        self.failures.set(failures);
    }

    fn report(&self, lines: u64, error: Option<&std::io::Error>) {
        let full = std::io::Error::from(rustix::io::Errno::AGAIN);
        let error = SystemError(error.unwrap_or(&full));
        let path = self.file.path().unwrap_or(std::path::Path::new("stderr"));
        self.shared.errors.log(
            Level::Alert,
            format_args!("write() to \"{}\" failed {error}, lines dropped: {lines}", path.display()),
        );
    }
}

#[cfg(test)]
mod tests;
