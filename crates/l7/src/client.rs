//! The client's side of an exchange: one face for every version of HTTP.

use crate::failure::{Cause, Failure};
use protocol::h1::{BodyError, Length, ServerConnection};
use protocol::{BodyKind, Fields, Frame, ResponseHead};
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use transport::{Chunk, Deadline, HIGH_WATER, Stream, clock};

/// Most bytes of an unwanted body that are read before it is answered.
const MOST_DISCARDED: usize = 256 << 10;

/// The client of one exchange.
pub struct Client<'c> {
    /// `None`: the request came out of another one.
    connection: Option<&'c mut ServerConnection>,
    body_kind: BodyKind,
    /// The connection's one timer.
    pub deadline: &'c mut Deadline,
    /// When the client last took something.
    pub progress: Instant,
    expects_continue: bool,
    gone: bool,
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
        Self {
            connection: Some(connection),
            body_kind,
            deadline,
            progress: clock::now(),
            expects_continue,
            gone: false,
        }
    }

    /// In the place of a client, for a request inside another: it sends nothing, takes everything and never leaves.
    pub fn inside(deadline: &'c mut Deadline, body_kind: BodyKind) -> Self {
        let progress = clock::now();
        Self { connection: None, body_kind, deadline, progress, expects_continue: false, gone: false }
    }

    /// How the request's body is framed.
    pub fn body_kind(&self) -> BodyKind {
        self.body_kind
    }

    /// Whether all of the request was read.
    pub fn is_read(&self) -> bool {
        self.connection.as_ref().is_none_or(|connection| connection.body_done())
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
        let Some(connection) = &mut self.connection else { return Poll::Ready(Ok(None)) };
        match ready!(connection.poll_body(cx)) {
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
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let mut dropped = 0;
        while !self.expects_continue && dropped < MOST_DISCARDED {
            match connection.poll_body(cx) {
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
        if let Some(connection) = &mut self.connection {
            connection.queue_interim(status, fields);
            let _ = connection.start_sending();
        }
    }

    /// Queues the head of the response.
    ///
    /// Tells whether the connection may live on after it.
    pub fn queue_head(&mut self, head: &ResponseHead, length: Length, keep_alive: bool) -> bool {
        self.connection.as_mut().is_some_and(|connection| connection.queue_head(head, length, keep_alive))
    }

    /// Queues a piece of the response's body.
    pub fn queue_body(&mut self, chunk: Chunk) {
        if let Some(connection) = &mut self.connection {
            connection.queue_body(chunk);
        }
    }

    /// Ends the response's body.
    pub fn queue_end(&mut self, trailers: Option<&Fields>) {
        if let Some(connection) = &mut self.connection {
            connection.queue_end(trailers);
        }
    }

    /// Starts sending what is queued.
    pub fn start_sending(&mut self) {
        if let Some(connection) = &mut self.connection {
            self.gone |= connection.start_sending().is_err();
        }
    }

    /// Ready when more may be queued.
    ///
    /// While little is queued nothing is sent here, so that a head leaves together with the body's first bytes.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let outcome = match &mut self.connection {
            Some(connection) if connection.stream().queued() >= HIGH_WATER => ready!(connection.poll_ready(cx)),
            Some(_) | None => Ok(()),
        };
        self.progress = clock::now();
        Poll::Ready(self.sent(outcome))
    }

    /// Whether so little is queued that more may be without waiting.
    pub fn takes_at_once(&mut self) -> bool {
        let takes = self.connection.as_ref().is_none_or(|connection| connection.stream().queued() < HIGH_WATER);
        if takes {
            self.progress = clock::now();
        }
        takes
    }

    /// Sends what is queued as far as the client takes it now; the task is woken when it takes more.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && let Poll::Ready(Err(_)) = connection.poll_ready(cx)
        {
            self.gone = true;
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
            let Some(connection) = &mut self.connection else { return Poll::Pending };
            ready!(connection.poll_closed(cx));
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
        self.connection.as_ref().map_or(0, |connection| connection.bytes_queued())
    }

    /// Bytes of the request so far.
    pub fn request_bytes(&self) -> u64 {
        self.connection.as_ref().map_or(0, |connection| connection.request_bytes())
    }

    /// What was received and not used, for a tunnel.
    pub fn take_input(&mut self) -> Chunk {
        self.connection.as_mut().map_or_else(Chunk::new, |connection| connection.take_input())
    }

    /// The stream itself and the connection's timer, for a tunnel; `None`: there is no stream.
    pub fn tunnel_parts(&mut self) -> Option<(&mut Stream, &mut Deadline)> {
        Some((self.connection.as_mut()?.stream_mut(), self.deadline))
    }
}
