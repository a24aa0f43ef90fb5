//! What one side of a stream gets after a head: content, which makes room for more as it is taken, then trailers.

use std::task::{Context, Poll, ready};

use h2::{Reason, RecvStream};
use transport::Chunk;

use super::request;
use super::sending::gone;
use crate::Frame;
use crate::h1::{BodyError, Cause};

/// The body of a message on its way in.
pub(super) struct Receiving {
    stream: RecvStream,
    left: Left,
    /// Bytes of content so far.
    bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Content,
    Trailers,
    Nothing,
}

impl Receiving {
    pub(super) fn new(stream: RecvStream) -> Self {
        let left = if stream.is_end_stream() { Left::Nothing } else { Left::Content };
        Self { stream, left, bytes: 0 }
    }

    /// Whether all was taken.
    pub(super) fn is_done(&self) -> bool {
        self.left == Left::Nothing
    }

    /// Whether nothing follows what was taken; unlike [`Receiving::is_done`] it looks at what has come by now.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_done() || self.stream.is_end_stream()
    }

    /// Nothing else is to be taken.
    pub(super) fn finish(&mut self) {
        self.left = Left::Nothing;
    }

    /// Bytes of content so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next frame; `None` at the end. What is taken makes room for more (RFC 9113 §5.2).
    ///
    /// # Errors
    /// The peer reset the stream, or the connection failed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        while self.left == Left::Content {
            match ready!(self.stream.poll_data(cx)).transpose().map_err(lost)? {
                None => self.left = Left::Trailers,
                Some(bytes) => {
                    // A stream that has ended needs no room.
                    let _ = self.stream.flow_control().release_capacity(bytes.len());
                    if !bytes.is_empty() {
                        self.bytes += bytes.len() as u64;
                        return Poll::Ready(Ok(Some(Frame::Bytes(Chunk::from(bytes)))));
                    }
                }
            }
        }
        if self.left == Left::Trailers {
            let trailers = ready!(self.stream.poll_trailers(cx)).map_err(lost)?;
            self.left = Left::Nothing;
            let trailers = trailers.as_ref().map(request::read_trailers).filter(|trailers| !trailers.is_empty());
            return Poll::Ready(Ok(trailers.map(Frame::Trailers)));
        }
        Poll::Ready(Ok(None))
    }
}

fn lost(error: h2::Error) -> BodyError {
    // It is not of the length that was announced (RFC 9113 §8.1.1).
    let is_malformed = error.is_library() && error.is_reset() && error.reason() == Some(Reason::PROTOCOL_ERROR);
    if is_malformed { BodyError::Malformed(Cause::InvalidLength) } else { BodyError::Io(gone(error)) }
}
