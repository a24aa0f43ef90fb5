//! The socket options of a stream.

use std::io;
use std::time::Duration;

use socket2::TcpKeepalive;

use crate::stream::Stream;

/// When the kernel probes a silent peer (`so_keepalive`); what is not set is the system's.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Keepalive {
    /// Silence before the first probe.
    pub idle: Option<Duration>,
    /// Time between probes.
    pub interval: Option<Duration>,
    /// Probes without an answer before the connection is given up.
    pub count: Option<u32>,
}

impl Keepalive {
    pub(crate) fn apply(&self, socket: &socket2::Socket) -> io::Result<()> {
        socket.set_keepalive(true)?;
        let mut parameters = TcpKeepalive::new();
        if let Some(idle) = self.idle {
            parameters = parameters.with_time(idle);
        }
        if let Some(interval) = self.interval {
            parameters = parameters.with_interval(interval);
        }
        if let Some(count) = self.count {
            parameters = parameters.with_retries(count);
        }
        if *self == Self::default() { Ok(()) } else { socket.set_tcp_keepalive(&parameters) }
    }
}

impl Stream {
    /// Sets `TCP_NODELAY`, which every TCP stream starts with.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        if self.peer_address().is_unix() { Ok(()) } else { self.socket().set_tcp_nodelay(nodelay) }
    }

    /// Whether `TCP_NODELAY` is set; always so on a Unix socket.
    pub fn nodelay(&self) -> io::Result<bool> {
        if self.peer_address().is_unix() { Ok(true) } else { self.socket().tcp_nodelay() }
    }

    /// Sets `TCP_CORK` (`tcp_nopush`).
    pub fn set_nopush(&self, nopush: bool) -> io::Result<()> {
        if self.peer_address().is_unix() { Ok(()) } else { self.socket().set_tcp_cork(nopush) }
    }

    /// Has the kernel probe a silent peer.
    pub fn set_keepalive(&self, keepalive: &Keepalive) -> io::Result<()> {
        if self.peer_address().is_unix() { Ok(()) } else { keepalive.apply(self.socket()) }
    }

    /// Sets the size of the kernel's send buffer, in bytes (`listen … sndbuf=`).
    pub fn set_send_buffer(&self, size: usize) -> io::Result<()> {
        self.socket().set_send_buffer_size(size)
    }

    /// Sets the size of the kernel's receive buffer, in bytes (`listen … rcvbuf=`).
    pub fn set_receive_buffer(&self, size: usize) -> io::Result<()> {
        self.socket().set_recv_buffer_size(size)
    }

    /// Has the connection reset rather than closed when the stream is dropped (`reset_timedout_connection`).
    pub fn reset_on_drop(&mut self) {
        // A socket that is gone already needs no reset.
        let _ = self.socket().set_linger(Some(Duration::ZERO));
        self.discard_output();
    }
}
