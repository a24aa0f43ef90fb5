//! A TLS connection over a stream, of either side: its handshake, then records both ways.

use std::future::poll_fn;
use std::io::{self, BufRead, IoSlice, Read, Write};
use std::task::{Context, Poll, ready};

use rustls::Connection;
use transport::{Chunk, Layer, Stream};

use crate::early::Opened;
use crate::error::HandshakeError;
use crate::facts::Facts;
use crate::records::{Content, Gathering, LONGEST, Made, making};
use crate::server::Doubt;

/// Records longer than this are queued where they stand rather than copied together.
const SMALL: usize = 4096;

/// A stream whose bytes are TLS, and what the handshake settled.
pub struct Secured {
    /// What goes through it is sealed and opened.
    pub stream: Stream,
    /// What the handshake settled.
    pub facts: Facts,
    /// What is to be asked about a client that is believed otherwise.
    pub doubt: Option<Doubt>,
}

/// A connection and the stream that carries its records.
pub(crate) struct Session {
    stream: Stream,
    connection: Connection,
    /// The keys of TLS 1.3; those of the handshake as long as it lasts.
    keys: Made,
    /// What HTTP sends and receives is sealed and opened without the library: the handshake is over, and it was one of TLS 1.3.
    direct: bool,
    /// The next record is the library's, whatever it holds: it wants to see HTTP between two changes of keys.
    shown: bool,
    /// The library has a word for the peer that its new key must not precede.
    owes: bool,
    /// The most content of a record that is sent.
    longest: usize,
    /// Received from the stream and not yet read.
    sealed: Chunk,
    /// The beginning of a record that was received.
    gathering: Gathering,
    /// Bytes that the library has opened and that were not yet received.
    opened: usize,
    /// What came before the handshake was over.
    early: Option<Opened>,
    /// The peer has sent all it will.
    ended: bool,
}

impl Session {
    /// A connection whose handshake is to begin.
    pub(crate) fn new(stream: Stream, mut connection: Connection) -> Box<Self> {
        // What is queued is bounded by those who queue; the library's own bound would cut it short.
        connection.set_buffer_limit(None);
        Box::new(Self {
            stream,
            connection,
            keys: Made::default(),
            direct: false,
            shown: false,
            owes: false,
            longest: LONGEST,
            sealed: Chunk::new(),
            gathering: Gathering::default(),
            opened: 0,
            early: None,
            ended: false,
        })
    }

    /// The same where the connection has read what came before `sealed`, and made these keys of it.
    pub(crate) fn before(mut self: Box<Self>, sealed: Chunk, keys: Made) -> Box<Self> {
        (self.sealed, self.keys) = (sealed, keys);
        self
    }

    /// The same with at most so much content in each record that is sent.
    pub(crate) fn with_longest(mut self: Box<Self>, longest: usize) -> Box<Self> {
        self.longest = longest;
        self
    }

