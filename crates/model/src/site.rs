//! Sites: what one host name (or several) serves.

use crate::{ByteSize, Http2, Location, Pattern, Section, Step, Termination};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Index of a site in [`crate::Http::sites`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct SiteId(pub u32);

/// A virtual host.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Site {
    /// Names that it answers to.
    pub names: Vec<SiteName>,
    /// The name to use where one is needed (redirects, `$server_name`).
    pub primary_name: String,
    /// Runs before a location is chosen.
    pub script: Vec<Step>,
    /// Its locations, in the order of the configuration.
    pub locations: Vec<Location>,
    /// Which of them takes a path that several fit.
    pub choice: Choice,
    /// What holds where no location matches, and before one is chosen.
    pub section: Section,
    /// How request heads are read (the default site's count until the name is known).
    pub head: HeadReading,
    /// Whether `//` in a path is read as `/` for choosing a location.
    pub merge_slashes: bool,
    /// What becomes of a path in which `/` is escaped.
    pub escaped_slashes: EscapedSlashes,
    /// Whether and how HTTP/2 is spoken (the default site's counts until the name is known).
    pub http2: Http2,
    /// How TLS connections are made; `None`: nothing is said of it.
    pub tls: Option<Box<Termination>>,
    /// The name under which its requests are counted.
    pub tally: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// Which of several locations takes a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Choice {
    /// The one that fits best, as each [`crate::Matcher`] says it.
    #[default]
    Best,
    /// The first of the configuration that fits.
    First,
}

/// What becomes of a path in which `/` is escaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum EscapedSlashes {
    /// It is read as `/`.
    #[default]
    Slashes,
    /// It stays escaped, in the path and where that is sent on.
    Kept,
    /// There is nothing under such a path, nor under one with an escaped zero byte: 404.
    Refused,
}

/// How request heads are read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeadReading {
    /// First buffer.
    pub buffer: ByteSize,
    /// Most larger buffers.
    pub large_count: u32,
    /// Size of a larger buffer; neither the request line nor a field may be longer.
    pub large_size: ByteSize,
    /// Longest request line where it has a limit of its own, beside which buffers do not count; 0: it has none.
    pub max_line: ByteSize,
    /// Time that a whole head may take.
    pub timeout: Duration,
    /// Whether fields with unusual names are dropped (otherwise they are passed on).
    pub drop_invalid: bool,
    /// Whether `_` is usual in a name.
    pub underscores: bool,
    /// Most fields.
    pub max_fields: u32,
}

impl Default for HeadReading {
    fn default() -> Self {
        Self {
            buffer: ByteSize(1024),
            large_count: 4,
            large_size: ByteSize(8192),
            max_line: ByteSize(0),
            timeout: Duration::from_mins(1),
            drop_invalid: true,
            underscores: false,
            max_fields: 1000,
        }
    }
}

/// One name of a site. Text is lower case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SiteName {
    /// This name; the empty one answers requests that name no host.
    Exact(String),
    /// Names that end in `.` and this text; `bare`: the text itself too.
    Leading {
        /// Without the leading dot.
        suffix: String,
        /// Whether the suffix alone matches.
        bare: bool,
    },
    /// Names that begin with this text and `.`.
    Trailing(String),
    /// Names that the expression matches; its named groups become variables.
    Regex(Pattern),
}
