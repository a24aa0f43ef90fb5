//! Addresses of upstream servers (`host`, `host:port`, `[v6]:port`, `unix:path`), and networks of clients.

use std::net::IpAddr;
use std::path::PathBuf;

use diagnostic::Diagnostic;
use model::{Network, ServerAddress};

use super::http_core::listen::strip_prefix_ignoring_case;
use crate::lower::Lowering;
use crate::tree::Word;

/// Reads an address; `port` is the one that is meant where none is written.
pub(crate) fn server(text: &str, port: u16) -> Result<ServerAddress, &'static str> {
    if let Some(path) = strip_prefix_ignoring_case(text, "unix:") {
        return unix(path);
    }
    let (host, written) = split(text)?;
    let port = match written {
        Some(digits) => parse_port(digits)?,
        None => port,
    };
    Ok(ServerAddress::Host { host: host.to_owned(), port })
}

/// A Unix-domain socket.
pub(crate) fn unix(path: &str) -> Result<ServerAddress, &'static str> {
    match path.len() {
        0 => Err("no path in the unix domain socket"),
        1..=107 => Ok(ServerAddress::Unix(PathBuf::from(path))),
        _ => Err("too long path in the unix domain socket"),
    }
}

/// The host, without brackets, and the port as written.
pub(crate) fn split(text: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("invalid host")?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err("invalid IPv6 address");
        }
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err("invalid host"),
        };
    }
    if text.contains(['/', '?']) {
        return Err("invalid host");
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    if host.is_empty() { Err("no host") } else { Ok((host, port)) }
}

/// A port as written.
pub(crate) fn parse_port(digits: &str) -> Result<u16, &'static str> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|&port: &u16| plain && port > 0).ok_or("invalid port")
}

/// An address, or a network with the number of bits that count; `None`: it is neither.
pub(crate) fn network(lowering: &mut Lowering<'_>, word: &Word) -> Option<Network> {
    let (network, exact) = plain_network(&word.text)?;
    if !exact {
        let message = format!("low address bits of {} are meaningless", word.text);
        let problem = Diagnostic::warning("meaningless-bits", message).at(word.origin);
        lowering.report_once(problem.help(format!("the network is {}/{}", network.address, network.prefix)));
    }
    Some(network)
}

/// A network without a directive to name, and whether no bits were set in it that do not count.
pub(crate) fn plain_network(text: &str) -> Option<(Network, bool)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let Some(bits) = bits else { return Some((Network::host(address), true)) };
    let bits = bits.parse().ok().filter(|_| bits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let network = Network::new(address, bits)?;
    Some((network, network.address == address))
}
