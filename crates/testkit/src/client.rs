//! A raw client: it sends the bytes that a test gives it and reads what comes back.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::message::Response;
use crate::wire::Wire;

/// One connection to the server under test. Every call is bounded and fails the test with what came so far.
pub struct Client {
    wire: Wire,
}

impl Client {
    /// Connects over TCP.
    pub fn connect(address: SocketAddr) -> Self {
        Self { wire: Wire::connect(address).unwrap_or_else(|error| panic!("connect to {address}: {error}")) }
    }

    /// Connects over TCP from a given local address.
    pub fn connect_from(source: SocketAddr, address: SocketAddr) -> Self {
        let wire = Wire::connect_from(source, address);
        Self { wire: wire.unwrap_or_else(|error| panic!("connect to {address}: {error}")) }
    }

    /// Connects to a Unix socket.
    pub fn connect_unix(path: &Path) -> Self {
        let wire = Wire::connect_unix(path);
        Self { wire: wire.unwrap_or_else(|error| panic!("connect to {}: {error}", path.display())) }
    }

    /// Sends these bytes, no others, in one write.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        if let Err(error) = self.wire.send(bytes) {
            panic!("send: {error}");
        }
        self
    }

    /// Sends these bytes; says whether the connection still took them.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.wire.send(bytes).is_ok()
    }

    /// The next response, to a request that was not HEAD.
    pub fn response(&mut self) -> Response {
        self.response_to("GET")
    }

    /// The next response to a request of that method (HEAD has no body).
    pub fn response_to(&mut self, method: &str) -> Response {
        match Response::read(&mut self.wire, method) {
            Ok(Some(response)) => response,
            Ok(None) => panic!("the connection was closed instead of a response to {method}"),
            Err(error) => panic!("no response to {method}: {error}; unread {:?}", self.unread()),
        }
    }

    fn unread(&self) -> String {
        String::from_utf8_lossy(self.wire.buffered()).into_owned()
    }

    /// Sends a request and reads its response.
    pub fn ask(&mut self, request: &str) -> Response {
        self.send(request);
        self.response_to(request.split(' ').next().unwrap_or_default())
    }

    /// Reads the next response's head alone; its body is left to `read_exactly` and others.
    pub fn head(&mut self) -> String {
        match self.wire.read_until(b"\r\n\r\n") {
            Ok(Some(head)) => String::from_utf8_lossy(&head).into_owned(),
            Ok(None) => panic!("the connection was closed instead of a head"),
            Err(error) => panic!("no head: {error}; unread {:?}", self.unread()),
        }
    }

    /// Reads exactly that many bytes.
    pub fn read_exactly(&mut self, count: usize) -> Vec<u8> {
        match self.wire.read_exactly(count) {
            Ok(bytes) => bytes,
            Err(error) => panic!("read of {count} bytes: {error}; unread {:?}", self.unread()),
        }
    }

    /// Reads up to and including `end`.
    pub fn read_until(&mut self, end: &str) -> String {
        match self.wire.read_until(end.as_bytes()) {
            Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Ok(None) => panic!("the connection was closed instead of {end:?}"),
            Err(error) => panic!("read until {end:?}: {error}; unread {:?}", self.unread()),
        }
    }

    /// Reads until the server closes in good order.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        match self.wire.read_to_end(false) {
            Ok(bytes) => bytes,
            Err(error) => panic!("the connection was not closed: {error}; unread {:?}", self.unread()),
        }
    }

    /// Reads until the server closes or resets.
    pub fn read_to_end_or_reset(&mut self) -> Vec<u8> {
        match self.wire.read_to_end(true) {
            Ok(bytes) => bytes,
            Err(error) => panic!("the connection was not closed: {error}; unread {:?}", self.unread()),
        }
    }

    /// Fails unless the server closed without another byte.
    pub fn expect_closed(&mut self) {
        let rest = self.read_to_end_or_reset();
        assert!(rest.is_empty(), "more than the responses: {:?}", String::from_utf8_lossy(&rest));
    }

    /// Fails when anything comes, or the server closes, within that time.
    pub fn expect_silence(&mut self, time: Duration) {
        self.wire.set_patience(time);
        match self.wire.read_some() {
            Ok(bytes) if bytes.is_empty() => panic!("the connection was closed"),
            Ok(bytes) => panic!("unexpected bytes {:?}", String::from_utf8_lossy(&bytes)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                self.wire.set_patience(crate::gate::PATIENCE);
            }
            Err(error) => panic!("the connection is lost: {error}"),
        }
    }

    /// Tells the server that no more comes.
    pub fn finish_sending(&mut self) -> &mut Self {
        self.wire.finish_sending();
        self
    }

    /// Closes with a reset.
    pub fn reset(self) {
        self.wire.reset();
    }

    /// The stream itself, for what this face does not say.
    pub fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }
}
