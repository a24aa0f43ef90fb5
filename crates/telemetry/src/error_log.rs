//! The error log: what went wrong, and on which request, in nginx's line format.

mod line;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;

use crate::log_file::LogFile;
use crate::memory_log::MemoryLog;
use crate::syslog::Syslog;
use crate::time_text::TimeText;
use line::Line;

/// How grave a message is, the gravest first.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Level {
    /// The system is unusable.
    Emergency = 1,
    /// Must be acted on at once.
    Alert,
    /// Critical.
    Critical,
    /// A request failed.
    Error,
    /// Something odd.
    Warning,
    /// Normal, but worth knowing.
    Notice,
    /// Chatter.
    Info,
    /// For whoever builds the program.
    Debug,
}

impl Level {
    /// The word in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Emergency => "emerg",
            Self::Alert => "alert",
            Self::Critical => "crit",
            Self::Error => "error",
            Self::Warning => "warn",
            Self::Notice => "notice",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// What takes lines.
#[derive(Clone, Debug)]
pub enum Output {
    /// A file.
    File(Arc<LogFile>),
    /// A syslog server: each line is a message.
    Syslog(Arc<Syslog>),
    /// Memory.
    Memory(Arc<MemoryLog>),
}

/// Where lines go, and down to which level.
#[derive(Clone, Debug)]
pub struct Sink {
    /// What takes them.
    pub output: Output,
    /// The least grave level that is written.
    pub level: Level,
}

/// What a message is about. Values that are there stand behind the message, in this order.
#[derive(Copy, Clone, Default, Debug)]
pub struct Context<'a> {
    /// The number of the client's connection.
    pub connection: Option<u64>,
    /// What was being done: `while connecting to upstream`.
    pub doing: Option<&'a str>,
    /// The client's address.
    pub client: Option<&'a [u8]>,
    /// The site's name, or the listener's address before the site is known.
    pub server: Option<&'a [u8]>,
    /// The request line.
    pub request: Option<&'a [u8]>,
    /// The path of a request inside the request.
    pub subrequest: Option<&'a [u8]>,
    /// The peer's URL.
    pub upstream: Option<&'a [u8]>,
    /// The Host field.
    pub host: Option<&'a [u8]>,
    /// The Referer field.
    pub referrer: Option<&'a [u8]>,
}

/// A handle to an error log; clones write to the same sinks.
#[derive(Clone, Debug)]
pub struct ErrorLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The least grave level that some sink takes; 0 where there is no sink.
    threshold: AtomicU8,
    sinks: ArcSwap<Vec<Sink>>,
    dropped: AtomicU64,
}

/// The log for messages that belong to no site: standard error, down to `notice`, until [`ErrorLog::configure`] is called on it.
pub fn process() -> &'static ErrorLog {
    static PROCESS: LazyLock<ErrorLog> = LazyLock::new(|| {
        let level = Level::Notice;
        let stderr = LogFile::stderr().map(|file| Sink { output: Output::File(file), level });
        ErrorLog::new(stderr.into_iter().collect())
    });
    &PROCESS
}

impl ErrorLog {
    /// A log that writes to these sinks.
    pub fn new(sinks: Vec<Sink>) -> Self {
        let log = Self(Arc::new(Shared {
            threshold: AtomicU8::new(0),
            sinks: ArcSwap::default(),
            dropped: AtomicU64::new(0),
        }));
        log.configure(sinks);
        log
    }

    /// Lines go to these sinks from now on.
    pub fn configure(&self, sinks: Vec<Sink>) {
        let threshold = sinks.iter().map(|sink| sink.level as u8).max();
        self.0.sinks.store(Arc::new(sinks));
        self.0.threshold.store(threshold.unwrap_or(0), Ordering::Relaxed);
    }

    /// Whether a message of this level would be written. One load: ask before gathering a [`Context`].
    pub fn enabled(&self, level: Level) -> bool {
        level as u8 <= self.0.threshold.load(Ordering::Relaxed)
    }

    /// Writes a message; `message` is put into words only if some sink takes it.
    pub fn log(&self, level: Level, message: fmt::Arguments<'_>) {
        self.log_in(level, &Context::default(), message);
    }

    /// Writes a message about a connection or a request.
    pub fn log_in(&self, level: Level, context: &Context<'_>, message: fmt::Arguments<'_>) {
        if self.enabled(level) {
            self.put(level, context, message, false);
        }
    }

    /// Writes a message about a connection that is watched: to all sinks, whatever their levels.
    pub fn log_watched(&self, level: Level, context: &Context<'_>, message: fmt::Arguments<'_>) {
        self.put(level, context, message, true);
    }

    fn put(&self, level: Level, context: &Context<'_>, message: fmt::Arguments<'_>, everywhere: bool) {
        #[expect(
            clippy::disallowed_methods,
            reason = "messages are rare, and come from threads without transport's clock too"
        )]
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        thread_local! {
            static TIME: TimeText = TimeText::system();
        }
        let (mut line, now) = (Line::new(), now.unwrap_or_default());
        TIME.with(|time| {
            line.write(time, now, (level, context, message));
            self.write((level, time, now), line.as_bytes(), everywhere);
        });
    }

    /// How many lines could not be written since the start.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    fn write(&self, when: (Level, &TimeText, Duration), line: &[u8], everywhere: bool) {
        for sink in self.0.sinks.load().iter() {
            if (everywhere || when.0 <= sink.level) && sink.output.write(when, line).is_err() {
                self.0.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Output {
    fn write(&self, when: (Level, &TimeText, Duration), line: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write(line).map(drop),
            Self::Syslog(syslog) => {
                syslog.send(when, |out| out.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line)))
            }
            Self::Memory(memory) => memory.write(line),
        }
    }
}

/// An error of the system as nginx writes it: `(111: Connection refused)`.
#[derive(Copy, Clone, Debug)]
pub struct SystemError<'e>(pub &'e io::Error);

impl fmt::Display for SystemError<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        match self.0.raw_os_error() {
            Some(code) => {
                let suffix = format!(" (os error {code})");
                let text = text.strip_suffix(suffix.as_str()).unwrap_or(&text);
                write!(formatter, "({code}: {text})")
            }
            None => write!(formatter, "({text})"),
        }
    }
}

#[cfg(test)]
mod tests;
