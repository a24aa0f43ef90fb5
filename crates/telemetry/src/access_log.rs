//! Access logs of one worker: lines are gathered and written together, and a write that fails stops nothing.

mod buffer;
mod file;
mod paths;

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

pub use file::FileLog;
pub use paths::{LogOfPaths, OpenFiles};

use crate::counters::Counters;
use crate::error_log::{ErrorLog, Level, SystemError};
use crate::log_file::LogFile;
use crate::syslog::Syslog;
use crate::time_text::TimeText;

/// Failures of one log are reported at most so often, as in nginx.
const REPORT_EVERY: Duration = Duration::from_mins(1);
/// How long a worker that has nothing else to do may leave lines alone that are due.
const LATEST: Duration = Duration::from_secs(1);
/// The shortest of such times.
const SOONEST: Duration = Duration::from_millis(10);

/// How lines of a file are gathered: `access_log … buffer=SIZE flush=TIME gzip=LEVEL`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Buffering {
    /// Lines are gathered until they are this many bytes.
    pub size: usize,
    /// And at most so long.
    pub flush: Option<Duration>,
    /// What is written at once is packed, at this level (1 to 9).
    pub gzip: Option<u8>,
}

/// All access logs of a worker.
#[derive(Debug)]
pub struct AccessLogs {
    shared: Rc<Shared>,
    files: RefCell<Vec<FileLog>>,
    paths: RefCell<Vec<LogOfPaths>>,
}

#[derive(Debug)]
struct Shared {
    errors: ErrorLog,
    counters: Arc<Counters>,
    time: TimeText,
    /// Files with lines that are not written yet.
    waiting: RefCell<Vec<FileLog>>,
}

/// One access log of a worker; clones are the same log.
#[derive(Clone, Debug)]
pub enum AccessLog {
    /// A file.
    File(FileLog),
    /// A syslog server.
    Syslog(SyslogLog),
    /// Files whose paths come with the lines.
    Paths(LogOfPaths),
    /// Lines are lost.
    Nowhere,
}

/// Lines that are messages for a syslog server.
#[derive(Clone, Debug)]
pub struct SyslogLog(Rc<Messages>);

#[derive(Debug)]
struct Messages {
    shared: Rc<Shared>,
    server: Arc<Syslog>,
    severity: Level,
    failures: Failures,
}

/// What became of lines that could not be written.
#[derive(Default, Debug)]
struct Failures {
    lines: Cell<u64>,
    reported: Cell<Option<Duration>>,
}

impl AccessLogs {
    /// No logs yet. Failing writes are reported to `errors` and counted in `counters`.
    pub fn new(errors: ErrorLog, counters: Arc<Counters>) -> Self {
        let shared = Shared { errors, counters, time: TimeText::system(), waiting: RefCell::default() };
        Self { shared: Rc::new(shared), files: RefCell::default(), paths: RefCell::default() }
    }

    /// The log that writes to this file; the same one where it is asked for again, so that lines keep their order.
    pub fn file(&self, file: &Arc<LogFile>, buffering: Option<Buffering>) -> FileLog {
        let mut files = self.files.borrow_mut();
        // A plan that is gone leaves logs that nobody else holds.
        files.retain(|log| Rc::strong_count(&log.0) > 1);
        let known = files.iter().find(|log| Arc::ptr_eq(&log.0.file, file) && log.0.buffering == buffering);
        if let Some(log) = known {
            return log.clone();
        }
        let log = FileLog::new(&self.shared, file, buffering);
        files.push(log.clone());
        log
    }

    /// A log whose lines go to a syslog server.
    pub fn syslog(&self, server: &Arc<Syslog>, severity: Level) -> SyslogLog {
        let (shared, server) = (Rc::clone(&self.shared), Arc::clone(server));
        SyslogLog(Rc::new(Messages { shared, server, severity, failures: Failures::default() }))
    }

    /// A log whose lines come with the paths of their files.
    pub fn paths(&self, open: Option<OpenFiles>) -> LogOfPaths {
        let mut paths = self.paths.borrow_mut();
        paths.retain(LogOfPaths::is_in_use);
        let log = LogOfPaths::new(&self.shared, open);
        paths.push(log.clone());
        log
    }

    /// Writes what is due: all lines of unbuffered logs, and those that waited for their `flush` time. For the end of a turn.
    pub fn flush_all(&self, now: Duration) {
        self.flush_if(now, |log| log.is_due(now));
    }

    /// Writes all lines: before logs are reopened, and at the end. Files that were kept open are closed.
    pub fn flush_everything(&self, now: Duration) {
        self.flush_if(now, |_| true);
        self.paths.borrow().iter().for_each(LogOfPaths::close);
    }

    /// When [`AccessLogs::flush_all`] must be called at the latest, even if the worker has nothing else to do.
    pub fn next_flush(&self) -> Option<Duration> {
        let waiting = self.shared.waiting.borrow();
        waiting.iter().filter_map(|log| log.0.due_at()).min()
    }

    /// How often an idle worker should call [`AccessLogs::flush_all`].
    pub fn tick(&self) -> Duration {
        let files = self.files.borrow();
        let shortest = files.iter().filter_map(|log| log.0.buffering?.flush).min();
        shortest.map_or(LATEST, |shortest| shortest.clamp(SOONEST, LATEST))
    }

    fn flush_if(&self, now: Duration, due: impl Fn(&file::Lines) -> bool) {
        self.shared.waiting.borrow_mut().retain(|log| {
            let log = &*log.0;
            if due(log) {
                log.flush(now);
            }
            let keep = !log.is_empty();
            log.is_waiting.set(keep);
            keep
        });
        self.paths.borrow().iter().for_each(|log| log.flush(now));
    }
}

impl Drop for AccessLogs {
    fn drop(&mut self) {
        // Times only decide when failures are reported.
        self.flush_everything(Duration::ZERO);
    }
}

impl SyslogLog {
    /// Sends a line, which `write` appends.
    pub fn append(&self, now: Duration, write: impl FnOnce(&mut Vec<u8>)) {
        let log = &*self.0;
        if let Err(error) = log.server.send((log.severity, &log.shared.time, now), write) {
            let server = log.server.address();
            log.shared.count_dropped(
                &log.failures,
                (Level::Error, 1, now),
                |lines, error| format!("send() to syslog server {server} failed {error}, lines dropped: {lines}"),
                &error,
            );
        }
    }
}

impl Shared {
    /// Counts lines that are lost, and says so now and then.
    fn count_dropped(
        &self,
        failures: &Failures,
        (level, lines, now): (Level, u64, Duration),
        report: impl FnOnce(u64, SystemError<'_>) -> String,
        error: &io::Error,
    ) {
        self.counters.log_lines_dropped.add(lines);
        let lines = failures.lines.get() + lines;
        failures.lines.set(lines);
        let silent = failures.reported.get().is_some_and(|reported| now.saturating_sub(reported) < REPORT_EVERY);
        if !silent {
            self.errors.log(level, format_args!("{}", report(lines, SystemError(error))));
            failures.lines.set(0);
            failures.reported.set(Some(now));
        }
    }
}

#[cfg(test)]
mod tests;
