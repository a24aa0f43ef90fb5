//! Holds the tree to the rules that no compiler knows: walls between crates, sizes, first lines, sorted tables.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod edges;
mod functions;
mod pages;
mod sources;
mod tables;
mod tree;
