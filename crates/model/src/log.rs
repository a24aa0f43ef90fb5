//! Access logs and error logs.

use crate::{ByteSize, Condition, ServerAddress, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Logs of one section.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as operators know them")]
pub struct Logging {
    /// Where finished requests are written.
    pub access: Vec<AccessLog>,
    /// How files of access logs whose paths are worked out for each line are kept open.
    pub open_files: Option<OpenLogFiles>,
    /// Where problems are written.
    pub error: Vec<ErrorLog>,
    /// Whether a file that is not there is a problem.
    pub not_found: bool,
    /// Whether requests inside requests are written to access logs.
    pub subrequests: bool,
    /// Whether each step of a script is written to the error log (at level notice).
    pub rewrite: bool,
    /// Whether an uninitialised variable is a warning.
    pub uninitialized: bool,
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            access: Vec::new(),
            open_files: None,
            error: Vec::new(),
            not_found: true,
            subrequests: false,
            rewrite: false,
            uninitialized: true,
        }
    }
}

/// An access log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AccessLog {
    /// Where lines go.
    pub target: AccessTarget,
    /// Index of the format in [`crate::Http::log_formats`].
    pub format: usize,
    /// The line is written only if this holds; a test of a file in it never does.
    pub condition: Option<Condition>,
    /// Lines are gathered until so many bytes are there.
    pub buffer: Option<ByteSize>,
    /// Gathered lines are written at least so often.
    pub flush: Option<Duration>,
    /// What is written at once is one compressed member of a gzip file, at this level (1 to 9).
    pub gzip: Option<u8>,
    /// Where it was written.
    pub origin: Origin,
}

/// Where lines of an access log go.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum AccessTarget {
    /// Always there.
    Fixed(LogTarget),
    /// A file whose path is worked out for each line; only where the root directory of the request exists.
    Path(Template),
}

impl AccessTarget {
    /// Where lines go if that is always the same.
    pub fn fixed(&self) -> Option<&LogTarget> {
        match self {
            Self::Fixed(target) => Some(target),
            Self::Path(_) => None,
        }
    }
}

/// How many files of logs are kept open, and how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenLogFiles {
    /// So many at most; that which was used longest ago is closed.
    pub most: usize,
    /// One that was not used for so long is closed.
    pub inactive: Duration,
    /// After so long it is looked whether the path still leads to the file.
    pub valid: Duration,
    /// A file is kept open once it was used so often.
    pub least_uses: u64,
}

/// Where log lines go.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum LogTarget {
    /// A file.
    File(PathBuf),
    /// The standard error stream.
    Stderr,
    /// A syslog server.
    Syslog(Syslog),
    /// So much memory of the process, in which the newest lines take the place of the oldest.
    Memory(ByteSize),
}

/// A syslog server (RFC 3164), and what it is told of each line.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Syslog {
    /// Where it is: UDP, or a Unix-domain datagram socket.
    pub server: ServerAddress,
    /// Number of the facility, 0 to 23.
    pub facility: u8,
    /// How severe lines are that do not say so themselves.
    pub severity: Level,
    /// Who speaks: at most 32 letters, digits and `_`.
    pub tag: String,
    /// Whether the machine's name is sent.
    pub host_name: bool,
}

/// A named format of access-log lines.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LogFormat {
    /// Its name.
    pub name: String,
    /// How values are made safe.
    pub escape: Escape,
    /// The line, without its end.
    pub line: Template,
}

/// How values are made safe in a log line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Escape {
    /// `\xHH` for quotes, backslashes and what is not printable; `-` for what is not there.
    #[default]
    Default,
    /// `\"`, `\\`, `\n` and the like as C writes them, `\xhh` for what else is not printable; `-` for what is not there.
    C,
    /// As in a JSON string.
    Json,
    /// Not at all.
    None,
}

/// An error log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorLog {
    /// Where lines go.
    pub target: LogTarget,
    /// The least severe level that is written.
    pub level: Level,
    /// Where it was written.
    pub origin: Origin,
}

/// Severity of an error-log line, most severe first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Level {
    /// The system is unusable.
    Emergency,
    /// Must be acted on at once.
    Alert,
    /// Critical.
    Critical,
    /// A request failed.
    Error,
    /// Something odd.
    Warning,
    /// Normal but worth knowing.
    Notice,
    /// Chatter.
    Info,
    /// For whoever builds the program.
    Debug,
}
