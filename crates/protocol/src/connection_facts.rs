//! What is known of a client's connection, whatever its version of HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use transport::Address;

/// Facts of a connection that stay the same for all its requests.
#[derive(Clone, Debug)]
pub struct ConnectionFacts {
    /// nginx's `$connection`: a serial number, unique in this process.
    pub serial: u64,
    /// Who connected.
    pub peer: Address,
    /// The address that was connected to.
    pub local: Address,
    /// The client as a PROXY protocol header tells it (`$proxy_protocol_addr`).
    pub proxy_source: Option<SocketAddr>,
    /// The address the client reached, as a PROXY protocol header tells it (`$proxy_protocol_server_addr`).
    pub proxy_destination: Option<SocketAddr>,
    /// The records of a PROXY protocol header, one after the other; empty: there are none.
    pub proxy_records: Box<[u8]>,
    /// When it was accepted, since the Unix epoch.
    pub started: Duration,
}

impl ConnectionFacts {
    /// A connection without a PROXY protocol header.
    pub fn new(serial: u64, peer: Address, local: Address, started: Duration) -> Self {
        Self {
            serial,
            peer,
            local,
            proxy_source: None,
            proxy_destination: None,
            proxy_records: Box::default(),
            started,
        }
    }
}
