//! What stands between a stream's user and its socket, such as TLS.

use std::io;
use std::task::{Context, Poll};

use crate::chunk::Chunk;
use crate::stream::Stream;

/// A stream over another stream. The methods mean what those of [`Stream`] mean.
pub trait Layer {
    /// The stream underneath.
    fn inner(&self) -> &Stream;
    /// See [`Stream::poll_receive`].
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>>;
    /// See [`Stream::queue`].
    fn queue(&mut self, bytes: &[u8]);
    /// See [`Stream::queue_chunk`].
    fn queue_chunk(&mut self, chunk: Chunk);
    /// See [`Stream::queued`].
    fn queued(&self) -> usize;
    /// See [`Stream::start_sending`].
    fn start_sending(&mut self) -> io::Result<()>;
    /// See [`Stream::poll_ready`].
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// See [`Stream::poll_flush`].
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// See [`Stream::poll_peer_closed`].
    fn poll_peer_closed(&mut self, cx: &mut Context<'_>) -> Poll<()>;
    /// See [`Stream::has_input`].
    fn has_input(&self) -> bool;
    /// See [`Stream::is_closed`].
    fn is_closed(&self) -> bool;
    /// See [`Stream::shutdown_write`].
    fn shutdown_write(&mut self);
}
