//! Addresses that accept connections.

use crate::{ByteSize, SiteId};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Where a listener accepts.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum ListenAddress {
    /// An IP address (a wildcard too) and a TCP port.
    Inet(SocketAddr),
    /// A Unix-domain stream socket.
    Unix(PathBuf),
}

/// One accepting address and the sites that share it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Listener {
    /// Where it accepts.
    pub address: ListenAddress,
    /// How the socket is set up.
    pub options: ListenerOptions,
    /// Each connection is TLS; it comes after the header of the PROXY protocol, where there is one.
    pub tls: bool,
    /// Whether HTTP/2 is offered here, whatever its sites say.
    pub http2: bool,
    /// Sites that are reached through it, in the order of the configuration.
    pub sites: Vec<SiteId>,
    /// The site that takes requests whose name no site claims.
    pub default_site: SiteId,
    /// Where it was first named.
    pub origin: Origin,
}

/// How a listening socket, and what it accepts, is set up.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ListenerOptions {
    /// Length of the queue of pending connections; `None`: 511.
    pub backlog: Option<u32>,
    /// A socket of its own for each worker.
    pub reuse_port: bool,
    /// For an IPv6 wildcard: whether IPv4 clients are kept out. `None`: they are.
    pub ipv6_only: Option<bool>,
    /// Receive buffer.
    pub receive_buffer: Option<ByteSize>,
    /// Send buffer.
    pub send_buffer: Option<ByteSize>,
    /// Accept only once data has come (`TCP_DEFER_ACCEPT`).
    pub deferred: bool,
    /// Queue length of TCP Fast Open.
    pub fast_open: Option<u32>,
    /// TCP keepalive probes on accepted connections; `None`: the system's default.
    pub keep_alive: Option<SocketKeepAlive>,
    /// Each connection begins with a PROXY protocol header (version 1 or 2).
    pub proxy_protocol: bool,
}

/// TCP keepalive probes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SocketKeepAlive {
    /// Whether they are sent.
    pub enabled: bool,
    /// Idle time before the first.
    pub idle: Option<Duration>,
    /// Time between two.
    pub interval: Option<Duration>,
    /// Unanswered ones before the connection counts as dead.
    pub count: Option<u32>,
}
