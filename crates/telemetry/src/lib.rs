//! What the proxy tells about itself: error log, access logs, counters.
#![forbid(unsafe_code)]

pub mod access_log;
pub mod counters;
pub mod error_log;
pub mod escape;
mod histogram;
mod log_file;
mod memory_log;
mod status_counts;
mod syslog;
mod time_text;
mod zone_tally;

pub use access_log::{AccessLog, AccessLogs, Buffering, LogOfPaths, OpenFiles};
pub use counters::{Counter, Counters, Totals};
pub use error_log::{Context, ErrorLog, Level, Output, Sink, SystemError};
pub use escape::Escape;
pub use histogram::{Histogram, Latencies};
pub use log_file::{LogFile, LogFiles};
pub use memory_log::MemoryLog;
pub use status_counts::StatusCounts;
pub use syslog::{Syslog, SyslogAddress};
pub use time_text::{TimeText, append_msec};
pub use zone_tally::{ZoneTally, ZoneTotals};
