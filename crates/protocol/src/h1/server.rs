//! A client's connection: requests in, responses out, one after the other.

use std::io;
use std::task::{Context, Poll, ready};

use transport::file::File;
use transport::{Chunk, Stream};

use super::body::BodyReader;
use super::encode::{self, Answered, Length};
use super::outgoing::Outgoing;
use super::request_parser::{Progress, RequestParser};
use super::{BodyError, HeadError, HeadLimits};
use crate::{BodyKind, Fields, Frame, RequestHead, ResponseHead, Version};

/// The server's side of an HTTP/1 connection.
///
/// Per request: [`poll_head`](Self::poll_head), [`poll_body`](Self::poll_body) to its end, `queue_head`, `queue_body`…,
/// `queue_end`, and, if it is still [`reusable`](Self::reusable), again. Input that came after the request waits unread.
pub struct ServerConnection {
    stream: Stream,
    input: Chunk,
    parser: RequestParser,
    body: BodyReader,
    kind: BodyKind,
    answered: Answered,
    outgoing: Outgoing,
    /// A request was read: only its exchange's good end lets another be read.
    open: bool,
    keep_alive: bool,
    /// Bytes of the present request's head.
    received: u64,
}

/// What came of waiting for a request.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// A request; its head was filled in.
    Head,
    /// The client closed between requests, or the last exchange ended in a way that allows no other.
    Closed,
}

impl ServerConnection {
    /// A connection whose first bytes, `buffered`, were received already.
    pub fn new(stream: Stream, buffered: Chunk) -> Self {
        Self {
            stream,
            input: buffered,
            parser: RequestParser::new(),
            body: BodyReader::new(BodyKind::None, 0),
            kind: BodyKind::None,
            answered: Answered::default(),
            outgoing: Outgoing::default(),
            open: false,
            keep_alive: true,
            received: 0,
        }
    }

