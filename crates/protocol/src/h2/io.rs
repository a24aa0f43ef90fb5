//! A stream as the library of frames drives it: what it writes is queued, what it flushes is under way.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use transport::{HIGH_WATER, Stream, clock};

use super::watch::Watch;

/// GOAWAY for whoever breaks the protocol before a stream: the library has no word for those who send no preface
/// (RFC 9113 §3.4, §6.8).
const GOODBYE: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// A stream whose flushing means that sending has begun, not that the kernel took everything: frames of many exchanges leave
/// together, and nobody is woken only to learn that they have left.
pub(super) struct Io {
    stream: Stream,
    /// What a client sends is looked at.
    watch: Option<Rc<Watch>>,
}

impl Io {
    pub(super) fn new(stream: Stream, watch: Rc<Watch>) -> Self {
        Self { stream, watch: Some(watch) }
    }

    pub(super) fn to_server(stream: Stream) -> Self {
        Self { stream, watch: None }
    }
}

impl AsyncRead for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let Some(watch) = &self.watch else { return Poll::Ready(Ok(())) };
        watch.see(buffer.filled().get(before..).unwrap_or_default());
        if watch.is_stranger() {
            self.stream.queue(GOODBYE);
            self.stream.start_sending()?;
            return Poll::Ready(Err(io::Error::other("client sent no HTTP/2 connection preface")));
        }
        if watch.is_flooded(clock::now()) {
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
        if let Some(watch) = &self.watch {
            watch.note_sent(taken.len());
        }
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_ready(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Stream::poll_shutdown(&mut self.stream, cx)
    }
}
