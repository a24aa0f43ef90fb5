//! One connection of a peer, as its script sees it.

use std::sync::Arc;

use super::{Script, Shared, Stage};
use crate::message::Request;
use crate::wire::Wire;

/// One connection of a peer, as its script sees it.
pub struct Conversation {
    wire: Option<Wire>,
    shared: Arc<Shared>,
    connection: usize,
    key: usize,
    current: Option<Current>,
}

struct Current {
    request: Request,
    /// The recording that it belongs to, and its place there.
    recording: usize,
    index: usize,
    body_read: bool,
}

impl Conversation {
    pub(super) fn new(wire: Wire, shared: Arc<Shared>, connection: usize, key: usize) -> Self {
        Self { wire: Some(wire), shared, connection, key, current: None }
    }

    pub(super) fn run(mut self, greeting: Option<Script>) {
        if let Some(greeting) = greeting {
            greeting(&mut self);
        }
        while self.next_request() {
            let script = self.shared.state.lock().unwrap().script.clone();
            match script {
                Some(script) => script(&mut self),
                None => self.echo(),
            }
            self.read_body();
            if self.current.as_ref().is_none_or(|current| current.request.is_last()) {
                self.close();
            }
        }
        self.close();
    }

    /// Waits for the next request's head and records it; false when no other comes.
    pub fn next_request(&mut self) -> bool {
        let Some(wire) = &mut self.wire else {
            return false;
        };
        let enter = |stage| self.shared.state.lock().unwrap().enter(self.key, stage);
        enter(Stage::Waiting);
        let came = wire.wait_for_input();
        enter(Stage::Reading);
        let head = came.and_then(|()| Request::read_head(wire, self.connection));
        let mut state = self.shared.state.lock().unwrap();
        state.enter(self.key, Stage::Talking);
        let Ok(Some(request)) = head else {
            return false;
        };
        let index = state.requests.len();
        state.requests.push(request.clone());
        self.current = Some(Current { request, recording: state.recording, index, body_read: false });
        true
    }

    /// The request whose head came last.
    pub fn request(&self) -> &Request {
        &self.current.as_ref().expect("a request has come").request
    }

    /// Which of the peer's connections this is, from 0.
    pub fn connection(&self) -> usize {
        self.connection
    }

    /// Reads the request's body, once, and records it; what was cut short is not recorded.
    pub fn read_body(&mut self) {
        let (Some(wire), Some(current)) = (&mut self.wire, &mut self.current) else {
            return;
        };
        if std::mem::replace(&mut current.body_read, true) {
            return;
        }
        if current.request.read_body(wire).is_err() {
            self.close();
            return;
        }
        let request = current.request.clone();
        let mut state = self.shared.state.lock().unwrap();
        // A reset in between leaves nothing to complete.
        if state.recording == current.recording {
            state.requests[current.index] = request;
        }
    }

    /// Answers with the request itself as body, and the peer's name in `X-Peer`.
    pub fn echo(&mut self) {
        self.read_body();
        let request = self.request();
        let mut body = request.head.clone().into_bytes();
        body.extend_from_slice(&request.body);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Peer: {}\r\nContent-Length: {}\r\n\r\n",
            self.shared.name,
            body.len()
        );
        // As a server must (RFC 9110 §9.3.2): the same head, no body.
        if request.method == "HEAD" {
            body.clear();
        }
        self.send([head.into_bytes(), body].concat());
    }

    /// Sends these bytes; false when the other end did not take them.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.wire.as_mut().is_some_and(|wire| wire.send(bytes).is_ok())
    }

    /// Waits until the other end closes or resets; false when it did not within the bound.
    pub fn wait_for_close(&mut self) -> bool {
        self.wire.as_mut().is_some_and(|wire| wire.read_to_end(true).is_ok())
    }

    /// The stream itself.
    pub fn wire(&mut self) -> &mut Wire {
        self.wire.as_mut().expect("the conversation goes on")
    }

    /// Closes in good order.
    pub fn close(&mut self) {
        if let Some(wire) = self.wire.take() {
            wire.cut();
            self.shared.state.lock().unwrap().open.remove(&self.key);
        }
    }

    /// Closes with a reset.
    pub fn abort(&mut self) {
        if let Some(wire) = self.wire.take() {
            self.shared.state.lock().unwrap().open.remove(&self.key);
            wire.reset();
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.close();
    }
}
