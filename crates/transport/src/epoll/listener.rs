//! A listening socket watched by epoll.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{SocketFlags, accept_with};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::kernel;

/// Connections that a listener takes at most after it was stopped: others may go on with the same socket.
const LAST_CONNECTIONS: usize = 1024;

/// A listening socket.
pub(crate) struct Listener {
    watched: AsyncFd<socket2::Socket>,
    /// The listener stops: how many connections it may still take.
    left: Option<usize>,
}

impl Listener {
    /// Takes over a bound, listening socket. It is made non-blocking, here and in every process that shares it: another worker
    /// may take the connection that woke this one.
    pub(crate) fn new(socket: socket2::Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { watched: kernel::watch(socket, Interest::READABLE)?, left: None })
    }

    pub(crate) async fn accept(&mut self) -> io::Result<socket2::Socket> {
        if let Some(left) = &mut self.left {
            return match left.checked_sub(1).map(|fewer| (fewer, take(self.watched.get_ref()))) {
                Some((fewer, outcome)) if !would_block(&outcome) => {
                    *left = fewer;
                    outcome
                }
                _ => Err(io::ErrorKind::NotConnected.into()),
            };
        }
        self.watched.async_io(Interest::READABLE, take).await
    }

    /// From now on the queue is emptied, not waited for.
    pub(crate) fn stop(&mut self) {
        self.left.get_or_insert(LAST_CONNECTIONS);
    }
}

fn take(listener: &socket2::Socket) -> io::Result<socket2::Socket> {
    let accepted: OwnedFd = accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?;
    Ok(socket2::Socket::from(accepted))
}

fn would_block<T>(outcome: &io::Result<T>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}
