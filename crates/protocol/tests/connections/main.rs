//! The two connections over real sockets, on every transport that the kernel allows.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod client;
mod pair;
mod server;
