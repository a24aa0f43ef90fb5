//! Addresses of upstream servers: `host`, `host:port`, `[v6]:port`, `unix:path`.

use std::path::PathBuf;

use model::ServerAddress;

use super::http_core::listen::strip_prefix_ignoring_case;

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
