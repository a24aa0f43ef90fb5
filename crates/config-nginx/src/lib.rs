//! nginx's configuration language: text becomes a lossless tree, and through tables of directives the model.
#![forbid(unsafe_code)]

mod compatibility;
mod dump;
mod include;
mod lexer;
mod lower;
mod modules;
mod parser;
mod print;
mod table;
pub mod tree;
mod value;

pub use compatibility::{compatibility, compatibility_page};
pub use config_source::{Disk, Files, Memory};
pub use dump::dump;
pub use include::Reader;
pub use lower::{Lowered, Options, lower, read_servers};
pub use modules::is_directive;
pub use parser::parse;
pub use print::{Extent, Printed, Unsaid, print, print_servers};
