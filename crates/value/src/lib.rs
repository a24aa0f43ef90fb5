//! Values that a configuration computes per request: text with variables, regular expressions, maps and host names.
#![forbid(unsafe_code)]

mod function;
mod host_table;
mod map;
mod names;
mod regex;
mod template;

pub use function::apply;
pub use host_table::{HostMatch, HostTable, HostVerdict, Outcome, Reason};
pub use map::{Map, MapChoice};
pub use regex::{Captures, MatchError, Regex, RegexError};
pub use template::{Part, Template, Variables};
