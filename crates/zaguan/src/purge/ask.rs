//! One question to a running server, and its answer.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of an answer.
const LARGEST: u64 = 16 << 20;

/// Where a running server takes orders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Door {
    address: Address,
    host: String,
    path: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Address {
    Inet(String),
    Unix(PathBuf),
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) document: Value,
}

impl Answer {
    /// What it says of an error.
    pub(super) fn told(&self, name: &str) -> Option<&str> {
        self.document.get("error")?.get(name)?.as_str()
    }

    /// Why it refused.
    pub(super) fn reason(&self) -> String {
        self.told("text").map_or_else(|| format!("the server answered {}", self.status), str::to_owned)
    }
}

impl Door {
    pub(super) fn inet(address: String, host: String, path: &str) -> Self {
        Self::new(Address::Inet(address), host, path)
    }

    pub(super) fn unix(socket: PathBuf, host: String, path: &str) -> Self {
        Self::new(Address::Unix(socket), host, path)
    }

    fn new(address: Address, host: String, path: &str) -> Self {
        let host = if host.is_empty() { "localhost".to_owned() } else { host };
        Self { address, host, path: path.trim_end_matches('/').to_owned() }
    }

    /// The place that a URL names: `http://host:port/path`.
    pub(super) fn of_url(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?;
        let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        (!authority.is_empty()).then(|| Self::inet(address, authority.to_owned(), path))
    }
}

/// Asks for a path below the place's.
///
/// # Errors
/// What to tell the operator where there is no answer.
pub(super) fn ask(door: &Door, method: &str, path: &str, body: &str) -> Result<Answer, String> {
    let (host, length) = (&door.host, body.len());
    // HTTP/1.0: what is answered ends with the connection.
    let request = format!(
        "{method} {}{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}",
        door.path
    );
    let exchanged = match &door.address {
        Address::Inet(address) => TcpStream::connect(address).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            exchange(stream, &request)
        }),
        Address::Unix(socket) => UnixStream::connect(socket).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            exchange(stream, &request)
        }),
    };
    let place = match &door.address {
        Address::Inet(address) => address.clone(),
        Address::Unix(socket) => socket.display().to_string(),
    };
    let bytes = exchanged.map_err(|error| format!("cannot ask the server at {place}: {error}"))?;
    read(&bytes).ok_or_else(|| format!("the server at {place} gave no answer that makes sense"))
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, document: serde_json::from_str(body).unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_a_url() {
        let door = |address: &str, host: &str, path: &str| Some(Door::inet(address.into(), host.into(), path));
        for (url, expected) in [
            ("http://127.0.0.1:8080/api/", door("127.0.0.1:8080", "127.0.0.1:8080", "/api")),
            ("http://a.example/api", door("a.example:80", "a.example", "/api")),
            ("http://[::1]:81", door("[::1]:81", "[::1]:81", "")),
            ("https://a/", None),
            ("http:///x", None),
        ] {
            assert_eq!(Door::of_url(url), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        assert!(read(b"").is_none() && read(b"HTTP/1.1 abc\r\n\r\n").is_none());
        let answer = read(b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n{\"error\":{\"text\":\"cache not found\"}}").unwrap();
        assert_eq!((answer.status, answer.reason()), (404, "cache not found".to_owned()));
    }
}
