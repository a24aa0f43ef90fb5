//! Everything that the compiler cannot check: the receive buffers' memory and the ring shared with the kernel.
#![allow(unsafe_code, reason = "memory that the kernel writes to, and the ring's queues, have no safe form")]

mod cached;
mod option;
mod pool;
mod published;
mod request;
mod ring;
mod sending;
mod watch;

pub(crate) use cached::read_cached;
pub(crate) use option::bind_address_without_port;
pub(crate) use pool::{Lease, SMALL};
pub(crate) use request::{Request, adopt};
pub(crate) use ring::{Completion, Pools, Receive, Ring};
pub(crate) use sending::{MORE, ONCE, SOME, Sending};
pub(crate) use watch::watch;
