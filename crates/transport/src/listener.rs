//! `Listener`: a listening socket from which this worker takes connections.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use crate::address::Address;
use crate::epoll;
use crate::ring;
use crate::stream::Stream;
use crate::worker::Worker;

/// A bound, listening TCP or Unix socket.
///
/// Several workers may accept on duplicates of one socket, or each on its own (`SO_REUSEPORT`).
pub struct Listener {
    inner: Inner,
    address: Address,
    worker: Rc<Worker>,
}

enum Inner {
    Ring(ring::Listener),
    Epoll(epoll::Listener),
    Closed,
}

impl Listener {
    /// Takes connections from `fd`, a socket that listens already.
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        let socket = socket2::Socket::from(fd);
        let address = Address::from_kernel(&socket.local_addr()?);
        if !address.is_unix() {
            // Accepted sockets inherit it, which saves a call for each.
            socket.set_tcp_nodelay(true)?;
        }
        let worker = Worker::current();
        let inner = match &worker.driver {
            Some(driver) => Inner::Ring(ring::Listener::new(&worker, driver, socket)),
            None => Inner::Epoll(epoll::Listener::new(socket)?),
        };
        Ok(Self { inner, address, worker })
    }

    /// Takes the next connection, with its peer's address.
    ///
    /// An error that is of one connection only (it was aborted before it was accepted) is not reported; one that lasts, such as
    /// too many open files, is: the caller waits before it tries again. A closed listener
    /// fails with [`io::ErrorKind::NotConnected`]. May be dropped before it is done, and called again.
    pub async fn accept(&mut self) -> io::Result<(Stream, Address)> {
        loop {
            let accepted = match &mut self.inner {
                Inner::Ring(listener) => listener.accept().await,
                Inner::Epoll(listener) => listener.accept().await,
                Inner::Closed => return Err(io::ErrorKind::NotConnected.into()),
            };
            match accepted.and_then(|socket| self.stream(socket)) {
                Err(error) if is_of_one_connection(&error) => {}
                outcome => return outcome,
            }
        }
    }

    fn stream(&self, socket: socket2::Socket) -> io::Result<(Stream, Address)> {
        let peer = if self.address.is_unix() { Address::unnamed() } else { Address::from_kernel(&socket.peer_addr()?) };
        Ok((Stream::from_socket(&self.worker, socket, peer.clone())?, peer))
    }

    /// The address that is listened on.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Takes no connection that is not in the socket's queue already: [`Listener::accept`] yields those, then fails with
    /// [`io::ErrorKind::NotConnected`].
    pub fn stop(&mut self) {
        match &mut self.inner {
            Inner::Ring(listener) => listener.stop(),
            Inner::Epoll(listener) => listener.stop(),
            Inner::Closed => {}
        }
    }

    /// Stops listening: this duplicate of the socket is closed, and so is what nobody has taken.
    pub fn close(&mut self) {
        self.inner = Inner::Closed;
    }
}

/// Errors of accept(2) that concern the connection rather than the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ECONNABORTED
                | libc::EINTR
                | libc::EPROTO
                | libc::EPERM
                | libc::ENOTCONN
                | libc::ENETDOWN
                | libc::ENOPROTOOPT
                | libc::EHOSTDOWN
                | libc::ENONET
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
        )
    )
}
