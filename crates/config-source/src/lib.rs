//! What every language of configurations shares: files and patterns that name several, close words, how directives are counted.
#![forbid(unsafe_code)]

mod arity;
mod authorities;
mod files;
pub mod glob;
mod suggest;
mod support;

pub use arity::{Arity, at_least, between, take};
pub use authorities::system_authorities;
pub use files::{Disk, Files, Folder, Memory, Text, read, reason};
pub use suggest::closest;
pub use support::{Effects, Known, NoEffect, Server, Support, page};
