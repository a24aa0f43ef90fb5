//! nginx's configuration language: text becomes a lossless tree, and through tables of directives the model.

mod dump;
mod files;
mod glob;
mod include;
mod lexer;
mod parser;
pub mod tree;

pub use dump::dump;
pub use files::{Disk, Files, Memory};
pub use include::Reader;
pub use parser::parse;
mod suggest;
mod value;
