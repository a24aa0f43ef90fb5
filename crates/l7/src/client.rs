//! The client's side of an exchange: one face for every version of HTTP.

pub mod taking;

use crate::failure::{Cause, Failure};
use crate::serve::tunnel::End;
use protocol::h1::{BodyError, Length, ServerConnection};
use protocol::h2::ServerStream;
use protocol::{BodyKind, Fields, Frame, ResponseHead};
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use taking::Taking;
use transport::file::File;
use transport::{Chunk, Deadline, HIGH_WATER};

/// Most bytes of an unwanted body that are read before it is answered.
const MOST_DISCARDED: usize = 256 << 10;

/// The client of one exchange.
pub struct Client<'c> {
    side: Side<'c>,
    body_kind: BodyKind,
    /// The connection's one timer.
    pub deadline: &'c mut Deadline,
    taking: Taking,
    expects_continue: bool,
    gone: bool,
}

/// Who asked.
enum Side<'c> {
    /// The request came out of another one.
    Inside,
    /// HTTP/1: the connection is this exchange's alone.
    Connection(&'c mut ServerConnection),
    /// HTTP/2: a stream among others.
    Stream(&'c mut ServerStream),
}

/// Calls a method of whoever asked, or takes the value for nobody.
macro_rules! each {
    ($side:expr, $nobody:expr, $one:ident => $call:expr) => {
        match $side {
            Side::Inside => $nobody,
            Side::Connection($one) => $call,
            Side::Stream($one) => $call,
        }
    };
}

/// What becomes of a connection after an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// Another request may follow.
    KeepAlive,
    /// It is closed; what the client still sends is read and discarded for a while.
    Linger,
    /// It is closed when what was queued is sent.
    Close,
    /// It is closed at once.
    CloseNow,
}

impl<'c> Client<'c> {
    /// The client of the exchange whose head was just read.
    pub fn new(connection: &'c mut ServerConnection, deadline: &'c mut Deadline, expects_continue: bool) -> Self {
        let body_kind = connection.body_kind();
        Self::on(Side::Connection(connection), deadline, body_kind, expects_continue)
    }

    /// The client of an exchange that is a stream of its connection.
    pub fn of_stream(stream: &'c mut ServerStream, deadline: &'c mut Deadline, expects_continue: bool) -> Self {
        let body_kind = stream.body_kind();
        Self::on(Side::Stream(stream), deadline, body_kind, expects_continue)
    }

    /// In the place of a client, for a request inside another: it sends nothing, takes everything and never leaves.
    pub fn inside(deadline: &'c mut Deadline, body_kind: BodyKind) -> Self {
        Self::on(Side::Inside, deadline, body_kind, false)
    }

    fn on(side: Side<'c>, deadline: &'c mut Deadline, body_kind: BodyKind, expects_continue: bool) -> Self {
        Self { side, body_kind, deadline, taking: Taking::new(), expects_continue, gone: false }
    }

    /// How the request's body is framed.
    pub fn body_kind(&self) -> BodyKind {
        self.body_kind
    }

    /// Whether all of the request was read.
    pub fn is_read(&self) -> bool {
        each!(&self.side, true, one => one.body_done())
    }

    /// Whether it is one of many on its connection: what it has not sent by the end of its answer it is told to keep, and the
    /// others go on (RFC 9113 §8.1).
    pub fn is_stream(&self) -> bool {
        matches!(self.side, Side::Stream(_))
    }

    /// Whether the client waits for a word before it sends its body.
    pub fn waits_for_continue(&self) -> bool {
        self.expects_continue && !self.is_read()
    }

    /// Tells a client that waits for a word to go on.
    pub fn invite(&mut self) {
        if std::mem::take(&mut self.expects_continue) {
            self.queue_interim(100, &Fields::new());
        }
    }

