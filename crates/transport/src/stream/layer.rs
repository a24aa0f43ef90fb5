//! What stands between a stream's user and its socket, such as TLS.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};

use crate::chunk::Chunk;
use crate::output::{GATHER, Output};
use crate::stream::Stream;

/// Turns what is sent over an inner stream, and what is received from it, into something else.
pub trait Layer {
    /// The stream underneath.
    fn inner(&self) -> &Stream;
    /// The stream underneath.
    fn inner_mut(&mut self) -> &mut Stream;
    /// See [`Stream::poll_receive`].
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>>;
    /// Queues on the inner stream what `pieces` become, all of them. They go out together.
    fn seal(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<()>;
    /// Queues on the inner stream what tells the peer that nothing more comes.
    fn seal_end(&mut self);
    /// Bytes that came from the inner stream and were not yet received.
    fn held(&self) -> usize;
    /// Whether the peer has said that nothing more comes.
    fn is_ended(&self) -> bool;
}

/// A layer as a stream of its own.
pub(super) struct Layered {
    layer: Box<dyn Layer>,
    /// Queued, and not yet given to the layer: what belongs together is sealed together.
    output: Output,
    /// The peer was told that nothing more comes.
    ended: bool,
}

impl Layered {
    pub(super) fn new(layer: Box<dyn Layer>) -> Self {
        Self { layer, output: Output::default(), ended: false }
    }

    pub(super) fn inner(&self) -> &Stream {
        self.layer.inner()
    }

    pub(super) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        self.layer.poll_receive(cx)
    }

    pub(super) fn poll_peer_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.layer.is_ended() { Poll::Ready(()) } else { self.layer.inner_mut().poll_peer_closed(cx) }
    }

    pub(super) fn has_input(&self) -> bool {
        self.layer.held() > 0 || self.layer.is_ended() || self.layer.inner().has_input()
    }

    pub(super) fn held(&self) -> usize {
        self.layer.held() + self.layer.inner().unread_length()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.layer.is_ended() || self.layer.inner().is_closed()
    }

    pub(super) fn queue(&mut self, bytes: &[u8]) {
        self.output.push(bytes);
    }

    pub(super) fn queue_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.output.push_with(write)
    }

    pub(super) fn queue_chunk(&mut self, chunk: Chunk) {
        self.output.push_chunk(chunk);
    }

    pub(super) fn queued(&self) -> usize {
        self.output.len() + self.layer.inner().queued()
    }

    pub(super) fn start_sending(&mut self) -> io::Result<()> {
        self.seal()?;
        self.layer.inner_mut().start_sending()
    }

    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.seal()?;
        self.layer.inner_mut().poll_ready(cx)
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.seal()?;
        self.layer.inner_mut().poll_flush(cx)
    }

    pub(super) fn queue_end(&mut self) {
        // What cannot be sealed was not promised to arrive; the next call that can tell an error tells it.
        if self.seal().is_ok() && !std::mem::replace(&mut self.ended, true) {
            self.layer.seal_end();
        }
    }

    pub(super) fn shutdown_write(&mut self) {
        self.queue_end();
        self.layer.inner_mut().shutdown_write();
    }

    pub(super) fn discard_output(&mut self) {
        self.output.clear();
        self.layer.inner_mut().discard_output();
    }

    /// Gives the layer all that is queued.
    fn seal(&mut self) -> io::Result<()> {
        if let Some(only) = self.output.only_piece() {
            let sealed = self.layer.seal(&[IoSlice::new(only)]);
            self.output.clear();
            return sealed;
        }
        while !self.output.is_empty() {
            let mut slices = [IoSlice::new(&[]); GATHER];
            let (count, length) = self.output.gather(&mut slices);
            let sealed = self.layer.seal(slices.get(..count).unwrap_or_default());
            self.output.advance(length);
            if sealed.is_err() {
                self.output.clear();
            }
            sealed?;
        }
        Ok(())
    }
}
