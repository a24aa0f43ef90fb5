//! What the proxy tells about itself: error log, access logs, counters.
#![forbid(unsafe_code)]

pub mod access_log;
pub mod counters;
pub mod error_log;
pub mod escape;
mod histogram;
mod log_file;
mod time_text;

pub use access_log::{AccessLog, AccessLogs, Buffering};
pub use counters::{Counter, Counters, Totals};
pub use error_log::{Context, ErrorLog, Level, Sink, SystemError};
pub use escape::Escape;
pub use histogram::{Histogram, Latencies};
pub use log_file::{LogFile, LogFiles};
pub use time_text::{TimeText, append_msec};
