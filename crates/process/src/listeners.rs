//! Listening sockets: bound as root, kept over reloads and worker deaths, handed over to a new binary.

use crate::{Inherited, Listener, reason, system};
use model::{ListenAddress, ListenerOptions, SocketKeepAlive};
use nix::libc;
use socket2::{Domain, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// nginx's queue length where the system leaves the choice.
const BACKLOG: u32 = 511;
/// How often an address that is in use is tried, and how long apart: the process before may be on its way out.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// All sockets of one configuration.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    bound: Vec<Bound>,
}

#[derive(Debug)]
struct Bound {
    address: ListenAddress,
    sockets: Vec<Rc<OwnedFd>>,
}

/// Where sockets may come from instead of being bound, and what may be risked.
pub(crate) struct Sources<'a> {
    pub(crate) previous: &'a Listeners,
    pub(crate) inherited: &'a mut Inherited,
    /// Try again when an address is in use.
    pub(crate) patient: bool,
}

impl Listeners {
    /// Opens what is wanted. What came from the previous set is shared with it; dropping either set closes only what
    /// the other does not hold. Second: what could not be set on a socket though it listens.
    ///
    /// # Errors
    /// One line for each socket that cannot listen.
    pub(crate) fn open(
        wanted: &[Listener],
        threads: usize,
        mut from: Sources<'_>,
    ) -> Result<(Self, Vec<String>), Vec<String>> {
        let mut opened = Self::default();
        let (mut notes, mut failures) = (Vec::new(), Vec::new());
        for listener in wanted {
            match Bound::open(listener, threads, &mut from, &mut notes) {
                Ok(bound) => opened.bound.push(bound),
                Err(line) => failures.push(line),
            }
        }
        if failures.is_empty() {
            return Ok((opened, notes));
        }
        opened.unlink_except(from.previous);
        Err(failures)
    }

    /// The sockets for a message to a worker.
    pub(crate) fn lent<'a>(&'a self) -> Vec<(&'a ListenAddress, Vec<BorrowedFd<'a>>)> {
        let lend = |bound: &'a Bound| bound.sockets.iter().map(|socket| socket.as_fd()).collect();
        self.bound.iter().map(|bound| (&bound.address, lend(bound))).collect()
    }

    /// Every socket.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = &OwnedFd> {
        self.bound.iter().flat_map(|bound| bound.sockets.iter().map(|socket| &**socket))
    }

    /// Removes the paths of Unix sockets that the other set does not listen on.
    pub(crate) fn unlink_except(&self, other: &Self) {
        for bound in &self.bound {
            if let ListenAddress::Unix(path) = &bound.address
                && other.find(&bound.address).is_none()
            {
                // A path that is gone already is what was wanted.
                drop(fs::remove_file(path));
            }
        }
    }

    fn find(&self, address: &ListenAddress) -> Option<&Bound> {
        self.bound.iter().find(|bound| bound.address == *address)
    }

    /// Lets a new socket be bound to an address that overlaps with one that is about to go, `127.0.0.1:80` and `*:80`.
    fn allow_overlap(&self, port: u16) -> bool {
        let overlapping = self
            .bound
            .iter()
            .filter(|bound| matches!(&bound.address, ListenAddress::Inet(address) if address.port() == port));
        let mut found = false;
        for socket in overlapping.flat_map(|bound| &bound.sockets) {
            found |= SockRef::from(&**socket).set_reuse_port(true).is_ok();
        }
        found
    }
}

