//! Bounds on the client's side of an exchange.

use crate::{ByteSize, Template};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Bounds on what a client may send, and how fast it must.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClientLimits {
    /// Largest request body; 0: unlimited.
    pub max_body: ByteSize,
    /// How much of a request body is held in memory; more goes to a file.
    pub body_buffer: ByteSize,
    /// Whether bodies always go to a file, and whether it is kept.
    pub body_in_file: BodyInFile,
    /// Where that file is made.
    pub temp_directory: PathBuf,
    /// Time that may pass between two reads of a body.
    pub body_timeout: Duration,
    /// Whether a connection that timed out is reset rather than closed.
    pub reset_timed_out: bool,
}

/// Whether a request body always goes to a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum BodyInFile {
    /// Only what does not fit in memory.
    #[default]
    Off,
    /// Always; the file is removed after the request.
    Clean,
    /// Always; the file stays.
    Keep,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            max_body: ByteSize(1 << 20),
            body_buffer: ByteSize(16384),
            body_in_file: BodyInFile::Off,
            temp_directory: PathBuf::new(),
            body_timeout: Duration::from_mins(1),
            reset_timed_out: false,
        }
    }
}

/// How long client connections live.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeepAlive {
    /// Idle time after which a connection is closed; zero: closed after each response.
    pub timeout: Duration,
    /// What `Keep-Alive: timeout=` tells the client, if anything.
    pub announced: Option<Duration>,
    /// Idle time that a connection is kept at least, even while draining.
    pub min_timeout: Duration,
    /// Most requests of one connection.
    pub requests: u64,
    /// Longest life of one connection.
    pub time: Duration,
    /// A connection ends with the answer to a request for which this is neither empty nor 0.
    pub refused: Option<Template>,
    /// Browsers whose connections are not kept, because they make mistakes with them.
    pub mistaken: Mistaken,
}

/// Browsers that make mistakes with connections that are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Mistaken {
    /// Internet Explorer up to 6, after it has sent a POST.
    pub old_explorer: bool,
    /// Safari on macOS.
    pub safari: bool,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(75),
            announced: None,
            min_timeout: Duration::ZERO,
            requests: 1000,
            time: Duration::from_hours(1),
            refused: None,
            mistaken: Mistaken::default(),
        }
    }
}

/// How a connection is closed while its client may still send.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lingering {
    /// When to read on and discard.
    pub when: LingerWhen,
    /// For how long in all.
    pub time: Duration,
    /// For how long without new data.
    pub timeout: Duration,
}

impl Default for Lingering {
    fn default() -> Self {
        Self { when: LingerWhen::Needed, time: Duration::from_secs(30), timeout: Duration::from_secs(5) }
    }
}

/// When a closing connection reads on and discards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum LingerWhen {
    /// Never.
    Never,
    /// Where the client may be sending still.
    #[default]
    Needed,
    /// Always.
    Always,
}
