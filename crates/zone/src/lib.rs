//! State that workers share and that outlives a reload: tables of a fixed size, found by name, changed without locks.
#![forbid(unsafe_code)]

mod names;
mod registry;
mod table;

pub use names::{Kind, open};
pub use registry::Registry;
pub use table::{Full, Place, Table};
