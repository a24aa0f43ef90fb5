//! A TLS connection over a stream, of either side: its handshake, then records both ways.

use std::future::poll_fn;
use std::io::{self, BufRead, IoSlice, Write};
use std::task::{Context, Poll, ready};

use rustls::Connection;
use transport::{Chunk, Layer, Stream};

use crate::error::HandshakeError;
use crate::facts::Facts;

/// Records longer than this are queued where they stand rather than copied together.
const SMALL: usize = 4096;

/// A stream whose bytes are TLS, and what the handshake settled.
pub struct Secured {
    /// What goes through it is sealed and opened.
    pub stream: Stream,
    /// What the handshake settled.
    pub facts: Facts,
}

/// A connection and the stream that carries its records.
pub(crate) struct Session {
    stream: Stream,
    connection: Connection,
    /// Received from the stream and not yet read by the connection.
    sealed: Chunk,
    /// Bytes that were opened and not yet received.
    opened: usize,
    /// The peer has sent all it will.
    ended: bool,
}

impl Session {
    /// A connection whose handshake is to begin.
    pub(crate) fn new(stream: Stream, mut connection: Connection) -> Box<Self> {
        // What is queued is bounded by those who queue; the library's own bound would cut it short.
        connection.set_buffer_limit(None);
        Box::new(Self { stream, connection, sealed: Chunk::new(), opened: 0, ended: false })
    }

    /// The same where the connection has read what came before `sealed`.
    pub(crate) fn before(mut self: Box<Self>, sealed: Chunk) -> Box<Self> {
        self.sealed = sealed;
        self
    }

    /// Shakes hands; the caller sets the limit of time.
    pub(crate) async fn secure(mut self: Box<Self>) -> Result<Secured, HandshakeError> {
        if let Err(error) = poll_fn(|cx| self.poll_handshake(cx)).await {
            // The alert is to arrive; that it cannot is no second error.
            let _ = self.stream.flush().await;
            return Err(error);
        }
        let facts = Facts::of(&self.connection);
        Ok(Secured { stream: Stream::layered(self), facts })
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HandshakeError>> {
        loop {
            self.pass_on()?;
            if !self.connection.is_handshaking() {
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
            self.open()?;
        }
    }

    /// Has the connection read some of what was received. An error's alert is on its way.
    fn open(&mut self) -> Result<(), HandshakeError> {
        let mut input: &[u8] = &self.sealed;
        let before = input.len();
        self.connection.read_tls(&mut input)?;
        let read = before - input.len();
        self.sealed.advance(read);
        let outcome = self.connection.process_new_packets();
        match &outcome {
            Ok(state) => {
                self.opened = state.plaintext_bytes_to_read();
                self.ended = state.peer_has_closed();
            }
            Err(_) => self.ended = true,
        }
        let answers = self.connection.wants_write() && !self.connection.is_handshaking();
        if answers || outcome.is_err() {
            self.pass_on()?;
            self.stream.start_sending()?;
        }
        outcome.map(drop).map_err(HandshakeError::from)
    }

    /// Queues the connection's records on the stream.
    fn pass_on(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut Sink(&mut self.stream))?;
        }
        Ok(())
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
            } else {
                self.open()?;
            }
        }
    }

    fn seal(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<()> {
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
        self.opened + self.sealed.len()
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
