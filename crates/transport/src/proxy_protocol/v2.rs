//! Version 2: binary.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Addresses, Header, Invalid, Parsed};

pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const FIXED: usize = 16;
const VERSION: u8 = 0x20;
const LOCAL: u8 = 0;
const PROXY: u8 = 1;
const IPV4: u8 = 1;
const IPV6: u8 = 2;
const STREAM: u8 = 1;

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, Invalid> {
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED>() else { return Ok(Parsed::Incomplete) };
    let [.., command, family, high, low] = *fixed;
    if command & 0xf0 != VERSION || command & 0x0f > PROXY {
        return Err(Invalid::Binary);
    }
    let length = usize::from(u16::from_be_bytes([high, low]));
    let Some(body) = rest.get(..length) else { return Ok(Parsed::Incomplete) };
    let (found, records) = match family >> 4 {
        IPV4 => inet4(body).ok_or(Invalid::Binary)?,
        IPV6 => inet6(body).ok_or(Invalid::Binary)?,
        _ => return Ok(header(None, length, &[])),
    };
    // A connection of the proxy's own (a health check) speaks for nobody.
    Ok(header((command & 0x0f != LOCAL).then_some(found), length, records))
}

fn header(addresses: Option<Addresses>, length: usize, records: &[u8]) -> Parsed {
    Parsed::Header(Header { addresses, length: FIXED + length, records: records.to_vec() })
}

fn inet4(body: &[u8]) -> Option<(Addresses, &[u8])> {
    let (source, rest) = body.split_first_chunk::<4>()?;
    let (destination, rest) = rest.split_first_chunk::<4>()?;
    with_ports(Ipv4Addr::from(*source).into(), Ipv4Addr::from(*destination).into(), rest)
}

fn inet6(body: &[u8]) -> Option<(Addresses, &[u8])> {
    let (source, rest) = body.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    with_ports(Ipv6Addr::from(*source).into(), Ipv6Addr::from(*destination).into(), rest)
}

fn with_ports(source: IpAddr, destination: IpAddr, rest: &[u8]) -> Option<(Addresses, &[u8])> {
    let (source_port, rest) = rest.split_first_chunk::<2>()?;
    let (destination_port, rest) = rest.split_first_chunk::<2>()?;
    let source = SocketAddr::new(source, u16::from_be_bytes(*source_port));
    let destination = SocketAddr::new(destination, u16::from_be_bytes(*destination_port));
    Some((Addresses { source, destination }, rest))
}

pub(super) fn encode(addresses: Option<Addresses>, out: &mut Vec<u8>) {
    out.extend_from_slice(SIGNATURE);
    match addresses {
        Some(Addresses { source: SocketAddr::V4(source), destination: SocketAddr::V4(destination) }) => {
            out.extend_from_slice(&[VERSION | PROXY, IPV4 << 4 | STREAM, 0, 12]);
            out.extend_from_slice(&source.ip().octets());
            out.extend_from_slice(&destination.ip().octets());
            encode_ports(source.port(), destination.port(), out);
        }
        Some(Addresses { source: SocketAddr::V6(source), destination: SocketAddr::V6(destination) }) => {
            out.extend_from_slice(&[VERSION | PROXY, IPV6 << 4 | STREAM, 0, 36]);
            out.extend_from_slice(&source.ip().octets());
            out.extend_from_slice(&destination.ip().octets());
            encode_ports(source.port(), destination.port(), out);
        }
        _ => out.extend_from_slice(&[VERSION | LOCAL, 0, 0, 0]),
    }
}

fn encode_ports(source: u16, destination: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&source.to_be_bytes());
    out.extend_from_slice(&destination.to_be_bytes());
}
