//! tokio's own traits on a stream, so that whatever speaks them runs on either kind.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::HIGH_WATER;
use crate::stream::Stream;

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut chunk = ready!(self.poll_receive(cx))?;
        let read = chunk.split_to(buffer.remaining());
        buffer.put_slice(&read);
        self.unread(chunk);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.queued() >= HIGH_WATER {
            ready!(self.poll_ready(cx))?;
        }
        let room = HIGH_WATER.saturating_sub(self.queued()).max(1);
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.queue(taken);
        self.start_sending()?;
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Stream::poll_flush(&mut self, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Stream::poll_shutdown(&mut self, cx)
    }
}
