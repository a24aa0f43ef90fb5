//! End-to-end tests: the real binary on loopback, raw clients before it, scripted peers behind it; each group on both transports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod cli;
mod http;
mod process;
