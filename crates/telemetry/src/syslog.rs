//! Messages to a syslog server (RFC 3164), which are lost rather than waited for.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::error_log::Level;
use crate::time_text::TimeText;

/// Where a syslog server listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SyslogAddress {
    /// UDP.
    Udp(SocketAddr),
    /// A Unix-domain datagram socket.
    Unix(PathBuf),
}

impl fmt::Display for SyslogAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp(address) => address.fmt(formatter),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

/// A syslog server and what it is told of each message; threads share it.
#[derive(Debug)]
pub struct Syslog {
    address: SyslogAddress,
    facility: u8,
    /// The machine's name with the blank behind it, or nothing.
    host: String,
    tag: String,
    /// There is none before the first message, nor after one that could not be sent.
    socket: ArcSwapOption<Socket>,
}

#[derive(Debug)]
enum Socket {
    Udp(UdpSocket),
    Unix(UnixDatagram),
}

impl Syslog {
    /// A server that hears of messages of a facility (0 to 23) under a tag, and of the machine's name if it is wanted.
    pub fn new(address: SyslogAddress, facility: u8, tag: &str, host_name: bool) -> Arc<Self> {
        let name = || rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase() + " ";
        Arc::new(Self {
            address,
            facility,
            host: if host_name { name() } else { String::new() },
            tag: tag.to_owned(),
            socket: ArcSwapOption::empty(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> &SyslogAddress {
        &self.address
    }

    /// Sends a message, which `write` appends. It never waits: what the socket does not take is lost.
    ///
    /// # Errors
    /// The message is lost; a new socket is made for the next.
    pub fn send(
        &self,
        (severity, time, now): (Level, &TimeText, Duration),
        write: impl FnOnce(&mut Vec<u8>),
    ) -> io::Result<()> {
        let mut message = format!("<{}>", u16::from(self.facility) * 8 + u16::from(severity as u8 - 1)).into_bytes();
        time.append_syslog(now, &mut message);
        message.push(b' ');
        message.extend_from_slice(self.host.as_bytes());
        message.extend_from_slice(self.tag.as_bytes());
        message.extend_from_slice(b": ");
        write(&mut message);
        let socket = if let Some(socket) = self.socket.load_full() {
            socket
        } else {
            let socket = Arc::new(Socket::connect(&self.address)?);
            self.socket.store(Some(Arc::clone(&socket)));
            socket
        };
        let sent = socket.send(&message);
        if sent.is_err() {
            self.socket.store(None);
        }
        sent.map(drop)
    }
}

impl Socket {
    fn connect(address: &SyslogAddress) -> io::Result<Self> {
        match address {
            SyslogAddress::Udp(address) => {
                let any = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
                let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
                socket.connect(address)?;
                socket.set_nonblocking(true)?;
                Ok(Self::Udp(socket))
            }
            SyslogAddress::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                socket.set_nonblocking(true)?;
                Ok(Self::Unix(socket))
            }
        }
    }

    fn send(&self, message: &[u8]) -> io::Result<usize> {
        match self {
            Self::Udp(socket) => socket.send(message),
            Self::Unix(socket) => socket.send(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_136_214_245);

    fn send(syslog: &Syslog, severity: Level, text: &str) -> io::Result<()> {
        syslog.send((severity, &TimeText::fixed(0), NOW), |out| out.extend_from_slice(text.as_bytes()))
    }

    fn server() -> (UdpSocket, SocketAddr) {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        server.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let address = server.local_addr().unwrap();
        (server, address)
    }

    fn received(server: &UdpSocket) -> String {
        let mut buffer = [0; 2048];
        let length = server.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn messages_have_the_form_of_rfc_3164() {
        let (server, address) = server();
        let syslog = Syslog::new(SyslogAddress::Udp(address), 23, "zaguan", false);
        send(&syslog, Level::Info, "hello").unwrap();
        assert_eq!(received(&server), "<190>Jan  2 15:04:05 zaguan: hello");
        let named = Syslog::new(SyslogAddress::Udp(address), 1, "tag", true);
        send(&named, Level::Error, "x").unwrap();
        let name = rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase();
        assert_eq!(received(&server), format!("<11>Jan  2 15:04:05 {name} tag: x"));
    }

    #[test]
    fn a_server_that_comes_back_is_heard_of() {
        let (server, address) = server();
        let syslog = Syslog::new(SyslogAddress::Udp(address), 23, "zaguan", false);
        drop(server);
        // The first is sent to nobody, and the refusal of it is the outcome of a later one.
        let refused = (0..100).any(|_| send(&syslog, Level::Info, "lost").is_err());
        assert!(refused);
        let server = UdpSocket::bind(address).unwrap();
        server.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        send(&syslog, Level::Info, "again").unwrap();
        assert!(received(&server).ends_with("again"));
    }

    #[test]
    fn a_unix_socket_that_is_full_loses_messages_and_blocks_nobody() {
        let path = std::env::temp_dir().join(format!("zaguan-syslog-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let server = UnixDatagram::bind(&path).unwrap();
        let syslog = Syslog::new(SyslogAddress::Unix(path.clone()), 23, "zaguan", false);
        let full = (0..100_000).find_map(|_| send(&syslog, Level::Info, "line").err()).unwrap();
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        let mut buffer = [0; 100];
        assert!(server.recv(&mut buffer).unwrap() > 0);
        std::fs::remove_file(path).unwrap();
    }
}
