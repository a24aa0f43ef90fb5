//! Connecting to an upstream.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::sync::LazyLock;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use socket2::{Domain, Socket, Type};

use crate::address::Address;
use crate::epoll;
use crate::kernel::{self, Request};
use crate::ring;
use crate::stream::{Keepalive, Stream};
use crate::worker::Worker;

/// The last eighth of the descriptors is for what comes in: where all were used up by requests that wait for an answer of this very
/// program (a proxy to itself), none of them would ever be accepted.
static MOST: LazyLock<u64> = LazyLock::new(|| {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    limit - limit / 8
});

/// How a connection is made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConnectOptions {
    /// The local address to connect from (`proxy_bind`); with port 0 the kernel chooses one.
    pub bind: Option<SocketAddr>,
    /// Whether `bind` may be an address that is not this machine's (`proxy_bind … transparent`).
    pub bind_transparent: bool,
    /// Whether the kernel probes a silent peer (`proxy_socket_keepalive`), as the system is set.
    pub keepalive: bool,
    /// The size of the kernel's send buffer, in bytes.
    pub send_buffer: Option<usize>,
    /// The size of the kernel's receive buffer, in bytes.
    pub receive_buffer: Option<usize>,
}

/// Connects to `address`. Dropping the future gives the attempt up.
pub async fn connect(address: &Address, options: &ConnectOptions) -> io::Result<Stream> {
    let target = address.to_kernel()?;
    let worker = Worker::current();
    let Some(driver) = &worker.driver else {
        let socket = options.socket(target.domain(), Type::STREAM.nonblocking())?;
        let socket = epoll::connect(socket, &target).await?;
        return Ok(Stream::from_epoll(socket, address.clone()));
    };
    let socket = Rc::new(options.socket(target.domain(), Type::STREAM)?);
    ring::operate(&worker, driver, Request::connect(Rc::clone(&socket), &target)).await?;
    match Rc::into_inner(socket) {
        Some(socket) => Stream::from_socket(&worker, socket, address.clone()),
        None => unreachable!("the request that connected the socket is done"),
    }
}

impl ConnectOptions {
    fn socket(&self, domain: Domain, kind: Type) -> io::Result<Socket> {
        let socket = Socket::new_raw(domain, kind.cloexec(), None)?;
        if u64::try_from(socket.as_raw_fd()).is_ok_and(|number| number >= *MOST) {
            return Err(Errno::MFILE.into());
        }
        self.apply(&socket, domain)?;
        Ok(socket)
    }

    fn apply(&self, socket: &Socket, domain: Domain) -> io::Result<()> {
        if let Some(size) = self.send_buffer {
            socket.set_send_buffer_size(size)?;
        }
        if let Some(size) = self.receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        if domain == Domain::UNIX {
            return Ok(());
        }
        socket.set_tcp_nodelay(true)?;
        if self.keepalive {
            Keepalive::default().apply(socket)?;
        }
        self.bind.map_or(Ok(()), |local| self.bind_to(socket, local))
    }

    fn bind_to(&self, socket: &Socket, local: SocketAddr) -> io::Result<()> {
        match local {
            SocketAddr::V4(_) if self.bind_transparent => socket.set_ip_transparent_v4(true)?,
            SocketAddr::V6(_) if self.bind_transparent => socket.set_ip_transparent_v6(true)?,
            _ => {}
        }
        if local.port() == 0 {
            // The port is chosen at connect, so that one local port can serve many targets.
            kernel::bind_address_without_port(socket)?;
        } else {
            socket.set_reuse_address(true)?;
        }
        socket.bind(&local.into())
    }
}
