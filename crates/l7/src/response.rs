//! The response on its way out, and what became of an exchange.

use crate::body::Body;
use crate::failure::Failure;
use crate::reroute::Reroute;
use crate::script::Answer;
use crate::serve::proxy::Tally;
use crate::serve::tunnel::Tunnel;
use protocol::{Fields, ResponseHead};
use std::cell::Cell;
use std::rc::Rc;

/// A response on its way out.
pub struct Response {
    /// Its head; framing fields are not in it.
    pub head: ResponseHead,
    /// Its body.
    pub body: Body,
    /// The body's length, where it is known.
    pub length: Option<u64>,
    /// Seconds since 1970 of the last modification, where it is known.
    pub modified: Option<u64>,
    /// Whether preconditions are ours to judge.
    pub conditional: bool,
    /// Whether ranges may be cut out of it.
    pub ranges: Ranges,
    /// What an upstream's answer came to of which all was there, so that its body is at hand.
    pub whole: Option<Tally>,
    /// Whether it is a page of our own, made for its status.
    pub built_in: bool,
    /// The character set that an upstream server asks for.
    pub charset: Option<Box<[u8]>>,
}

/// Whether ranges may be cut out of a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ranges {
    /// No.
    #[default]
    No,
    /// One.
    Single,
    /// Any number: the body is at hand.
    Any,
}

impl Response {
    /// A response without a body.
    pub fn empty(status: u16) -> Self {
        let mut head = ResponseHead::default();
        head.status = status;
        let (body, length, ranges) = (Body::Empty, Some(0), Ranges::No);
        let (whole, built_in, charset) = (None, false, None);
        Self { head, body, length, modified: None, conditional: false, ranges, whole, built_in, charset }
    }

    /// Whether it is an upstream's answer.
    pub fn is_relayed(&self) -> bool {
        self.whole.is_some() || self.body.relay().is_some() || self.body.kept_tally().is_some()
    }

    /// A response whose body is in memory.
    pub fn bytes(status: u16, content_type: &[u8], body: Vec<u8>) -> Self {
        let mut response = Self::empty(status);
        if !content_type.is_empty() {
            response.head.fields.push(b"Content-Type", content_type);
        }
        response.length = Some(body.len() as u64);
        response.body = Body::Bytes(body.into());
        response
    }
}

/// What a walk through the stages came to.
pub enum Outcome {
    /// A response to send.
    Respond(Box<Response>),
    /// The connection becomes a tunnel.
    Tunnel(Box<Tunnel>),
    /// An answer of the configuration.
    Answer(Answer),
    /// The exchange goes on elsewhere.
    Reroute(Reroute),
    /// It failed.
    Fail(Failure),
    /// The connection is closed without an answer.
    Close,
}

/// What was sent to the client, for logs and variables.
#[derive(Clone, Default)]
pub struct Sent {
    /// Status; 0: nothing was sent yet.
    pub status: u16,
    /// Fields of the head.
    pub fields: Fields,
    /// Length of the body as announced.
    pub length: Option<u64>,
    /// Bytes of the body.
    pub body_bytes: u64,
    /// Bytes of the head.
    pub head_bytes: u64,
    /// Bytes of head and body, once it is through.
    pub bytes: u64,
    /// Whether all of it was sent.
    pub complete: bool,
    /// What `Connection` said.
    pub keep_alive: bool,
    /// The body went in chunks.
    pub chunked: bool,
    /// Trailer fields.
    pub trailers: Fields,
    /// What gzip made of the body, where it was compressed.
    pub gzipped: Option<Rc<Cell<Gzipped>>>,
}

/// What gzip made of a body.
#[derive(Clone, Copy, Default, Debug)]
pub struct Gzipped {
    /// Bytes of the body.
    pub before: u64,
    /// Bytes of what was sent for it; 0: it has not ended.
    pub after: u64,
}
