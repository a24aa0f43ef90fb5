//! The PROXY protocol, versions 1 and 2: how a proxy in front says who the client is.

mod v1;
mod v2;

use std::net::SocketAddr;

use thiserror::Error;

/// The longest header that is read: version 2 counts its length in 16 bits.
pub const LONGEST: usize = 16 + u16::MAX as usize;

/// What the bytes at the start of a connection are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parsed {
    /// The header has not arrived whole.
    Incomplete,
    /// A header.
    Header(Header),
}

/// A PROXY header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The client's address and the address it connected to; none when the header says `UNKNOWN` or `LOCAL`, or names a family
    /// that is neither IPv4 nor IPv6: the connection's own addresses hold then.
    pub addresses: Option<Addresses>,
    /// Bytes of the header, after which the stream proper begins.
    pub length: usize,
    /// The type-length-value records of version 2, unread.
    pub records: Vec<u8>,
}

/// The two ends of the connection that the header speaks of.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Addresses {
    /// The client.
    pub source: SocketAddr,
    /// Where the client connected to.
    pub destination: SocketAddr,
}

/// Why the bytes are no PROXY header.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
pub enum Invalid {
    /// The connection does not begin with either version's signature.
    #[error("no PROXY protocol header")]
    Signature,
    /// A version 1 line that is malformed, or longer than 107 bytes.
    #[error("malformed PROXY protocol line")]
    Line,
    /// A version 2 header with another version, an unknown command, or too little room for its addresses.
    #[error("malformed PROXY protocol version 2 header")]
    Binary,
}

/// Reads the header at the start of `bytes`. Called again with more bytes while it is incomplete.
pub fn parse(bytes: &[u8]) -> Result<Parsed, Invalid> {
    if begins_like(bytes, v2::SIGNATURE) {
        return v2::parse(bytes);
    }
    if begins_like(bytes, v1::SIGNATURE) {
        return v1::parse(bytes);
    }
    Err(Invalid::Signature)
}

/// Appends a version 1 line; `UNKNOWN` where there are no addresses or their families differ.
pub fn encode_v1(addresses: Option<Addresses>, out: &mut Vec<u8>) {
    v1::encode(addresses, out);
}

/// Appends a version 2 header; command `LOCAL` where there are no addresses or their families differ.
pub fn encode_v2(addresses: Option<Addresses>, out: &mut Vec<u8>) {
    v2::encode(addresses, out);
}

/// Whether `bytes` begins with `signature`, or is too short to say otherwise.
fn begins_like(bytes: &[u8], signature: &[u8]) -> bool {
    let seen = bytes.len().min(signature.len());
    bytes.get(..seen) == signature.get(..seen)
}

#[cfg(test)]
mod tests;
