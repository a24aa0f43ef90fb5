//! What a worker stands on: its runtime, sockets on `io_uring` or epoll, listeners, files, clock and timers.
//!
//! Everything here belongs to one thread: a worker's streams, buffers and ring are `!Send`.

pub mod clock;
pub mod file;
pub mod proxy_protocol;
pub mod runtime;

mod address;
mod chunk;
mod connect;
mod deadline;
mod epoll;
mod kernel;
mod listener;
mod output;
mod ring;
mod sendfile;
mod stream;
mod turn;
mod worker;

pub use address::Address;
pub use chunk::Chunk;
pub use connect::{ConnectOptions, connect};
pub use deadline::Deadline;
pub use listener::Listener;
pub use stream::{Keepalive, Layer, Stream};

/// Bytes that may be queued on a stream, or be under way to the kernel, before [`Stream::poll_ready`] waits.
pub const HIGH_WATER: usize = 64 * 1024;