    /// Shakes hands; the caller sets the limit of time.
    pub(crate) async fn secure(mut self: Box<Self>) -> Result<Secured, HandshakeError> {
        if let Err(error) = poll_fn(|cx| self.poll_handshake(cx)).await {
            // The alert is to arrive; that it cannot is no second error.
            let _ = self.stream.flush().await;
            return Err(error);
        }
        let early = self.early.as_ref().map(Opened::word).unwrap_or_default();
        let facts = Facts { early, ..Facts::of(&self.connection) };
        Ok(Secured { stream: Stream::layered(self), facts, doubt: None })
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HandshakeError>> {
        self.open_early()?;
        loop {
            self.pass_on()?;
            if !self.connection.is_handshaking() || self.early.is_some() {
                return Poll::Ready(Ok(()));
            }
            // What is queued goes on while input is waited for; a peer that takes nothing meets the caller's limit.
            if self.stream.queued() > 0 {
                let _ = self.stream.poll_ready(cx)?;
            }
            if self.sealed.is_empty() {
                self.sealed = ready!(self.stream.poll_receive(cx))?;
                if self.sealed.is_empty() {
                    return Poll::Ready(Err(HandshakeError::Closed));
                }
            }
            if let Some(record) = self.gathering.next(&mut self.sealed) {
                self.read(&record)?;
            }
        }
    }

    /// Has the connection read a record, so that nothing is left in it. An error's alert is on its way.
    fn read(&mut self, mut record: &[u8]) -> Result<(), HandshakeError> {
        let connection = &mut self.connection;
        let (outcome, made) = making(|| {
            // The library reads what it likes of it at a time, and nothing once the peer has said its last.
            while !record.is_empty() && connection.read_tls(&mut record)? > 0 {
                connection.process_new_packets()?;
            }
            connection.process_new_packets().map_err(HandshakeError::from)
        });
        self.owes |= self.direct && made.sealing.is_some();
        self.shown = self.direct && made.opening.is_some();
        self.keys.sealing = made.sealing.or(self.keys.sealing.take());
        self.keys.opening = made.opening.or(self.keys.opening.take());
        let has_keys = self.keys.sealing.is_some() && self.keys.opening.is_some();
        self.direct = has_keys && !self.connection.is_handshaking();
        if let Ok(state) = &outcome {
            self.opened = state.plaintext_bytes_to_read();
            self.ended = state.peer_has_closed();
            if self.early.is_some() {
                self.open_early()?;
            }
        } else {
            self.ended = true;
            self.early = None;
        }
        let answers = self.connection.wants_write() && !self.connection.is_handshaking();
        if answers || outcome.is_err() {
            self.pass_on()?;
            self.stream.start_sending()?;
        }
        outcome.map(drop)
    }

    /// Takes what the library has opened of what the client sent before the end of its handshake, if it may do that.
    fn open_early(&mut self) -> io::Result<()> {
        let Connection::Server(server) = &mut self.connection else { return Ok(()) };
        if let Some(mut sent) = server.early_data() {
            sent.read_to_end(&mut self.early.get_or_insert_with(Opened::new).bytes)?;
        }
        if let Some(early) = self.early.as_ref().filter(|_| !self.connection.is_handshaking()) {
            early.finish();
        }
        Ok(())
    }

    /// The next piece of that.
    fn take_early(&mut self) -> Option<Chunk> {
        let early = self.early.as_mut()?;
        let bytes = std::mem::take(&mut early.bytes);
        if bytes.is_empty() && !early.word().is_pending() {
            self.early = None;
        }
        Some(bytes).filter(|bytes| !bytes.is_empty()).map(Chunk::from)
    }

    /// Queues the connection's records on the stream.
    fn pass_on(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut Sink(&mut self.stream))?;
        }
        Ok(())
    }

    /// The content of a record with HTTP in it; any other is read by the library.
    fn open(&mut self, record: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let key = self.keys.opening.as_ref().filter(|_| self.direct && !self.shown);
        if let Some(content) = key.and_then(|key| key.open(record)) {
            return Ok(Some(content).filter(|content| !content.is_empty()));
        }
        self.read(record)?;
        Ok(None)
    }

    /// Has the library say what must come before the next record.
    fn catch_up(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.owes) {
            // It says so before it would write anything.
            let _ = self.connection.writer().write(&[])?;
            self.pass_on()?;
        }
        if self.keys.sealing.as_ref().is_some_and(|key| key.is_spent()) {
            let (outcome, made) = making(|| self.connection.refresh_traffic_keys());
            outcome.map_err(io::Error::other)?;
            self.pass_on()?;
            self.keys.sealing = made.sealing;
        }
        Ok(())
    }

    /// Queues a record with the next of `content`.
    fn seal_next(&mut self, content: &mut Content<'_, '_>) -> io::Result<()> {
        self.catch_up()?;
        let Some(key) = &self.keys.sealing else { return Err(io::ErrorKind::NotConnected.into()) };
        let length = content.left().min(self.longest);
        let mut sealed = Ok(());
        self.stream.queue_with(|out| sealed = key.seal(content, length, out));
        sealed.map_err(|_| io::Error::other("a record cannot be sealed"))
    }

    /// The next piece of what was opened.
    fn take_opened(&mut self) -> io::Result<Chunk> {
        let mut reader = self.connection.reader();
        let chunk = Chunk::copy_from_slice(reader.fill_buf()?);
        reader.consume(chunk.len());
        self.opened = self.opened.saturating_sub(chunk.len());
        Ok(chunk)
    }
}

impl Layer for Session {
    fn inner(&self) -> &Stream {
        &self.stream
    }

    fn inner_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        loop {
            if let Some(early) = self.take_early() {
                return Poll::Ready(Ok(early));
            }
            if self.opened > 0 {
                return Poll::Ready(self.take_opened());
            }
            if self.ended {
                return Poll::Ready(Ok(Chunk::new()));
            }
            if self.sealed.is_empty() {
                self.sealed = ready!(self.stream.poll_receive(cx))?;
                // A peer that leaves without a word has left all the same: HTTP's own framing tells what was cut off.
                self.ended = self.sealed.is_empty();
            } else if let Some(record) = self.gathering.next(&mut self.sealed)
                && let Some(content) = self.open(&record)?
            {
                return Poll::Ready(Ok(content.into()));
            }
        }
    }

    fn seal(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<()> {
        if self.direct {
            let mut content = Content::new(pieces);
            while content.left() > 0 {
                self.seal_next(&mut content)?;
            }
            return Ok(());
        }
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let written = self.connection.writer().write_vectored(pieces)?;
        debug_assert_eq!(written, length, "no limit is set");
        self.pass_on()
    }

    fn seal_end(&mut self) {
        self.connection.send_close_notify();
        // Queueing does not fail.
        let _ = self.pass_on();
    }

    fn held(&self) -> usize {
        let early = self.early.as_ref().map_or(0, |early| early.bytes.len());
        early + self.opened + self.sealed.len() + self.gathering.held()
    }

    fn is_ended(&self) -> bool {
        self.ended
    }
}

/// Queues records on a stream.
pub(crate) struct Sink<'a>(pub(crate) &'a mut Stream);

impl Write for Sink<'_> {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        if record.len() <= SMALL {
            self.0.queue(record);
        } else {
            self.0.queue_chunk(Chunk::copy_from_slice(record));
        }
        Ok(record.len())
    }

    fn write_vectored(&mut self, records: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut written = 0;
        for record in records {
            written += self.write(record)?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
