//! A stream as the library of frames drives it: what it writes is queued, what it flushes is under way.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use h2::Reason;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use transport::{HIGH_WATER, Stream, clock};

use super::amending::{Amending, Received};
use super::heads::Heads;
use super::ledger::Ledger;
use super::piece::Offered;
use super::server::{NO_PREFACE, PREFACE};
use super::watch::Watch;

/// Bytes of a head that are received at a time where it came in pieces.
const HELD: usize = 1024;

/// A stream whose flushing means that sending has begun, not that the kernel took everything: frames of many exchanges leave
/// together, and nobody is woken only to learn that they have left.
pub(super) struct Io {
    stream: Stream,
    /// What a client sends is looked at.
    watch: Option<Rc<Watch>>,
    /// And what it is sent.
    amending: Option<Amending>,
    heads: Heads,
    /// Whether a server's first frame has come, which says what it is like (RFC 9113 §3.4).
    settled: Option<Rc<Cell<bool>>>,
    /// What is written and need not be copied.
    offered: Offered,
}

impl Io {
    pub(super) fn new(stream: Stream, watch: Rc<Watch>, ledger: Rc<Ledger>, offered: Offered) -> Self {
        let heads = Heads::new(PREFACE.len(), Some(Rc::clone(&ledger)));
        let amending = Some(Amending::new(ledger));
        Self { stream, watch: Some(watch), amending, heads, settled: None, offered }
    }

    pub(super) fn to_server(stream: Stream, settled: Rc<Cell<bool>>, offered: Offered) -> Self {
        Self { stream, watch: None, amending: None, heads: Heads::new(0, None), settled: Some(settled), offered }
    }

    /// Receives what comes next, looked at.
    fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let Some(watch) = &self.watch else { return Poll::Ready(Ok(())) };
        watch.see(buffer.filled().get(before..).unwrap_or_default());
        if watch.is_stranger() {
            self.stream.queue(NO_PREFACE);
            self.stream.start_sending()?;
            return Poll::Ready(Err(io::Error::other("client sent no HTTP/2 connection preface")));
        }
        if let Some(reason) = watch.broken() {
            // Where frames wait for room one of them may have begun: it would be read as part of that.
            if self.stream.queued() < HIGH_WATER {
                self.stream.queue(&goodbye(reason));
                self.stream.start_sending()?;
            }
            return Poll::Ready(Err(io::Error::other("client sent a frame that no client may send")));
        }
        if watch.is_flooded(clock::now()) {
            return Poll::Ready(Err(io::Error::other("client sent too many frames that ask for nothing")));
        }
        Poll::Ready(Ok(()))
    }

    /// Receives more of a head of which only a part has come.
    fn poll_hold(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut place = [0; HELD];
        let wanted = self.heads.wanted().min(HELD);
        let mut buffer = ReadBuf::new(place.get_mut(..wanted).unwrap_or_default());
        ready!(self.poll_receive(cx, &mut buffer))?;
        self.heads.hold(buffer.filled());
        Poll::Ready(Ok(()))
    }

    /// A server is known once its first frame has come, whole.
    fn settle(&mut self) {
        if self.heads.is_between()
            && let Some(settled) = self.settled.take()
        {
            settled.set(true);
        }
    }
}

/// GOAWAY that says nothing of what was served (RFC 9113 §6.8).
fn goodbye(reason: Reason) -> Vec<u8> {
    let header = [0, 0, 8, 7, 0, 0, 0, 0, 0];
    [&header[..], &i32::MAX.to_be_bytes(), &u32::from(reason).to_be_bytes()].concat()
}

impl AsyncRead for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while !self.heads.release(buffer) {
            if self.heads.wanted() > 0 {
                ready!(self.poll_hold(cx))?;
                continue;
            }
            let before = buffer.filled().len();
            ready!(self.poll_receive(cx, buffer))?;
            let received = buffer.filled_mut().get_mut(before..).unwrap_or_default();
            let left = if received.is_empty() { break } else { self.heads.sift(received) };
            buffer.set_filled(before + left);
            // Nothing would be the end.
            if left > 0 {
                break;
            }
        }
        self.settle();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let piece = self.offered.take(bytes);
        if self.stream.queued() >= HIGH_WATER {
            ready!(self.stream.poll_ready(cx))?;
        }
        let received = Received { newest: self.heads.newest(), opened: self.heads.has_opened() };
        let amended = self.amending.as_mut().and_then(|amending| amending.amended(bytes, received));
        match (amended, piece) {
            (Some(amended), _) => self.stream.queue(&amended),
            (None, Some(piece)) => self.stream.queue_chunk(piece),
            (None, None) => self.stream.queue(bytes),
        }
        if let Some(watch) = &self.watch {
            watch.note_sent(bytes.len(), self.offered.take_count());
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_ready(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Stream::poll_shutdown(&mut self.stream, cx)
    }
}