    /// Waits for a request. `head` must be the same until it is ready; also on an error it holds what was read.
    ///
    /// # Errors
    /// What is wrong with the request. It can be answered (`queue_head` with no keep-alive), then the connection must close.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        limits: &HeadLimits,
        head: &mut RequestHead,
    ) -> Poll<Result<Arrival, HeadError>> {
        if !self.parser.started() && !self.next_exchange() {
            return Poll::Ready(Ok(Arrival::Closed));
        }
        loop {
            if !self.input.is_empty() {
                let progress = self.parser.parse(&self.input, limits, head);
                if progress.is_err() {
                    self.refuse(head);
                }
                match progress? {
                    Progress::Complete(length) => {
                        self.received += length as u64;
                        self.input.advance(length);
                        self.accept(limits, head);
                        return Poll::Ready(Ok(Arrival::Head));
                    }
                    Progress::Incomplete => {
                        self.received += self.input.len() as u64;
                        self.input = Chunk::new();
                    }
                }
            }
            let chunk = ready!(self.stream.poll_receive(cx)).inspect_err(|_| self.keep_alive = false)?;
            if chunk.is_empty() {
                let started = self.parser.started();
                self.refuse(head);
                return Poll::Ready(if started { Err(HeadError::Truncated) } else { Ok(Arrival::Closed) });
            }
            self.input = chunk;
        }
    }

    /// Whether the connection begins with `prefix`, once that is certain. What came is kept for whoever reads it.
    pub fn poll_begins_with(&mut self, cx: &mut Context<'_>, prefix: &[u8]) -> Poll<io::Result<bool>> {
        loop {
            let common = self.input.len().min(prefix.len());
            if self.input.get(..common) != prefix.get(..common) {
                return Poll::Ready(Ok(false));
            }
            if common == prefix.len() {
                return Poll::Ready(Ok(true));
            }
            let chunk = ready!(self.stream.poll_receive(cx))?;
            if chunk.is_empty() {
                return Poll::Ready(Ok(false));
            }
            self.keep(chunk);
        }
    }

    /// Receives what comes next and keeps it for whoever reads on.
    ///
    /// # Errors
    /// When the stream fails, or the client leaves.
    pub fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let chunk = ready!(self.stream.poll_receive(cx))?;
        if chunk.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        self.keep(chunk);
        Poll::Ready(Ok(()))
    }

    fn keep(&mut self, chunk: Chunk) {
        self.input = if self.input.is_empty() { chunk } else { Chunk::from([&*self.input, &*chunk].concat()) };
    }

    /// Whether part of a head has come: `client_header_timeout` runs, not `keepalive_timeout`.
    pub fn head_started(&self) -> bool {
        self.parser.started()
    }

    /// How the request's body ends.
    pub fn body_kind(&self) -> BodyKind {
        self.kind
    }

    /// Whether the request's body was read to its end.
    pub fn body_done(&self) -> bool {
        self.body.is_done()
    }

    /// The next frame of the request's body; `None` at its end.
    ///
    /// # Errors
    /// The body is malformed, cut, or the connection failed; then it must close.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        self.body.poll(cx, &mut self.stream, &mut self.input)
    }

    /// Queues an interim response (100, 103…); nothing to an HTTP/1.0 client, or after the final head (RFC 9110 §15.2).
    pub fn queue_interim(&mut self, status: u16, fields: &Fields) {
        if self.answered.version != Version::Http10 && self.outgoing.is_idle() {
            self.outgoing.interim(&mut self.stream, |out| encode::write_interim(out, status, fields));
        }
    }

    /// Queues the final head. Content-Length or Transfer-Encoding and Connection are decided here, by version, method,
    /// status and length; those among the fields are left out. Returns whether the connection may live on.
    pub fn queue_head(&mut self, head: &ResponseHead, length: Length, keep_alive: bool) -> bool {
        let answered = self.answered;
        let keep_alive = keep_alive && self.keep_alive;
        let mut lives = false;
        self.outgoing.head(&mut self.stream, |out| {
            let (coding, alive) = encode::write_response_head(out, head, length, answered, keep_alive);
            lives = alive;
            coding
        });
        self.keep_alive = lives;
        lives
    }

    /// Queues content of the response; nothing where there can be none (HEAD, 304…).
    pub fn queue_body(&mut self, chunk: Chunk) {
        self.outgoing.body(&mut self.stream, chunk);
    }

    /// Whether content can be queued with [`ServerConnection::queue_file`].
    pub fn sends_files(&self) -> bool {
        self.stream.sends_files() && self.outgoing.is_plain()
    }

    /// Queues part of a file as content, which the kernel sends by itself; see [`transport::Stream::queue_file`].
    pub fn queue_file(&mut self, file: &File, offset: u64, length: usize) {
        self.outgoing.file(&mut self.stream, file, offset, length);
    }

    /// Ends the response; trailers are sent only where it is chunked.
    ///
    /// A response that is cut is not ended: the connection is dropped, so that the client can tell.
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

    /// Ready when the client has left while it is worked for. Requests that it sent before wait, within the stream's bounds.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.own_input();
        self.stream.poll_peer_closed(cx)
    }

    /// Moves input that waits out of the worker's receive buffer, for whoever stops reading for long.
    pub fn own_input(&mut self) {
        if self.input.is_lease() {
            self.input = std::mem::take(&mut self.input).into_owned();
        }
    }

    /// Whether another request may follow: everything was read and written as its head promised.
    pub fn reusable(&self) -> bool {
        self.keep_alive && self.body.is_done() && self.outgoing.is_complete()
    }

    /// Whether the final head was queued.
    pub fn head_queued(&self) -> bool {
        !self.outgoing.is_idle()
    }

    /// Whether input that is not part of the present request has come (pipelining).
    pub fn has_pipelined_input(&self) -> bool {
        self.body.is_done() && !self.input.is_empty()
    }

    /// Bytes of the present request so far, head and framing included: nginx's `$request_length`.
    pub fn request_bytes(&self) -> u64 {
        self.received + self.body.bytes_taken()
    }

    /// Bytes of the present response that the kernel took, heads and framing included: nginx's `$bytes_sent`.
    pub fn bytes_sent(&self) -> u64 {
        self.outgoing.queued().saturating_sub(self.stream.queued() as u64)
    }

    /// The same without the heads: nginx's `$body_bytes_sent`.
    pub fn body_bytes_sent(&self) -> u64 {
        self.bytes_sent().saturating_sub(self.outgoing.head_bytes())
    }

    /// Bytes of the present response that were queued, heads and framing included.
    pub fn bytes_queued(&self) -> u64 {
        self.outgoing.queued()
    }

    /// Begins to send what is queued, without waiting.
    ///
    /// # Errors
    /// When the connection is known to have failed.
    pub fn start_sending(&mut self) -> io::Result<()> {
        self.stream.start_sending()
    }

    /// Takes what was received and not used: the first bytes of a tunnel. No request can follow.
    pub fn take_input(&mut self) -> Chunk {
        self.keep_alive = false;
        std::mem::take(&mut self.input)
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

    /// Makes room for another exchange, if the one before allows one.
    fn next_exchange(&mut self) -> bool {
        if !self.keep_alive || (self.open && !self.reusable()) {
            return false;
        }
        if self.open {
            self.open = false;
            self.outgoing.reset();
            self.body.restart(BodyKind::None, 0);
            self.received = 0;
        }
        true
    }

    fn accept(&mut self, limits: &HeadLimits, head: &RequestHead) {
        self.open = true;
        self.kind = head.body_kind();
        self.body.restart(self.kind, limits.large_size);
        self.answered = Answered::to(head);
    }

    /// Nothing that follows on this connection may be read as a request.
    fn refuse(&mut self, head: &RequestHead) {
        self.keep_alive = false;
        self.answered = Answered::to(head);
    }
}
