//! Names of servers into addresses, through the system, when the configuration is loaded.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// All addresses of a host name or IP literal, IPv4 first, as the system resolver gives them. Blocks.
///
/// # Errors
/// When the name is unknown, or the resolver fails.
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    if addresses.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(addresses)
}