impl Bound {
    fn open(
        listener: &Listener,
        threads: usize,
        from: &mut Sources<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Self, String> {
        let Listener { address, options } = listener;
        let mut sockets: Vec<Rc<OwnedFd>> = match from.previous.find(address) {
            Some(bound) => bound.sockets.clone(),
            None => from.inherited.take(address).into_iter().map(Rc::new).collect(),
        };
        let kept = sockets.len();
        let wanted = if options.reuse_port { threads.max(1) } else { 1 };
        if options.reuse_port {
            for socket in &sockets {
                set(address, "SO_REUSEPORT", SockRef::from(&**socket).set_reuse_port(true), notes);
            }
        }
        while sockets.len() < wanted {
            sockets.push(Rc::new(bind(address, options, from)?.into()));
        }
        for (index, socket) in sockets.iter().enumerate() {
            let socket = SockRef::from(&**socket);
            configure(address, options, &socket, index < kept, notes);
            let backlog = i32::try_from(options.backlog.unwrap_or(BACKLOG)).unwrap_or(i32::MAX);
            socket.listen(backlog).map_err(|error| {
                format!("listen() to {}, backlog {backlog} failed {}", name(address), reason(&error))
            })?;
        }
        Ok(Self { address: address.clone(), sockets })
    }
}

/// Which sockets a model's listeners need: an address is covered by the wildcard of its port unless it has socket
/// options of its own, as nginx has it.
pub fn wanted_sockets(listeners: &[model::Listener]) -> Vec<Listener> {
    let covered = |listener: &model::Listener| {
        let ListenAddress::Inet(address) = &listener.address else { return false };
        let plain = ListenerOptions { proxy_protocol: listener.options.proxy_protocol, ..ListenerOptions::default() };
        !address.ip().is_unspecified()
            && listener.options == plain
            && listeners.iter().any(|other| other.address == wildcard_of(*address))
    };
    let wanted = listeners.iter().filter(|listener| !covered(listener));
    wanted.map(|listener| Listener { address: listener.address.clone(), options: listener.options.clone() }).collect()
}

fn wildcard_of(address: SocketAddr) -> ListenAddress {
    let wildcard: std::net::IpAddr = match address {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    ListenAddress::Inet(SocketAddr::new(wildcard, address.port()))
}

/// Binds each address and lets go of it again. One that is in use is no failure: the running server may hold it.
///
/// # Errors
/// One line for each address that cannot be bound.
pub fn test_listeners(wanted: &[Listener]) -> Result<(), Vec<String>> {
    let failures =
        wanted.iter().filter_map(|listener| match open_socket(&listener.address, &listener.options, false) {
            Ok(_) => {
                if let ListenAddress::Unix(path) = &listener.address {
                    drop(fs::remove_file(path));
                }
                None
            }
            Err((_, error)) if error.kind() == io::ErrorKind::AddrInUse => None,
            Err((call, error)) => Some(failure(&listener.address, call, &error)),
        });
    let failures: Vec<String> = failures.collect();
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

fn bind(address: &ListenAddress, options: &ListenerOptions, from: &Sources<'_>) -> Result<Socket, String> {
    let attempts = if from.patient { ATTEMPTS } else { 1 };
    let mut share_port = options.reuse_port;
    let mut attempt = 1;
    loop {
        let (call, error) = match open_socket(address, options, share_port) {
            Ok(socket) => return Ok(socket),
            Err(failed) => failed,
        };
        if error.kind() == io::ErrorKind::AddrInUse {
            if let ListenAddress::Inet(address) = address
                && !share_port
                && from.previous.allow_overlap(address.port())
            {
                share_port = true;
                continue;
            }
            if remove_stale(address) {
                continue;
            }
            if attempt < attempts {
                attempt += 1;
                std::thread::sleep(PAUSE);
                continue;
            }
        }
        return Err(failure(address, call, &error));
    }
}

fn failure(address: &ListenAddress, call: &str, error: &io::Error) -> String {
    format!("{call} to {} failed {}", name(address), reason(error))
}

/// A bound socket that does not listen yet, or the call that failed.
fn open_socket(
    address: &ListenAddress,
    options: &ListenerOptions,
    share_port: bool,
) -> Result<Socket, (&'static str, io::Error)> {
    let (domain, target) = match address {
        ListenAddress::Inet(address) => (Domain::for_address(*address), SockAddr::from(*address)),
        ListenAddress::Unix(path) => (Domain::UNIX, SockAddr::unix(path).map_err(|error| ("bind()", error))?),
    };
    // Left blocking: the flag belongs to all processes that share the socket. Who accepts by readiness sets it; to the
    // ring, a blocking socket costs one submission for many connections.
    let socket = Socket::new(domain, Type::STREAM, None).map_err(|error| ("socket()", error))?;
    if domain != Domain::UNIX {
        socket.set_reuse_address(true).map_err(|error| ("setsockopt(SO_REUSEADDR)", error))?;
    }
    if share_port {
        socket.set_reuse_port(true).map_err(|error| ("setsockopt(SO_REUSEPORT)", error))?;
    }
    if domain == Domain::IPV6 {
        let only = options.ipv6_only.unwrap_or(true);
        socket.set_only_v6(only).map_err(|error| ("setsockopt(IPV6_V6ONLY)", error))?;
    }
    socket.bind(&target).map_err(|error| ("bind()", error))?;
    if let ListenAddress::Unix(path) = address {
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).map_err(|error| ("chmod()", error))?;
    }
    Ok(socket)
}

/// Removes the path of a Unix socket that nobody listens on any more: its process was killed.
fn remove_stale(address: &ListenAddress) -> bool {
    let ListenAddress::Unix(path) = address else { return false };
    let refused =
        |path: &Path| UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    is_socket && refused(path) && fs::remove_file(path).is_ok()
}

/// Sets what a socket can be told before and after it listens; on a socket that was there already, resets too.
fn configure(
    address: &ListenAddress,
    options: &ListenerOptions,
    socket: &SockRef<'_>,
    kept: bool,
    notes: &mut Vec<String>,
) {
    if let Some(size) = options.receive_buffer {
        set(address, "SO_RCVBUF", socket.set_recv_buffer_size(size.as_usize()), notes);
    }
    if let Some(size) = options.send_buffer {
        set(address, "SO_SNDBUF", socket.set_send_buffer_size(size.as_usize()), notes);
    }
    if matches!(address, ListenAddress::Unix(_)) {
        return;
    }
    if let Some(probes) = options.keep_alive {
        set(address, "SO_KEEPALIVE", keep_alive(socket, probes), notes);
    } else if kept {
        set(address, "SO_KEEPALIVE", socket.set_keepalive(false), notes);
    }
    let tcp = |option, value| system::set_socket_option(socket.as_fd(), libc::IPPROTO_TCP, option, value);
    if options.deferred || kept {
        let done = tcp(libc::TCP_DEFER_ACCEPT, i32::from(options.deferred));
        set(address, "TCP_DEFER_ACCEPT", done, notes);
    }
    if let Some(length) = options.fast_open {
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        set(address, "TCP_FASTOPEN", tcp(libc::TCP_FASTOPEN, length), notes);
    }
}

fn keep_alive(socket: &SockRef<'_>, probes: SocketKeepAlive) -> io::Result<()> {
    if !probes.enabled {
        return socket.set_keepalive(false);
    }
    let mut options = TcpKeepalive::new();
    if let Some(idle) = probes.idle {
        options = options.with_time(idle);
    }
    if let Some(interval) = probes.interval {
        options = options.with_interval(interval);
    }
    if let Some(count) = probes.count {
        options = options.with_retries(count);
    }
    socket.set_tcp_keepalive(&options)
}

/// nginx goes on where a socket option cannot be set, and says so.
fn set(address: &ListenAddress, option: &str, done: io::Result<()>, notes: &mut Vec<String>) {
    if let Err(error) = done {
        let place = name(address);
        notes.push(format!("setsockopt({option}) {place} failed {}, ignored", reason(&error)));
    }
}

fn name(address: &ListenAddress) -> String {
    match address {
        ListenAddress::Inet(address) => address.to_string(),
        ListenAddress::Unix(path) => format!("unix:{}", path.display()),
    }
}

#[cfg(test)]
mod tests;
