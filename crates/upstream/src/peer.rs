//! One server of a group, as it was configured and resolved.

use std::time::Duration;

use md5::{Digest as _, Md5};
use model::{Server, ServerAddress, ServerTarget};
use transport::Address;

use crate::roster::Found;

/// One server of a group: one address. A host name with several addresses makes several peers.
#[derive(Debug)]
pub struct Peer {
    pub(crate) address: Address,
    pub(crate) name: Box<str>,
    pub(crate) written: Box<str>,
    /// Its number.
    pub(crate) id: u64,
    /// The number of the group's server that it is of.
    pub(crate) server: u64,
    pub(crate) weight: u32,
    pub(crate) max_fails: u32,
    /// In milliseconds.
    pub(crate) fail_timeout: u64,
    pub(crate) max_connections: u32,
    pub(crate) down: bool,
    /// Only clients that are bound to it may use it.
    pub(crate) drain: bool,
    pub(crate) spare: bool,
    pub(crate) final_word: bool,
    /// In milliseconds; 0: its weight is back at once.
    pub(crate) slow_start: u64,
    /// What ties clients to it.
    pub(crate) route: Box<str>,
    /// A digest of its address does, where its group is sticky.
    pub(crate) unnamed: bool,
    /// The route that is meant where it cannot be used.
    pub(crate) redirect: Option<Box<str>>,
    /// What requests to it are made out to.
    pub(crate) target: Option<Box<ServerTarget>>,
    /// Where its idle connections are kept: the index of the first peer of the same address.
    pub(crate) slot: usize,
}

impl Peer {
    /// One place of a server of the group.
    pub(crate) fn found(server: &Server, id: u64, found: Found) -> Self {
        // A share that the operator wrote stands for those that the records of a service have.
        let weight = found.weight.filter(|_| server.weight == 1).unwrap_or(server.weight);
        let mut address = found.address;
        if let (Address::Inet(inet), ServerAddress::Host { port, .. }, None) =
            (&mut address, &server.address, &server.service)
        {
            inet.set_port(*port);
        }
        Self {
            id,
            server: id,
            name: address.to_string().into(),
            address,
            written: found.written.unwrap_or_else(|| written(&server.address)),
            weight: weight.max(1),
            max_fails: server.max_fails,
            fail_timeout: milliseconds(server.fail_timeout),
            max_connections: server.max_connections,
            down: server.down,
            drain: server.drain,
            spare: server.spare,
            final_word: server.final_word,
            slow_start: milliseconds(server.slow_start),
            route: server.route.as_deref().unwrap_or_default().into(),
            unnamed: server.route.is_none(),
            redirect: server.redirect.as_deref().map(Into::into),
            target: server.target.clone().map(Box::new),
            slot: 0,
        }
    }

    /// A peer that nothing but its address is known of: `proxy_pass` without an `upstream` block.
    pub(crate) fn implicit(address: Address, written: &str) -> Self {
        Self {
            id: 0,
            server: 0,
            name: address.to_string().into(),
            address,
            written: written.into(),
            weight: 1,
            max_fails: 1,
            fail_timeout: 10_000,
            max_connections: 0,
            down: false,
            drain: false,
            spare: false,
            final_word: false,
            slow_start: 0,
            route: Box::default(),
            unnamed: true,
            redirect: None,
            target: None,
            slot: 0,
        }
    }

    /// Without a configured route, a digest of its address is what ties clients to it.
    pub(crate) fn name_route(&mut self) {
        use std::fmt::Write as _;
        if self.unnamed {
            let mut route = String::with_capacity(32);
            for byte in Md5::digest(self.name.as_bytes()) {
                // Writing to a string does not fail.
                let _ = write!(route, "{byte:02x}");
            }
            self.route = route.into();
        }
    }

    /// What makes it the same peer when its group's names are resolved anew.
    pub(crate) fn key(&self) -> (u64, &str, &str) {
        (self.server, &self.name, &self.written)
    }

    /// Where to connect to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Its address as `$upstream_addr` shows it: `127.0.0.1:80`, `[::1]:80`, `unix:/path`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What requests to it are made out to, where that is its own.
    pub fn target(&self) -> Option<&ServerTarget> {
        self.target.as_deref()
    }

    /// Whether no other is tried where it fails.
    pub fn has_final_word(&self) -> bool {
        self.final_word
    }

    /// What ties clients to it, where its group is sticky.
    pub fn route(&self) -> &str {
        &self.route
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
