//! One end of a byte stream: exact bytes out, bounded reads in.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use socket2::SockRef;

use crate::gate::PATIENCE;

/// A connected stream with a read buffer and a bound on every read.
pub struct Wire {
    socket: Socket,
    buffer: Vec<u8>,
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Wire {
    /// Connects over TCP.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::from_tcp(TcpStream::connect_timeout(&address, PATIENCE)?)
    }

    /// Connects over TCP from a given local address.
    pub fn connect_from(source: SocketAddr, address: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&source.into())?;
        socket.connect(&address.into())?;
        Self::from_tcp(socket.into())
    }

    /// Connects to a Unix socket.
    pub fn connect_unix(path: &Path) -> io::Result<Self> {
        Self::from_unix(UnixStream::connect(path)?)
    }

    pub(crate) fn from_tcp(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { socket: Socket::Tcp(stream), buffer: Vec::new() })
    }

    pub(crate) fn from_unix(stream: UnixStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { socket: Socket::Unix(stream), buffer: Vec::new() })
    }

    /// A second handle on the same socket, to cut it from elsewhere.
    pub(crate) fn duplicate(&self) -> io::Result<Self> {
        let socket = match &self.socket {
            Socket::Tcp(stream) => Socket::Tcp(stream.try_clone()?),
            Socket::Unix(stream) => Socket::Unix(stream.try_clone()?),
        };
        Ok(Self { socket, buffer: Vec::new() })
    }

    /// Changes the bound on a single read.
    pub fn set_patience(&mut self, patience: Duration) {
        let _ = match &self.socket {
            Socket::Tcp(stream) => stream.set_read_timeout(Some(patience)),
            Socket::Unix(stream) => stream.set_read_timeout(Some(patience)),
        };
    }

    /// Keeps the kernel from taking much on our behalf: what the other end sends stays there.
    pub fn shrink_receive_buffer(&self) {
        let _ = self.reference().set_recv_buffer_size(4096);
    }

    /// This end's address.
    pub fn local_address(&self) -> SocketAddr {
        match &self.socket {
            Socket::Tcp(stream) => stream.local_addr().unwrap(),
            Socket::Unix(_) => panic!("a Unix socket has no IP address"),
        }
    }

    /// The other end's address.
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        match &self.socket {
            Socket::Tcp(stream) => stream.peer_addr(),
            Socket::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn reference(&self) -> SockRef<'_> {
        match &self.socket {
            Socket::Tcp(stream) => SockRef::from(stream),
            Socket::Unix(stream) => SockRef::from(stream),
        }
    }

    /// Writes all of it in one go.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        match &mut self.socket {
            Socket::Tcp(stream) => stream.write_all(bytes.as_ref()),
            Socket::Unix(stream) => stream.write_all(bytes.as_ref()),
        }
    }

    /// Tells the other end that no more comes; reading goes on.
    pub fn finish_sending(&self) {
        let _ = self.reference().shutdown(Shutdown::Write);
    }

    /// Ends both directions.
    pub fn cut(&self) {
        let _ = self.reference().shutdown(Shutdown::Both);
    }

    /// Closes with a reset instead of an orderly end.
    pub fn reset(self) {
        let _ = self.reference().set_linger(Some(Duration::ZERO));
    }

    /// Waits until there is something to read, and reads nothing.
    pub(crate) fn wait_for_input(&self) -> io::Result<()> {
        if self.buffer.is_empty() { self.reference().peek(&mut [MaybeUninit::uninit()]).map(drop) } else { Ok(()) }
    }

    /// Whether bytes have come that nobody read; the end of the stream is none.
    pub(crate) fn has_input(&self) -> bool {
        let peeked = recv(&*self.reference(), &mut [0], RecvFlags::DONTWAIT | RecvFlags::PEEK);
        peeked.is_ok_and(|(count, _)| count > 0)
    }

    /// Reads once; zero at the end of the stream.
    fn fill(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 * 1024];
        let count = loop {
            let result = match &mut self.socket {
                Socket::Tcp(stream) => stream.read(&mut piece),
                Socket::Unix(stream) => stream.read(&mut piece),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.buffer.extend_from_slice(&piece[..count]);
        Ok(count)
    }

    /// What has come and was not read yet.
    pub fn buffered(&self) -> &[u8] {
        &self.buffer
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(count);
        std::mem::replace(&mut self.buffer, rest)
    }

    /// Reads up to and including `end`; `None` when the stream ended before the first byte.
    pub fn read_until(&mut self, end: &[u8]) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) {
                return Ok(Some(self.take(at + end.len())));
            }
            if self.fill()? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(self.ended_early()) };
            }
        }
    }

    fn ended_early(&self) -> io::Error {
        let so_far = String::from_utf8_lossy(&self.buffer).into_owned();
        io::Error::new(io::ErrorKind::UnexpectedEof, format!("the stream ended after {so_far:?}"))
    }

    /// Reads exactly `count` bytes.
    pub fn read_exactly(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < count {
            if self.fill()? == 0 {
                return Err(self.ended_early());
            }
        }
        Ok(self.take(count))
    }

    /// Reads whatever comes next, at least one byte; empty at the end.
    pub fn read_some(&mut self) -> io::Result<Vec<u8>> {
        if self.buffer.is_empty() {
            self.fill()?;
        }
        Ok(std::mem::take(&mut self.buffer))
    }

    /// Reads until the other end closes; a reset counts as an end only when `reset_is_end`.
    pub fn read_to_end(&mut self, reset_is_end: bool) -> io::Result<Vec<u8>> {
        loop {
            match self.fill() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if reset_is_end && error.kind() == io::ErrorKind::ConnectionReset => {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(std::mem::take(&mut self.buffer))
    }
}
