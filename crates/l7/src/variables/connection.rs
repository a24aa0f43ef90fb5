//! Variables of the connection, the process and the time.

use crate::connection::append_address;
use crate::exchange::Exchange;
use crate::variables::request::append_some;
use crate::variables::{OfConnection, append_number, append_seconds};
use protocol::ConnectionFacts;
use std::net::{IpAddr, SocketAddr};
use transport::{Address, clock};

/// The version of nginx whose language this program speaks.
pub const NGINX_VERSION: &str = "1.31.3";

/// How dates are written where nothing else is said.
pub const DATE_FORMAT: &str = "%A, %d-%b-%Y %H:%M:%S %Z";

impl Exchange<'_> {
    /// Appends a variable of the connection, the process or the time; false: it has no value.
    pub fn append_connection(&self, of: OfConnection, out: &mut Vec<u8>) -> bool {
        use OfConnection as C;
        let (connection, facts) = (self.connection, &self.connection.facts);
        let time = &self.worker.shared.time;
        match of {
            C::Age => append_seconds(connection.age(clock::now()), out),
            C::BinaryRemoteAddress => append_binary(self.client_address(), out),
            C::DateGmt => time.append_format(clock::unix_time(), DATE_FORMAT, false, out),
            C::DateLocal => time.append_format(clock::unix_time(), DATE_FORMAT, true, out),
            C::HostName => out.extend_from_slice(self.plan.host_name.as_bytes()),
            C::Https => return connection.scheme() == "https" && append_text("on", out),
            C::IsoTime => time.append_iso8601(clock::unix_time(), out),
            C::LocalTime => time.append_local(clock::unix_time(), out),
            C::Fate => out.push(if self.sent.keep_alive { b'+' } else { b'-' }),
            C::Microseconds => {
                append_number(u64::try_from(clock::unix_time().as_micros()).unwrap_or(u64::MAX), out);
            }
            C::Reuses => append_number(connection.requests().saturating_sub(1), out),
            C::Milliseconds => telemetry::append_msec(clock::unix_time(), out),
            C::Pipelined => out.push(if connection.pipelined.get() { b'p' } else { b'.' }),
            C::ProcessId => append_number(u64::from(std::process::id()), out),
            C::ProxyProtocolAddress => return append_ip(facts.proxy_source, out),
            C::ProxyProtocolPort => return append_port(facts.proxy_source, out),
            C::ProxyProtocolServerAddress => return append_ip(facts.proxy_destination, out),
            C::ProxyProtocolServerPort => return append_port(facts.proxy_destination, out),
            C::ProxyRecord(kind) => return append_some(record(&facts.proxy_records, kind), out),
            C::ProxyTlsRecord(kind) => {
                return append_some(tls(facts).and_then(|(_, records)| record(records, kind)), out);
            }
            C::ProxyTlsVerify => match tls(facts) {
                Some((verify, _)) => append_number(u64::from(verify), out),
                None => return false,
            },
            C::Connections(of) => append_number(of.count(&telemetry::counters::process().totals()), out),
            C::RemoteAddress => out.extend_from_slice(self.client_text()),
            C::RemotePort => return append_port(self.client_address().inet(), out),
            C::Requests => append_number(connection.requests(), out),
            C::Scheme => return append_text(connection.scheme(), out),
            C::Serial => append_number(facts.serial, out),
            C::ServerAddress => append_address(&facts.local, out),
            C::ServerPort => return append_port(facts.local.inet(), out),
            C::Version => return append_text(NGINX_VERSION, out),
        }
        true
    }
}

fn append_text(text: &str, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(text.as_bytes());
    true
}

fn append_ip(address: Option<SocketAddr>, out: &mut Vec<u8>) -> bool {
    if let Some(address) = address {
        append_address(&Address::Inet(address), out);
    }
    address.is_some()
}

fn append_port(address: Option<SocketAddr>, out: &mut Vec<u8>) -> bool {
    if let Some(address) = address {
        append_number(u64::from(address.port()), out);
    }
    address.is_some()
}

fn append_binary(address: &Address, out: &mut Vec<u8>) {
    match address.inet().map(|address| address.ip().to_canonical()) {
        Some(IpAddr::V4(ip)) => out.extend_from_slice(&ip.octets()),
        Some(IpAddr::V6(ip)) => out.extend_from_slice(&ip.octets()),
        None => out.extend_from_slice(b"unix:"),
    }
}

/// The type of the record that tells of TLS.
const TLS: u8 = 0x20;

/// The value of a record of the PROXY protocol: type, length in two bytes, value.
fn record(mut records: &[u8], kind: u8) -> Option<&[u8]> {
    while let Some(([this, high, low], rest)) = records.split_first_chunk::<3>() {
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        if *this == kind {
            return Some(value);
        }
        records = rest;
    }
    None
}

/// What the PROXY protocol tells of TLS: how the client's certificate was judged, and records of its own.
fn tls(facts: &ConnectionFacts) -> Option<(u32, &[u8])> {
    let (_, rest) = record(&facts.proxy_records, TLS)?.split_first()?;
    let (verify, records) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*verify), records))
}
