//! A connection to an upstream: requests out, responses in, one after the other.

use std::io;
use std::task::{Context, Poll, ready};

use transport::{Chunk, Stream};

use super::body::BodyReader;
use super::encode::{self, Coding};
use super::framing::{self, ConnectionOptions};
use super::outgoing::Outgoing;
use super::request_parser::Progress;
use super::request_text::RequestText;
use super::response_parser::ResponseParser;
use super::{BodyError, Cause, ResponseError};
use crate::{BodyKind, Fields, Frame, Method, Name, ResponseHead, Version};

/// Interim responses that one request may get.
pub(crate) const INTERIM: u32 = 100;
/// Bytes of trailers that a response may have.
const TRAILERS: usize = 16 * 1024;

/// The client's side of an HTTP/1 connection.
///
/// Per request: `queue_head`, `queue_body`…, `queue_end`; meanwhile or after that [`poll_head`](Self::poll_head) until it is
/// final and [`poll_body`](Self::poll_body) to its end; then, if it is [`reusable`](Self::reusable), again.
pub struct ClientConnection {
    stream: Stream,
    input: Chunk,
    parser: ResponseParser,
    body: BodyReader,
    kind: BodyKind,
    outgoing: Outgoing,
    sent: Sent,
    interim: u32,
    /// Bytes of heads, interim ones too, that came for the present request.
    received: u64,
    /// Whether the final head was read, and what it says of the connection.
    answer: Answer,
}

/// What of the request decides how its response is read.
#[derive(Copy, Clone, Debug, Default)]
struct Sent {
    asked: framing::Asked,
    upgrade: bool,
    keep_alive: bool,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
enum Answer {
    #[default]
    None,
    /// The connection may live on after the body.
    Persistent,
    /// It may not.
    Last,
}

/// How a request's body is framed.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum RequestFraming {
    /// No body, and nothing said about one.
    #[default]
    None,
    /// So many bytes; 0 is said as well.
    Length(u64),
    /// Chunks; HTTP/1.1 only.
    Chunked,
}

/// Which kind of head came.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// 1xx: another head follows.
    Interim,
    /// The response itself; or 101, after which the stream is no longer HTTP/1.
    Final,
}

