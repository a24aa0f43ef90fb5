//! Where the text of a configuration comes from, whatever its language: files, patterns that name several, close words.
#![forbid(unsafe_code)]

mod files;
pub mod glob;
mod suggest;

pub use files::{Disk, Files, Memory, Text, read, reason};
pub use suggest::closest;
