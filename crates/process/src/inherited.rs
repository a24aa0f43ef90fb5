//! Listening sockets from the process whose place this one takes, named in the environment as nginx names them.
//!
//! The variable is nginx's own, so an nginx can be upgraded to this program with its own procedure, and back.

use crate::system;
use model::ListenAddress;
use socket2::{SockRef, Type};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

/// Holds descriptor numbers, each followed by `;`.
pub(crate) const VARIABLE: &str = "NGINX";

/// Listening sockets that were open when this program started.
#[derive(Debug, Default)]
pub struct Inherited {
    text: Option<String>,
    sockets: Vec<(ListenAddress, OwnedFd)>,
}

impl Inherited {
    /// Adopts what the environment names. To be called once, before the program opens anything else.
    pub fn from_environment() -> Self {
        let Ok(text) = std::env::var(VARIABLE) else {
            return Self::default();
        };
        let mut numbers: Vec<i32> = text.split([';', ':']).filter_map(|number| number.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let adopted = numbers.into_iter().filter_map(system::adopt);
        let sockets = adopted.filter_map(|socket| Some((address(&socket)?, socket))).collect();
        Self { text: Some(text), sockets }
    }

    /// Whether this process was started by the one whose place it takes.
    pub(crate) fn is_upgrade(&self) -> bool {
        self.text.is_some()
    }

    /// What the environment said.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Hands out all sockets of an address.
    pub(crate) fn take(&mut self, wanted: &ListenAddress) -> Vec<OwnedFd> {
        let all = std::mem::take(&mut self.sockets);
        let (found, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(address, _)| address == wanted);
        self.sockets = others;
        found.into_iter().map(|(_, socket)| socket).collect()
    }

    /// Closes what no configuration wanted.
    pub(crate) fn close(&mut self) {
        self.sockets.clear();
    }
}

/// Where a listening stream socket listens; `None` for any other descriptor.
fn address(socket: &OwnedFd) -> Option<ListenAddress> {
    let socket = SockRef::from(socket);
    if socket.r#type().ok()? != Type::STREAM || !socket.is_listener().ok()? {
        return None;
    }
    let bound = socket.local_addr().ok()?;
    if let Some(path) = bound.as_pathname() {
        return Some(ListenAddress::Unix(path.to_path_buf()));
    }
    bound.as_socket().map(|address| ListenAddress::Inet(plain(address)))
}

/// Without what only the system fills in, so that it equals what a configuration says.
fn plain(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => address,
        SocketAddr::V6(mut address) => {
            address.set_flowinfo(0);
            SocketAddr::V6(address)
        }
    }
}

/// The variable's value for these sockets.
pub(crate) fn describe<'a>(sockets: impl Iterator<Item = &'a OwnedFd>) -> String {
    sockets.fold(String::new(), |text, socket| text + &socket.as_raw_fd().to_string() + ";")
}
