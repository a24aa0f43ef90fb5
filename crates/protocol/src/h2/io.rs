//! A stream as the library of frames drives it: what it writes is queued, what it flushes is under way.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use transport::{HIGH_WATER, Stream, clock};

use super::watch::Watch;

/// A stream whose flushing means that sending has begun, not that the kernel took everything: frames of many exchanges leave
/// together, and nobody is woken only to learn that they have left.
pub(super) struct Io {
    stream: Stream,
    watch: Rc<Watch>,
}

impl Io {
    pub(super) fn new(stream: Stream, watch: Rc<Watch>) -> Self {
        Self { stream, watch }
    }
}

impl AsyncRead for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.watch.see(buffer.filled().get(before..).unwrap_or_default());
        if self.watch.is_flooded(clock::now()) {
            return Poll::Ready(Err(io::Error::other("client sent too many frames that ask for nothing")));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.stream.queued() >= HIGH_WATER {
            ready!(self.stream.poll_ready(cx))?;
        }
        let room = HIGH_WATER.saturating_sub(self.stream.queued()).max(1);
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.stream.queue(taken);
        self.watch.note_sent(taken.len());
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_ready(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Stream::poll_shutdown(&mut self.stream, cx)
    }
}
