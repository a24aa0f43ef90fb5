//! A part of a body that is passed on as it comes.

use crate::body::Body;
use crate::failure::Failure;
use protocol::Frame;
use std::task::{Context, Poll, ready};

/// A part of another body: what comes before it is read and dropped.
pub struct Clip {
    /// The whole body.
    pub inner: Body,
    skip: u64,
    take: u64,
}

impl Clip {
    /// `take` bytes of `inner` after the first `skip`.
    pub fn new(inner: Body, skip: u64, take: u64) -> Self {
        Self { inner, skip, take }
    }

    /// The next piece; `None` at the end of the part.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        while self.take > 0 {
            let Some(Frame::Bytes(mut chunk)) = ready!(self.inner.poll_frame(cx))? else { break };
            let skipped = self.skip.min(chunk.len() as u64);
            self.skip -= skipped;
            chunk.advance(usize::try_from(skipped).unwrap_or(usize::MAX));
            chunk.truncate(usize::try_from(self.take).unwrap_or(usize::MAX));
            self.take -= chunk.len() as u64;
            if !chunk.is_empty() {
                return Poll::Ready(Ok(Some(Frame::Bytes(chunk))));
            }
        }
        Poll::Ready(Ok(None))
    }
}
