//! Where a stream comes from or goes to: an internet address with its port, or a Unix socket.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use socket2::SockAddr;

/// One end of a stream.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Address {
    /// An IPv4 or IPv6 address with its port.
    Inet(SocketAddr),
    /// A Unix socket: its path; an abstract name begins with a NUL byte; an unnamed socket has an empty path.
    Unix(PathBuf),
}

impl Address {
    /// The address of a socket that has none, such as the client's end of a Unix socket.
    pub fn unnamed() -> Self {
        Self::Unix(PathBuf::new())
    }

    /// The internet address, if this is one.
    pub fn inet(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Whether this is a Unix socket's address.
    pub fn is_unix(&self) -> bool {
        matches!(self, Self::Unix(_))
    }

    pub(crate) fn from_kernel(address: &SockAddr) -> Self {
        if let Some(inet) = address.as_socket() {
            return Self::Inet(inet);
        }
        if let Some(path) = address.as_pathname() {
            return Self::Unix(path.to_owned());
        }
        address.as_abstract_namespace().map_or_else(Self::unnamed, |name| {
            let mut bytes = vec![0];
            bytes.extend_from_slice(name);
            Self::Unix(PathBuf::from(OsString::from_vec(bytes)))
        })
    }

    pub(crate) fn to_kernel(&self) -> io::Result<SockAddr> {
        match self {
            Self::Inet(address) => Ok(SockAddr::from(*address)),
            Self::Unix(path) if path.as_os_str().as_bytes().is_empty() => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "an unnamed socket cannot be connected to"))
            }
            Self::Unix(path) => SockAddr::unix(path),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Inet(address)
    }
}

impl From<PathBuf> for Address {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::Inet(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(out),
            Self::Unix(path) => match path.as_os_str().as_bytes() {
                [0, name @ ..] => write!(out, "unix:@{}", String::from_utf8_lossy(name)),
                name => write!(out, "unix:{}", String::from_utf8_lossy(name)),
            },
        }
    }
}
