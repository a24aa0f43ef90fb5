//! Registering a descriptor with tokio's epoll.

use std::io;
use std::os::fd::AsRawFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Watches a descriptor that this crate owns for as long as it is watched.
pub(crate) fn watch<T: OwnsDescriptor>(owner: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    // SAFETY: the owner keeps one descriptor open until it is dropped, after `AsyncFd` has taken it out of epoll.
    let watched = unsafe { AsyncFd::register_with_interest(owner, interest) };
    Ok(watched?)
}

/// What keeps one and the same descriptor open for as long as it lives.
pub(crate) trait OwnsDescriptor: AsRawFd {}

impl OwnsDescriptor for socket2::Socket {}
impl OwnsDescriptor for std::os::fd::OwnedFd {}
