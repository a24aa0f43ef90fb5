//! Version 1: one line of text.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use super::{Addresses, Header, Invalid, Parsed};

pub(super) const SIGNATURE: &[u8] = b"PROXY ";
/// The longest line, with its line end, as the specification counts it.
const LONGEST_LINE: usize = 107;

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, Invalid> {
    let window = bytes.get(..LONGEST_LINE).unwrap_or(bytes);
    let Some(end) = window.windows(2).position(|pair| pair == b"\r\n") else {
        return if window.len() < LONGEST_LINE { Ok(Parsed::Incomplete) } else { Err(Invalid::Line) };
    };
    let line = window.get(SIGNATURE.len()..end).and_then(|line| std::str::from_utf8(line).ok()).ok_or(Invalid::Line)?;
    Ok(Parsed::Header(Header { addresses: addresses(line)?, length: end + 2, records: Vec::new() }))
}

fn addresses(line: &str) -> Result<Option<Addresses>, Invalid> {
    let mut words = line.split(' ');
    let family = words.next();
    if family == Some("UNKNOWN") {
        return Ok(None);
    }
    let mut word = || words.next().ok_or(Invalid::Line);
    let (source, destination) = (ip(word()?)?, ip(word()?)?);
    let (source_port, destination_port) = (port(word()?)?, port(word()?)?);
    let fits = match family {
        Some("TCP4") => source.is_ipv4() && destination.is_ipv4(),
        Some("TCP6") => source.is_ipv6() && destination.is_ipv6(),
        _ => false,
    };
    if !fits || words.next().is_some() {
        return Err(Invalid::Line);
    }
    Ok(Some(Addresses {
        source: SocketAddr::new(source, source_port),
        destination: SocketAddr::new(destination, destination_port),
    }))
}

fn ip(word: &str) -> Result<IpAddr, Invalid> {
    word.parse().map_err(|_| Invalid::Line)
}

/// Digits only: `u16::from_str` would take a sign.
fn port(word: &str) -> Result<u16, Invalid> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        word.parse().map_err(|_| Invalid::Line)
    } else {
        Err(Invalid::Line)
    }
}

pub(super) fn encode(addresses: Option<Addresses>, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match addresses {
        Some(Addresses { source, destination }) if source.is_ipv4() == destination.is_ipv4() => {
            let family = if source.is_ipv4() { "TCP4" } else { "TCP6" };
            let (from, to) = (source.ip(), destination.ip());
            write!(out, "PROXY {family} {from} {to} {} {}\r\n", source.port(), destination.port())
        }
        _ => out.write_all(b"PROXY UNKNOWN\r\n"),
    };
}
