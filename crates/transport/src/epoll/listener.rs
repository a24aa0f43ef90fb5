//! A listening socket watched by epoll.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{SocketFlags, accept_with};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::kernel;

/// A listening socket.
pub(crate) struct Listener {
    watched: AsyncFd<socket2::Socket>,
}

impl Listener {
    /// Takes over a bound, listening socket. It is made non-blocking, here and in every process that shares it: another worker
    /// may take the connection that woke this one.
    pub(crate) fn new(socket: socket2::Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { watched: kernel::watch(socket, Interest::READABLE)? })
    }

    pub(crate) async fn accept(&self) -> io::Result<socket2::Socket> {
        self.watched
            .async_io(Interest::READABLE, |listener| {
                let accepted: OwnedFd = accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?;
                Ok(socket2::Socket::from(accepted))
            })
            .await
    }
}
