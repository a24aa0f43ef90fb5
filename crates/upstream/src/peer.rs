//! One server of a group, as it was configured and resolved.

use std::time::Duration;

use model::{Server, ServerAddress};
use transport::Address;

/// One server of a group: one address. A host name with several addresses makes several peers.
#[derive(Debug)]
pub struct Peer {
    pub(crate) address: Address,
    pub(crate) name: Box<str>,
    pub(crate) written: Box<str>,
    pub(crate) weight: u32,
    pub(crate) max_fails: u32,
    /// In milliseconds.
    pub(crate) fail_timeout: u64,
    pub(crate) max_connections: u32,
    pub(crate) down: bool,
    /// Where its idle connections are kept: the index of the first peer of the same address.
    pub(crate) slot: usize,
}

impl Peer {
    pub(crate) fn new(server: &Server, address: Address) -> Self {
        Self {
            name: address.to_string().into(),
            address,
            written: written(&server.address),
            weight: server.weight.max(1),
            max_fails: server.max_fails,
            fail_timeout: milliseconds(server.fail_timeout),
            max_connections: server.max_connections,
            down: server.down,
            slot: 0,
        }
    }

    /// A peer that nothing but its address is known of: `proxy_pass` without an `upstream` block.
    pub(crate) fn implicit(address: Address, written: &str) -> Self {
        Self {
            name: address.to_string().into(),
            address,
            written: written.into(),
            weight: 1,
            max_fails: 1,
            fail_timeout: 10_000,
            max_connections: 0,
            down: false,
            slot: 0,
        }
    }

    /// Where to connect to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Its address as `$upstream_addr` shows it: `127.0.0.1:80`, `[::1]:80`, `unix:/path`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server as the configuration names it.
    pub fn written(&self) -> &str {
        &self.written
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A server as its directive has it; the default port is left out, as it mostly is.
pub(crate) fn written(address: &ServerAddress) -> Box<str> {
    match address {
        ServerAddress::Host { host, port } => {
            let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
            let port = if *port == 80 { String::new() } else { format!(":{port}") };
            format!("{open}{host}{close}{port}").into()
        }
        ServerAddress::Unix(path) => format!("unix:{}", path.display()).into(),
    }
}
