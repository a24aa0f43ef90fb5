//! The HTTP/1 codec from outside: bytes in, events out, however the bytes are cut.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod chunked;
mod events;
mod heads;
mod limits;
mod responses;
mod round_trips;
mod smuggling;
mod trailers;
mod writing;
