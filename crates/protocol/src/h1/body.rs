//! Reads bodies off a connection: content without its framing, then trailers.

use std::io;
use std::task::{Context, Poll, ready};

use transport::{Chunk, Stream};

use super::chunked::{ChunkedDecoder, Decoded};
use super::{BodyError, Cause};
use crate::{BodyKind, Frame};

/// A reader of one body. The framing itself needs no socket: [`BodyReader::take`].
#[derive(Debug)]
pub struct BodyReader {
    state: State,
    decoder: ChunkedDecoder,
    taken: u64,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum State {
    Length(u64),
    Chunked,
    UntilClose,
    Done,
    /// It was malformed or cut: it never counts as read.
    Failed,
}

impl State {
    fn of(kind: BodyKind) -> Self {
        match kind {
            BodyKind::None | BodyKind::Length(0) => Self::Done,
            BodyKind::Length(length) => Self::Length(length),
            BodyKind::Chunked => Self::Chunked,
            BodyKind::UntilClose => Self::UntilClose,
        }
    }
}

impl BodyReader {
    /// A reader at the start of a body, whose trailer section may have `trailer_limit` bytes.
    pub fn new(kind: BodyKind, trailer_limit: usize) -> Self {
        Self { state: State::of(kind), decoder: ChunkedDecoder::new(trailer_limit), taken: 0 }
    }

    /// Makes it a reader of another body.
    pub(crate) fn restart(&mut self, kind: BodyKind, trailer_limit: usize) {
        if kind == BodyKind::Chunked || self.state == State::Chunked {
            self.decoder = ChunkedDecoder::new(trailer_limit);
        }
        self.state = State::of(kind);
        self.taken = 0;
    }

    /// Takes the whole body off `input`, if it is of known length, none of it was taken, and all of it is there.
    pub(crate) fn take_whole(&mut self, input: &mut Chunk) -> Option<Chunk> {
        let State::Length(length) = self.state else { return None };
        let length = usize::try_from(length).ok().filter(|length| self.taken == 0 && *length <= input.len())?;
        self.state = State::Done;
        self.taken = length as u64;
        Some(split(input, length))
    }

    /// Whether the body was read to its end.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// How many bytes of a body of known length are still to come.
    pub fn remaining(&self) -> Option<u64> {
        match self.state {
            State::Length(remaining) => Some(remaining),
            State::Done => Some(0),
            State::Chunked | State::UntilClose | State::Failed => None,
        }
    }

    /// Bytes of input that were this body's, framing included.
    pub fn bytes_taken(&self) -> u64 {
        self.taken
    }

    /// Takes the next frame off `input`; what lies behind the body's end stays there. `None` if the body is done, or if
    /// the input is used up.
    ///
    /// # Errors
    /// The rule that the body's framing breaks.
    pub fn take(&mut self, input: &mut Chunk) -> Result<Option<Frame>, Cause> {
        if input.is_empty() {
            return Ok(None);
        }
        let before = input.len();
        let frame = self.take_some(input)?;
        self.taken += (before - input.len()) as u64;
        Ok(frame)
    }

    fn take_some(&mut self, input: &mut Chunk) -> Result<Option<Frame>, Cause> {
        match self.state {
            State::Done | State::Failed => Ok(None),
            State::UntilClose => Ok(Some(Frame::Bytes(std::mem::take(input)))),
            State::Length(remaining) => {
                let length = usize::try_from(remaining).unwrap_or(usize::MAX).min(input.len());
                let remaining = remaining - length as u64;
                self.state = if remaining == 0 { State::Done } else { State::Length(remaining) };
                Ok(Some(Frame::Bytes(split(input, length))))
            }
            State::Chunked => {
                let taken = self.take_chunked(input);
                if taken.is_err() {
                    self.state = State::Failed;
                }
                taken
            }
        }
    }

    fn take_chunked(&mut self, input: &mut Chunk) -> Result<Option<Frame>, Cause> {
        match self.decoder.decode(input)? {
            Decoded::More => {
                *input = Chunk::new();
                Ok(None)
            }
            Decoded::Data { skip, length } => {
                input.advance(skip);
                Ok(Some(Frame::Bytes(split(input, length))))
            }
            Decoded::End(length) => {
                input.advance(length);
                self.state = State::Done;
                Ok(self.decoder.take_trailers().map(Frame::Trailers))
            }
        }
    }

    /// Says that the peer closed.
    ///
    /// # Errors
    /// If that was not the body's end.
    pub fn end_of_input(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::Done => Ok(()),
            State::UntilClose => {
                self.state = State::Done;
                Ok(())
            }
            State::Length(_) | State::Chunked | State::Failed => {
                self.state = State::Failed;
                Err(BodyError::Truncated)
            }
        }
    }

    /// The next frame, received from `stream` when `input` is used up; `None` at the end.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
        input: &mut Chunk,
    ) -> Poll<Result<Option<Frame>, BodyError>> {
        loop {
            if self.state == State::Failed {
                return Poll::Ready(Err(BodyError::Truncated));
            }
            let frame = self.take(input).map_err(BodyError::Malformed)?;
            if frame.is_some() || self.is_done() {
                return Poll::Ready(Ok(frame));
            }
            match ready!(stream.poll_receive(cx)) {
                Ok(chunk) if chunk.is_empty() => self.end_of_input()?,
                Ok(chunk) => *input = chunk,
                Err(error) => return Poll::Ready(Err(self.fail(error))),
            }
        }
    }

    fn fail(&mut self, error: io::Error) -> BodyError {
        self.state = State::Failed;
        BodyError::Io(error)
    }
}

/// The first `length` bytes; all of them are moved, not shared.
fn split(input: &mut Chunk, length: usize) -> Chunk {
    if length >= input.len() { std::mem::take(input) } else { input.split_to(length) }
}