impl ClientConnection {
    /// A connection that was just made.
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            input: Chunk::new(),
            parser: ResponseParser::new(),
            body: BodyReader::new(BodyKind::None, 0),
            kind: BodyKind::None,
            outgoing: Outgoing::default(),
            sent: Sent::default(),
            interim: 0,
            received: 0,
            answer: Answer::None,
        }
    }

    /// Queues the head of a request, and forgets the one before. Content-Length and Transfer-Encoding are decided by
    /// `framing`; those among the fields are left out. What would break the head (a line feed in a value) is defused.
    pub fn queue_head(
        &mut self,
        method: &Method,
        target: &[u8],
        version: Version,
        fields: &Fields,
        framing: RequestFraming,
    ) {
        let options = ConnectionOptions::of(fields);
        let sent = Sent {
            asked: framing::Asked { is_head: *method == Method::Head, takes_unknown_coding: false },
            upgrade: options.upgrade && fields.contains(Name::Upgrade),
            keep_alive: !options.close && (version != Version::Http10 || options.keep_alive),
        };
        self.begin(sent, framing, |out| encode::encode_request_head(out, method, target, version, fields, framing));
    }

    /// Queues the head of a request that was written before, and forgets the one before.
    pub fn queue_text(&mut self, text: &RequestText) {
        let sent = Sent { asked: text.asked(), upgrade: text.upgrades(), keep_alive: text.keeps_alive() };
        self.begin(sent, text.framing(), |out| out.extend_from_slice(text.as_bytes()));
    }

    fn begin(&mut self, sent: Sent, framing: RequestFraming, write: impl FnOnce(&mut Vec<u8>)) {
        self.sent = sent;
        self.interim = 0;
        self.received = 0;
        self.answer = Answer::None;
        self.outgoing.reset();
        self.outgoing.head(&mut self.stream, |out| {
            write(out);
            match framing {
                RequestFraming::None | RequestFraming::Length(0) => Coding::None,
                RequestFraming::Length(length) => Coding::Length(length),
                RequestFraming::Chunked => Coding::Chunked,
            }
        });
    }

    /// Queues content of the request.
    pub fn queue_body(&mut self, chunk: Chunk) {
        self.outgoing.body(&mut self.stream, chunk);
    }

    /// Ends the request; trailers are sent only where it is chunked.
    pub fn queue_end(&mut self, trailers: Option<&Fields>) {
        self.outgoing.end(&mut self.stream, trailers);
    }

    /// Begins to send; ready when more may be queued.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_ready(cx)
    }

    /// Ready when the kernel took everything.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_flush(cx)
    }

    /// Begins to send what is queued, without waiting.
    ///
    /// # Errors
    /// When the connection is known to have failed.
    pub fn start_sending(&mut self) -> io::Result<()> {
        self.stream.start_sending()
    }

    /// Waits for a head of at most `limit` bytes (`proxy_buffer_size`). `head` must be the same until it is ready.
    ///
    /// # Errors
    /// The response is malformed, cut, or the connection failed; then it is of no more use.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        limit: usize,
        head: &mut ResponseHead,
    ) -> Poll<Result<Kind, ResponseError>> {
        loop {
            if !self.input.is_empty() {
                match self.parser.parse(&self.input, limit, head)? {
                    Progress::Complete(length) => {
                        self.received += length as u64;
                        self.input.advance(length);
                        return Poll::Ready(self.accept(head).map_err(ResponseError::Malformed));
                    }
                    Progress::Incomplete => {
                        self.received += self.input.len() as u64;
                        self.input = Chunk::new();
                    }
                }
            }
            let chunk = ready!(self.stream.poll_receive(cx))?;
            if chunk.is_empty() {
                let clean = !self.parser.started() && self.interim == 0;
                return Poll::Ready(Err(if clean { ResponseError::Closed } else { ResponseError::Truncated }));
            }
            self.input = chunk;
        }
    }

    /// How the response's body ends.
    pub fn body_kind(&self) -> BodyKind {
        self.kind
    }

    /// Whether the response's body was read to its end.
    pub fn body_done(&self) -> bool {
        self.answer != Answer::None && self.body.is_done()
    }

    /// The next frame of the response's body; `None` at its end.
    ///
    /// # Errors
    /// The body is malformed, cut, or the connection failed.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        self.body.poll(cx, &mut self.stream, &mut self.input)
    }

    /// The whole of the response's body, if it is of known length and came with its head.
    pub fn take_whole_body(&mut self) -> Option<Chunk> {
        self.body.take_whole(&mut self.input)
    }

    /// Moves input that waits out of the worker's receive buffer, for whoever stops reading for long.
    pub fn own_input(&mut self) {
        if self.input.is_lease() {
            self.input = std::mem::take(&mut self.input).into_owned();
        }
    }

    /// Whether the upstream sent more than the response that was read: nginx logs it, and such a connection is closed.
    pub fn has_excess(&self) -> bool {
        self.body_done() && !self.input.is_empty()
    }

    /// Whether another request may be sent: both messages are whole, both sides keep the connection, and nothing stray came.
    pub fn reusable(&self) -> bool {
        self.answer == Answer::Persistent
            && self.sent.keep_alive
            && self.body.is_done()
            && self.outgoing.is_complete()
            && !self.is_stale()
    }

    /// Whether an idle connection has ended or got stray bytes. Asks nothing of the kernel.
    pub fn is_stale(&self) -> bool {
        !self.input.is_empty() || self.stream.has_input() || self.stream.is_closed()
    }

    /// Ready when the upstream has closed: for idle connections in a pool.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_peer_closed(cx)
    }

    /// Whether the request was queued to its end.
    pub fn request_complete(&self) -> bool {
        self.outgoing.is_complete()
    }

    /// Bytes of the present request that the kernel took: nginx's `$upstream_bytes_sent`.
    pub fn bytes_sent(&self) -> u64 {
        self.outgoing.queued().saturating_sub(self.stream.queued() as u64)
    }

    /// Bytes of the present response so far, heads and framing included: nginx's `$upstream_bytes_received`.
    pub fn bytes_received(&self) -> u64 {
        self.received + self.body.bytes_taken()
    }

    /// Bytes of the present response's body so far, framing included: nginx's `$upstream_response_length`.
    pub fn body_bytes_received(&self) -> u64 {
        self.body.bytes_taken()
    }

    /// The stream.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The stream, to set it up or to close it. Reading or queueing here breaks the connection's framing.
    pub fn stream_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Gives the stream up, with input that was not used: for a tunnel.
    pub fn into_stream(self) -> (Stream, Chunk) {
        (self.stream, self.input)
    }

    fn accept(&mut self, head: &ResponseHead) -> Result<Kind, Cause> {
        let (kind, doubtful) = framing::response_body(head.status, head.version, &head.fields, self.sent.asked)?;
        if head.status < 200 && head.status != 101 {
            self.interim += 1;
            return if self.interim > INTERIM { Err(Cause::TooManyInterim) } else { Ok(Kind::Interim) };
        }
        // RFC 9110 §15.2.2: never unasked. Whoever passed it on would open a tunnel past the rules for requests.
        if head.status == 101 && !self.sent.upgrade {
            return Err(Cause::UnexpectedSwitch);
        }
        let options = ConnectionOptions::of(&head.fields);
        let persistent = !doubtful
            && head.status != 101
            && kind != BodyKind::UntilClose
            && !options.close
            && (head.version != Version::Http10 || options.keep_alive);
        self.answer = if persistent { Answer::Persistent } else { Answer::Last };
        self.kind = kind;
        self.body.restart(kind, TRAILERS);
        Ok(Kind::Final)
    }
}
