//! A client's connection: streams come in, and frames of all of them go out.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use h2::Reason;
use h2::server::{Builder, Connection, Handshake};
use transport::{Chunk, Stream, clock};

use super::io::Io;
use super::ledger::Ledger;
use super::piece::{Offered, Piece};
use super::request;
use super::stream::ServerStream;
use super::watch::Watch;
use crate::RequestHead;
use crate::h1::{HeadError, HeadLimits};

/// What a client of HTTP/2 sends first (RFC 9113 §3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// GOAWAY for whoever sends something else: the library has no word for it, and no stream was served (RFC 9113 §3.4, §6.8).
pub const NO_PREFACE: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// Bytes of one stream that the library holds until the client's window takes them.
const SEND_BUFFER: usize = 64 * 1024;

/// How large a frame may be in any case, and at most (RFC 9113 §4.2).
const LEAST_FRAME: u32 = 1 << 14;
const MOST_FRAME: u32 = (1 << 24) - 1;

/// What a field counts beside its bytes (RFC 9113 §10.5.1).
const FIELD_COST: u32 = 32;

/// What the server announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Streams that a client may have open at a time.
    pub streams: u32,
    /// Bytes of all fields of a head.
    pub head_size: u32,
    /// Fields of a head.
    pub fields: u32,
    /// Bytes of one body that may come before they are asked for.
    pub window: u32,
}

impl Settings {
    /// Where more of a body or a larger head than usual may come it may come in one piece: it is held either way.
    fn frame_size(&self) -> u32 {
        let usual = Self::default();
        let sizes = [(self.window, usual.window), (self.head_size, usual.head_size)];
        let larger = sizes.into_iter().filter(|(size, usual)| size > usual).map(|(size, _)| size).max();
        larger.map_or(LEAST_FRAME, |size| size.clamp(LEAST_FRAME, MOST_FRAME))
    }

    /// A head as RFC 9113 §10.5.1 counts it.
    fn list_size(&self) -> u32 {
        self.head_size.saturating_add(self.fields.saturating_mul(FIELD_COST))
    }
}

impl Default for Settings {
    /// nginx's: 128 streams, heads of four buffers of 8 KiB and 1,000 fields, 64 KiB of a body.
    fn default() -> Self {
        Self { streams: 128, head_size: 32 << 10, fields: 1000, window: 64 << 10 }
    }
}

/// The server's side of an HTTP/2 connection.
pub struct ServerConnection {
    state: State,
    watch: Rc<Watch>,
    ledger: Rc<Ledger>,
    offered: Offered,
}

enum State {
    Opening(Box<Handshake<Io, Piece>>),
    Open(Box<Connection<Io, Piece>>),
}

/// A request has come.
pub struct Arrived {
    /// Its stream.
    pub stream: ServerStream,
    /// What is wrong with its head; it can be answered.
    pub outcome: Result<(), HeadError>,
}

impl ServerConnection {
    /// A connection whose first bytes, `buffered`, were received already.
    pub fn new(mut stream: Stream, buffered: Chunk, settings: &Settings) -> Self {
        stream.unread(buffered);
        let (watch, ledger, offered) = (Rc::new(Watch::new(clock::now())), Rc::default(), Offered::default());
        let handshake = Builder::new()
            .max_concurrent_streams(settings.streams)
            .max_header_list_size(settings.list_size())
            .initial_window_size(settings.window)
            // All streams together may have as much under way as a few of them.
            .initial_connection_window_size(settings.window.saturating_mul(4).min(1 << 30))
            .max_frame_size(settings.frame_size())
            // RFC 8441 §3.
            .enable_connect_protocol()
            .max_send_buffer_size(SEND_BUFFER)
            .handshake(Io::new(stream, Rc::clone(&watch), Rc::clone(&ledger), offered.clone()));
        Self { state: State::Opening(Box::new(handshake)), watch, ledger, offered }
    }

    /// Waits for a request, whose head is filled in, and moves what its streams have to send. `None`: the client is through,
    /// or [`ServerConnection::finish`] was called and all streams have ended.
    ///
    /// # Errors
    /// What the client broke, or how the connection failed; it is over.
    pub fn poll_request(
        &mut self,
        cx: &mut Context<'_>,
        limits: &HeadLimits,
        head: &mut RequestHead,
    ) -> Poll<Result<Option<Arrived>, h2::Error>> {
        if let State::Opening(handshake) = &mut self.state {
            let connection = ready!(Pin::new(&mut **handshake).poll(cx))?;
            self.state = State::Open(Box::new(connection));
        }
        let State::Open(connection) = &mut self.state else { return Poll::Pending };
        let Some(accepted) = ready!(connection.poll_accept(cx)) else { return Poll::Ready(Ok(None)) };
        let (request, respond) = accepted?;
        let (parts, incoming) = request.into_parts();
        let stream = u32::from(incoming.stream_id());
        self.ledger.accept(stream);
        let incomplete = (!incoming.is_end_stream()).then(|| self.ledger.await_body(stream));
        let size = self.ledger.take_head(stream);
        let outcome = request::read_head(&parts, incoming.is_end_stream(), limits, head);
        Poll::Ready(Ok(Some(Arrived {
            stream: ServerStream::new((head, size), (incoming, incomplete), respond, self.offered.clone()),
            outcome,
        })))
    }

    /// How many malformed requests were answered with 400 since this was last asked, of which nothing else is told.
    pub fn take_refused(&self) -> u32 {
        self.ledger.take_refused()
    }

    /// Whether the client has sent its preface.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether a part of a request's head has come, and not all of it.
    pub fn in_head(&self) -> bool {
        self.watch.in_head()
    }

    /// Takes no more requests; those that have come are served to their end (GOAWAY, RFC 9113 §6.8).
    pub fn finish(&mut self) {
        if let State::Open(connection) = &mut self.state {
            connection.graceful_shutdown();
        }
    }

    /// Ends the connection at once, as one whose client breaks the protocol; its streams are reset.
    pub fn abort(&mut self) {
        if let State::Open(connection) = &mut self.state {
            connection.abrupt_shutdown(Reason::PROTOCOL_ERROR);
        }
    }
}
