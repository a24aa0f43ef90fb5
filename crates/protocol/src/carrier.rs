//! What carries one exchange to a server and its answer back: one face for every version of HTTP.

use std::io;
use std::task::{Context, Poll};

use transport::Chunk;

use crate::gateway;
use crate::h1::{BodyError, ClientConnection, Kind, RequestText, ResponseError};
use crate::h2::ClientStream;
use crate::{BodyKind, Fields, Frame, ResponseHead};

/// The client's side of one exchange.
pub enum Carrier {
    /// HTTP/1: the connection is this exchange's alone, and may serve others after it.
    Connection(Box<ClientConnection>),
    /// HTTP/2: a stream among others.
    Stream(Box<ClientStream>),
    /// A program is asked, by parameters.
    Gateway(Box<gateway::ClientConnection>),
}

/// Calls a method of whatever carries.
macro_rules! each {
    ($carrier:expr, $one:ident => $call:expr) => {
        match $carrier {
            Carrier::Connection($one) => $call,
            Carrier::Stream($one) => $call,
            Carrier::Gateway($one) => $call,
        }
    };
}

impl Carrier {
    /// Ready when it is known whether the server opens tunnels; where that is no question, at once.
    pub fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Connection(_) | Self::Gateway(_) => Poll::Ready(()),
            Self::Stream(stream) => stream.poll_settled(cx),
        }
    }

    /// Queues the head of a request.
    pub fn queue_text(&mut self, text: &RequestText) {
        each!(self, one => one.queue_text(text));
    }

    /// Queues content of the request.
    pub fn queue_body(&mut self, chunk: Chunk) {
        each!(self, one => one.queue_body(chunk));
    }

    /// Ends the request. Trailers go on over HTTP/2 only: a server of HTTP/1 may take them for fields of the head, which were
    /// checked, set and left out before (RFC 9110 §6.5.1).
    pub fn queue_end(&mut self, trailers: Option<&Fields>) {
        match self {
            Self::Connection(connection) => connection.queue_end(None),
            Self::Stream(stream) => stream.queue_end(trailers),
            Self::Gateway(connection) => connection.queue_end(),
        }
    }

    /// Bytes that are queued.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Connection(connection) => connection.stream().queued(),
            Self::Stream(stream) => stream.waiting(),
            Self::Gateway(connection) => connection.waiting(),
        }
    }

    /// Begins to send; ready when more may be queued.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, one => one.poll_ready(cx))
    }

    /// Waits for a head of at most `limit` bytes. `head` must be the same until it is ready.
    ///
    /// # Errors
    /// The response is malformed, cut, or the connection failed; then this is of no more use.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        limit: usize,
        head: &mut ResponseHead,
    ) -> Poll<Result<Kind, ResponseError>> {
        each!(self, one => one.poll_head(cx, limit, head))
    }

    /// How the response's body ends.
    pub fn body_kind(&self) -> BodyKind {
        each!(self, one => one.body_kind())
    }

    /// Whether the response's body was read to its end.
    pub fn body_done(&self) -> bool {
        each!(self, one => one.body_done())
    }

    /// The next frame of the response's body; `None` at its end.
    ///
    /// # Errors
    /// The body is malformed, cut, or the connection failed.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        each!(self, one => one.poll_body(cx))
    }

    /// The whole of the response's body, if it is of known length and came with its head.
    pub fn take_whole_body(&mut self) -> Option<Chunk> {
        each!(self, one => one.take_whole_body())
    }

    /// What a program has complained of since this was asked last.
    pub fn take_complaints(&mut self) -> Vec<Box<[u8]>> {
        match self {
            Self::Connection(_) | Self::Stream(_) => Vec::new(),
            Self::Gateway(connection) => connection.take_complaints(),
        }
    }

    /// The server does not do what it should: if the connection carries others, it gets no more of them.
    pub fn distrust(&mut self) {
        match self {
            // It is not used again unless its exchange ended well.
            Self::Connection(_) | Self::Gateway(_) => {}
            Self::Stream(stream) => stream.distrust(),
        }
    }

    /// Bytes of the request that were sent.
    pub fn bytes_sent(&self) -> u64 {
        each!(self, one => one.bytes_sent())
    }

    /// Bytes of the response so far, heads and framing included as far as they are known.
    pub fn bytes_received(&self) -> u64 {
        each!(self, one => one.bytes_received())
    }

    /// Bytes of the response's body so far.
    pub fn body_bytes_received(&self) -> u64 {
        each!(self, one => one.body_bytes_received())
    }
}
