//! Where connections come in: sockets that tell whether one waits, and one that takes none.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::address::{Loopback, patiently};
use crate::wire::Wire;

/// Where a peer's connections come in.
pub(super) trait Listener: AsFd + Send + Sized + 'static {
    /// Takes the next connection, which has come.
    fn take(&self) -> io::Result<Wire>;
    /// A second handle on the same socket.
    fn duplicate(&self) -> io::Result<OwnedFd> {
        self.as_fd().try_clone_to_owned()
    }
}

impl Listener for TcpListener {
    fn take(&self) -> io::Result<Wire> {
        Wire::from_tcp(self.accept()?.0)
    }
}

impl Listener for UnixListener {
    fn take(&self) -> io::Result<Wire> {
        Wire::from_unix(self.accept()?.0)
    }
}

/// Whether a connection waits to be accepted; waits for one without a bound unless `now`.
pub(super) fn is_reached(listener: impl AsFd, now: bool) -> bool {
    let zero = Timespec::default();
    poll(&mut [PollFd::new(&listener, PollFlags::IN)], now.then_some(&zero)).is_ok_and(|ready| ready > 0)
}

/// A listener on which nothing is accepted and whose queue is full: to connect to it takes for ever.
pub struct FullListener {
    _socket: socket2::Socket,
    _waiting: Vec<TcpStream>,
}

impl FullListener {
    /// Listens, and fills its own queue.
    pub fn bind(address: Loopback) -> Self {
        let address = address.socket();
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        patiently(|| socket.bind(&address.into()));
        socket.listen(0).unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(50));
        let waiting: Vec<TcpStream> = std::iter::repeat_with(connect).map_while(Result::ok).take(16).collect();
        assert!(waiting.len() < 16, "the queue never fills");
        Self { _socket: socket, _waiting: waiting }
    }
}
