//! The sending half of a connection: what was promised by a head is what is written after it.

use transport::file::File;
use transport::{Chunk, Stream};

use super::encode::{self, Coding};
use crate::Fields;

/// One message that is being sent.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    coding: Coding,
    state: State,
    /// Bytes of this message given to the stream, framing included.
    queued: u64,
    /// Heads among them.
    heads: u64,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Idle,
    Body,
    /// Everything that the head promised is queued.
    Complete,
    /// It ended otherwise than its head promised: nothing may follow on this connection.
    Broken,
}

impl Outgoing {
    /// Begins another message.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    pub(crate) fn queued(&self) -> u64 {
        self.queued
    }

    pub(crate) fn head_bytes(&self) -> u64 {
        self.heads
    }

    /// Queues an interim head.
    pub(crate) fn interim(&mut self, stream: &mut Stream, write: impl FnOnce(&mut Vec<u8>)) {
        self.write(stream, write);
        self.heads = self.queued;
    }

    /// Queues the head that `write` writes; what it returns says how the body follows.
    pub(crate) fn head(&mut self, stream: &mut Stream, write: impl FnOnce(&mut Vec<u8>) -> Coding) {
        debug_assert!(self.is_idle(), "a message has one head");
        if !self.is_idle() {
            // A second head would be read as a response of its own.
            self.state = State::Broken;
            return;
        }
        let mut coding = Coding::None;
        self.write(stream, |out| coding = write(out));
        self.heads = self.queued;
        self.coding = coding;
        self.state = if coding == Coding::None { State::Complete } else { State::Body };
    }

    /// Queues content. More than the head promised is cut off; none is written where there can be none.
    pub(crate) fn body(&mut self, stream: &mut Stream, mut chunk: Chunk) {
        if self.state != State::Body || chunk.is_empty() {
            return;
        }
        match &mut self.coding {
            Coding::None => return,
            Coding::UntilClose => {}
            Coding::Length(remaining) => {
                chunk.truncate(usize::try_from(*remaining).unwrap_or(usize::MAX));
                *remaining -= chunk.len() as u64;
                if *remaining == 0 {
                    self.state = State::Complete;
                }
            }
            Coding::Chunked => {
                let length = chunk.len() as u64;
                self.write(stream, |out| {
                    encode::write_hexadecimal(out, length);
                    out.extend_from_slice(b"\r\n");
                });
                self.queued += length + 2;
                stream.queue_chunk(chunk);
                stream.queue(b"\r\n");
                return;
            }
        }
        self.queued += chunk.len() as u64;
        stream.queue_chunk(chunk);
    }

    /// Whether content goes out as it is.
    pub(crate) fn is_plain(&self) -> bool {
        self.state == State::Body && matches!(self.coding, Coding::Length(_) | Coding::UntilClose)
    }

    /// Queues part of a file as content, under the same rules.
    pub(crate) fn file(&mut self, stream: &mut Stream, file: &File, offset: u64, mut length: usize) {
        debug_assert!(self.is_plain(), "a file has no framing");
        if let Coding::Length(remaining) = &mut self.coding {
            length = length.min(usize::try_from(*remaining).unwrap_or(usize::MAX));
            *remaining -= length as u64;
            if *remaining == 0 {
                self.state = State::Complete;
            }
        }
        self.queued += length as u64;
        stream.queue_file(file, offset, length);
    }

    /// Ends the message.
    pub(crate) fn end(&mut self, stream: &mut Stream, trailers: Option<&Fields>) {
        if self.state != State::Body {
            return;
        }
        self.state = match self.coding {
            Coding::Chunked => {
                self.write(stream, |out| {
                    out.extend_from_slice(b"0\r\n");
                    encode::write_trailers(out, trailers);
                });
                State::Complete
            }
            Coding::UntilClose | Coding::None => State::Complete,
            Coding::Length(_) => State::Broken,
        };
    }

    fn write(&mut self, stream: &mut Stream, write: impl FnOnce(&mut Vec<u8>)) {
        self.queued += stream.queue_with(write) as u64;
    }
}
