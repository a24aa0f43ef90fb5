//! A body that is changed on its way, piece by piece.

use crate::body::Body;
use crate::failure::Failure;
use crate::shape::charset::Recoder;
use crate::shape::compress::Encoder;
use crate::shape::gunzip::Gunzip;
use crate::shape::substitute::Substituter;
use protocol::Frame;
use std::task::{Context, Poll};
use transport::Chunk;

/// Bytes of output that are worth passing on.
const ENOUGH: usize = 16 << 10;
/// Bytes of input that are worked on at a time: what they grow to is bounded by what they are.
const SLICE: usize = 16 << 10;

/// What changes a body.
pub enum Filter {
    /// Decompression.
    Gunzip(Box<Gunzip>),
    /// Replacement of text.
    Substitute(Box<Substituter>),
    /// Another character set.
    Recode(Recoder),
    /// Compression.
    Compress(Encoder),
}

/// A body and what changes it.
pub struct Filtered {
    /// The body as it comes.
    pub inner: Body,
    /// What changes it.
    pub filter: Filter,
    /// What has come is passed on at once.
    eager: bool,
    input: Chunk,
    output: Vec<u8>,
    /// Something went in since the last flush.
    dirty: bool,
    ended: Ended,
    trailers: Option<Frame>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    No,
    Inner,
    All,
    Broken(Failure),
}

impl Filtered {
    /// `inner`, changed by `filter`; `eager`: what has come does not wait for more.
    pub fn new(inner: Body, filter: Filter, eager: bool) -> Self {
        let (input, output) = (Chunk::new(), Vec::new());
        Self { inner, filter, eager, input, output, dirty: false, ended: Ended::No, trailers: None }
    }

    /// The next piece; `None` at the end.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        loop {
            if self.output.len() >= ENOUGH {
                return self.pass();
            }
            if !self.input.is_empty() {
                let slice = self.input.get(..SLICE).unwrap_or(&self.input);
                let used = self.filter.run(slice, &mut self.output)?;
                self.input.advance(used);
                self.dirty = true;
                continue;
            }
            match self.ended {
                Ended::No => {}
                Ended::Inner => {
                    if self.filter.finish(&mut self.output)? {
                        self.ended = Ended::All;
                    }
                    continue;
                }
                Ended::All | Ended::Broken(_) if !self.output.is_empty() => return self.pass(),
                Ended::All => return Poll::Ready(Ok(self.trailers.take())),
                Ended::Broken(failure) => return Poll::Ready(Err(failure)),
            }
            match self.inner.poll_frame(cx) {
                Poll::Ready(Ok(Some(Frame::Bytes(chunk)))) => self.input = chunk,
                Poll::Ready(Ok(Some(trailers))) => self.trailers = Some(trailers),
                Poll::Ready(Ok(None)) => self.ended = Ended::Inner,
                // What came before it broke off is passed on.
                Poll::Ready(Err(failure)) => self.ended = Ended::Broken(failure),
                Poll::Pending => {
                    if self.eager && std::mem::take(&mut self.dirty) {
                        self.filter.flush(&mut self.output)?;
                    }
                    return if self.output.is_empty() { Poll::Pending } else { self.pass() };
                }
            }
        }
    }

    fn pass(&mut self) -> Poll<Result<Option<Frame>, Failure>> {
        Poll::Ready(Ok(Some(Frame::Bytes(std::mem::take(&mut self.output).into()))))
    }
}

impl Filter {
    /// Takes bytes in and puts out what they come to; tells how many it took.
    fn run(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<usize, Failure> {
        match self {
            Self::Gunzip(gunzip) => gunzip.run(input, output),
            Self::Substitute(substituter) => Ok(substituter.run(input, output)),
            Self::Recode(recoder) => Ok(recoder.run(input, output)),
            Self::Compress(encoder) => encoder.run(input, output),
        }
    }

    /// Puts out what the other side can make use of now.
    fn flush(&mut self, output: &mut Vec<u8>) -> Result<(), Failure> {
        match self {
            Self::Compress(encoder) => encoder.flush(output),
            Self::Gunzip(_) | Self::Substitute(_) | Self::Recode(_) => Ok(()),
        }
    }

    /// Puts out what is left; false: call again.
    fn finish(&mut self, output: &mut Vec<u8>) -> Result<bool, Failure> {
        match self {
            Self::Gunzip(gunzip) => gunzip.finish().map(|()| true),
            Self::Substitute(substituter) => {
                substituter.finish(output);
                Ok(true)
            }
            Self::Recode(recoder) => {
                recoder.finish(output);
                Ok(true)
            }
            Self::Compress(encoder) => encoder.finish(output),
        }
    }
}
