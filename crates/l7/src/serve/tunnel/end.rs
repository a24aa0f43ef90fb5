//! One end of a tunnel: a connection of its own, or a stream of one of HTTP/2 (RFC 8441 §5).

use protocol::Frame;
use protocol::h1::BodyError;
use protocol::h2::{ClientStream, ServerStream};
use std::io;
use std::task::{Context, Poll, ready};
use transport::{Chunk, Stream};

/// What bytes of a tunnel come from and go to.
pub enum End<'s> {
    /// A connection.
    Connection(&'s mut Stream),
    /// A client's stream, whose content they are.
    Stream(&'s mut ServerStream),
    /// The same of a server.
    Server(&'s mut ClientStream),
}

impl End<'_> {
    /// The next bytes; none: no more will come.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        match self {
            Self::Connection(connection) => connection.poll_receive(cx),
            Self::Stream(stream) => poll_content(|| stream.poll_body(cx)),
            Self::Server(stream) => poll_content(|| stream.poll_body(cx)),
        }
    }

    /// Queues bytes.
    pub fn queue(&mut self, chunk: Chunk) {
        match self {
            Self::Connection(connection) => connection.queue_chunk(chunk),
            Self::Stream(stream) => stream.queue_body(chunk),
            Self::Server(stream) => stream.queue_body(chunk),
        }
    }

    /// Ready when more may be queued.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Connection(connection) => connection.poll_ready(cx),
            Self::Stream(stream) => {
                // One whose client has left may have nothing to send, and so nothing that fails.
                if stream.poll_closed(cx).is_ready() {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
                stream.poll_ready(cx)
            }
            Self::Server(stream) => stream.poll_ready(cx),
        }
    }

    /// Begins to send what is queued.
    ///
    /// # Errors
    /// This end is no more.
    pub fn start_sending(&mut self) -> io::Result<()> {
        match self {
            Self::Connection(connection) => connection.start_sending(),
            Self::Stream(stream) => stream.start_sending(),
            Self::Server(stream) => stream.start_sending(),
        }
    }

    /// Sends what is queued, and then that nothing more comes.
    pub fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Connection(connection) => {
                ready!(connection.poll_flush(cx))?;
                connection.shutdown_write();
            }
            Self::Stream(stream) => {
                stream.queue_end(None);
                ready!(stream.poll_flush(cx))?;
            }
            Self::Server(stream) => {
                stream.queue_end(None);
                ready!(stream.poll_flush(cx))?;
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The content of a stream as bytes.
fn poll_content(mut poll: impl FnMut() -> Poll<Result<Option<Frame>, BodyError>>) -> Poll<io::Result<Chunk>> {
    loop {
        match ready!(poll()) {
            Ok(Some(Frame::Bytes(chunk))) => return Poll::Ready(Ok(chunk)),
            // Nothing has a place for them.
            Ok(Some(Frame::Trailers(_))) => {}
            Ok(None) => return Poll::Ready(Ok(Chunk::new())),
            Err(BodyError::Io(error)) => return Poll::Ready(Err(error)),
            Err(BodyError::Truncated | BodyError::Malformed(_)) => {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}
