//! The transport from outside: every test runs on epoll and, where the kernel allows it, on the ring.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that goes wrong fails")]

mod basics;
mod bounds;
mod files;
mod harness;
mod layer;
mod worker;
