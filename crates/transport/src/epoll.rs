//! Sockets watched by tokio's epoll: the transport where `io_uring` is refused.

mod listener;
mod socket;

pub(crate) use listener::Listener;
pub(crate) use socket::{Socket, connect};