    /// The next piece of the request's body; a client that waits to send it is told to go on.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        self.invite();
        match ready!(each!(&mut self.side, Poll::Ready(Ok(None)), one => one.poll_body(cx))) {
            Ok(frame) => Poll::Ready(Ok(frame)),
            Err(error) => {
                let cause = match error {
                    BodyError::Truncated | BodyError::Io(_) => {
                        self.gone = true;
                        Cause::ClientLeft
                    }
                    BodyError::Malformed(_) => Cause::BadBody,
                };
                Poll::Ready(Err(Failure::new(cause)))
            }
        }
    }

    /// Reads and drops what has come of a body that nobody wants.
    ///
    /// # Errors
    /// When it is malformed. That it breaks off is for later: the client may wait for its answer.
    pub fn discard_received(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let mut dropped = 0;
        while !self.expects_continue && dropped < MOST_DISCARDED {
            match each!(&mut self.side, Poll::Ready(Ok(None)), one => one.poll_body(cx)) {
                Poll::Ready(Ok(Some(Frame::Bytes(chunk)))) => dropped += chunk.len(),
                Poll::Ready(Ok(Some(Frame::Trailers(_)))) => {}
                Poll::Ready(Err(BodyError::Malformed(_))) => return Err(Failure::new(Cause::BadBody)),
                Poll::Ready(Ok(None) | Err(BodyError::Truncated | BodyError::Io(_))) | Poll::Pending => break,
            }
        }
        Ok(())
    }

    /// Queues an interim response.
    pub fn queue_interim(&mut self, status: u16, fields: &Fields) {
        each!(&mut self.side, (), one => one.queue_interim(status, fields));
        self.start_sending();
    }

    /// Bounds the content that one frame holds, where there are frames.
    pub fn limit_frames(&mut self, content: usize) {
        if let Side::Stream(stream) = &mut self.side {
            stream.limit_frames(content);
        }
    }

    /// Queues the head of the response.
    ///
    /// Tells whether the connection may live on after it.
    pub fn queue_head(&mut self, head: &ResponseHead, length: Length, keep_alive: bool) -> bool {
        match &mut self.side {
            Side::Inside => false,
            Side::Connection(connection) => connection.queue_head(head, length, keep_alive),
            Side::Stream(stream) => {
                stream.queue_head(head, length);
                self.gone |= stream.is_lost();
                true
            }
        }
    }

    /// Queues a piece of the response's body.
    ///
    /// Where the client has left, nothing is kept for it.
    pub fn queue_body(&mut self, chunk: Chunk) {
        if self.gone {
            return;
        }
        each!(&mut self.side, (), one => one.queue_body(chunk));
    }

    /// Whether the kernel can send files to this client by itself.
    pub fn sends_files(&self) -> bool {
        matches!(&self.side, Side::Connection(connection) if connection.sends_files())
    }

    /// Queues part of a file as a piece of the response's body, where the client [takes files](Self::sends_files).
    pub fn queue_file(&mut self, file: &File, offset: u64, length: usize) {
        if let Side::Connection(connection) = &mut self.side
            && !self.gone
        {
            connection.queue_file(file, offset, length);
        }
    }

    /// Ends the response's body.
    pub fn queue_end(&mut self, trailers: Option<&Fields>) {
        each!(&mut self.side, (), one => one.queue_end(trailers));
    }

    /// Starts sending what is queued.
    pub fn start_sending(&mut self) {
        self.gone |= each!(&mut self.side, false, one => one.start_sending().is_err());
    }

    /// Ready when more may be queued.
    ///
    /// While little is queued nothing is sent here, so that a head leaves together with the body's first bytes.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let outcome = if self.gone {
            Err(io::ErrorKind::BrokenPipe.into())
        } else if self.waiting() < HIGH_WATER {
            Ok(())
        } else {
            ready!(each!(&mut self.side, Poll::Ready(Ok(())), one => one.poll_ready(cx)))
        };
        self.taking.note();
        Poll::Ready(self.sent(outcome))
    }

    /// Whether so little is queued that more may be without waiting.
    pub fn takes_at_once(&mut self) -> bool {
        let takes = self.waiting() < HIGH_WATER;
        if takes {
            self.taking.note();
        }
        takes
    }

    /// Sends what is queued as far as the client takes it now; the task is woken when it takes more.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(Err(_)) = each!(&mut self.side, Poll::Pending, one => one.poll_ready(cx)) {
            self.gone = true;
        }
    }

    /// Whether something waits for the client's window, which is for the exchange to see through: its connection goes on.
    pub fn is_held_back(&self) -> bool {
        matches!(&self.side, Side::Stream(stream) if stream.waiting() > 0)
    }

    /// Ready when nothing is held back any more.
    pub fn poll_drained(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let outcome = each!(&mut self.side, Poll::Ready(Ok(())), one => one.poll_flush(cx));
        outcome.map(|outcome| self.sent(outcome))
    }

    /// Since when the client has taken nothing of what waits for it.
    pub fn waits_since(&mut self) -> Instant {
        self.taking.since(self.waiting())
    }

    /// Bytes that are queued.
    fn waiting(&self) -> usize {
        match &self.side {
            Side::Inside => 0,
            Side::Connection(connection) => connection.stream().queued(),
            Side::Stream(stream) => stream.waiting(),
        }
    }

    fn sent(&mut self, outcome: io::Result<()>) -> Result<(), Failure> {
        outcome.map_err(|_| {
            self.gone = true;
            Failure::new(Cause::ClientLeft)
        })
    }

    /// Ready when the client left.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.gone {
            ready!(each!(&mut self.side, Poll::Pending, one => one.poll_closed(cx)));
            self.gone = true;
        }
        Poll::Ready(())
    }

    /// Whether the client is known to have left.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Bytes sent in this exchange.
    pub fn bytes_sent(&self) -> u64 {
        each!(&self.side, 0, one => one.bytes_queued())
    }

    /// Bytes of the request so far.
    pub fn request_bytes(&self) -> u64 {
        each!(&self.side, 0, one => one.request_bytes())
    }

    /// What was received and not used, for a tunnel.
    pub fn take_input(&mut self) -> Chunk {
        match &mut self.side {
            Side::Connection(connection) => connection.take_input(),
            Side::Stream(_) | Side::Inside => Chunk::new(),
        }
    }

    /// The client's end of a tunnel and the connection's timer; `None`: there can be none.
    pub fn tunnel_parts(&mut self) -> Option<(End<'_>, &mut Deadline)> {
        let end = match &mut self.side {
            Side::Connection(connection) => End::Connection(connection.stream_mut()),
            Side::Stream(stream) => End::Stream(stream),
            Side::Inside => return None,
        };
        Some((end, self.deadline))
    }
}
