//! What one side of a stream has to send after its head: pieces that wait for the peer's window, then the end.

use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll};

use h2::{Reason, SendStream};
use http::HeaderMap;
use transport::{Chunk, HIGH_WATER};

use super::piece::{Offered, Piece};

/// The rest of a message on its way.
pub(super) struct Sending {
    /// There once a head was sent.
    stream: Option<SendStream<Piece>>,
    /// Where the connection takes pieces from.
    offered: Offered,
    queue: VecDeque<Chunk>,
    /// So many pieces at its front hold none of the worker's receive buffers.
    kept: usize,
    /// Bytes in `queue`.
    waiting: usize,
    end: End,
    /// Bytes that were ever queued.
    queued: u64,
    /// Bytes of content in one frame, at most.
    most: usize,
    /// Nobody takes anything any more.
    lost: bool,
}

/// How far the message's end is.
#[derive(Default)]
enum End {
    /// More may come.
    #[default]
    Open,
    /// It is queued, with trailers or without.
    Queued(Option<HeaderMap>),
    Sent,
}

impl Sending {
    /// Nothing was sent on a stream of this connection.
    pub(super) fn new(offered: Offered) -> Self {
        Self {
            stream: None,
            offered,
            queue: VecDeque::new(),
            kept: 0,
            waiting: 0,
            end: End::Open,
            queued: 0,
            most: usize::MAX,
            lost: false,
        }
    }

    /// Frames hold so many bytes of content at most, which is one at least.
    pub(super) fn limit_frames(&mut self, content: usize) {
        self.most = content;
    }

    /// A head was sent.
    pub(super) fn begin(&mut self, stream: SendStream<Piece>) {
        self.stream = Some(stream);
    }

    /// The peer has left: what was queued, and what is, finds nobody.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        self.queue.clear();
        (self.kept, self.waiting) = (0, 0);
    }

    /// Whether nobody takes anything any more.
    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Nothing follows the head.
    pub(super) fn end_at_head(&mut self) {
        self.end = End::Sent;
    }

    /// Queues content; nothing where there can be none.
    pub(super) fn queue_body(&mut self, chunk: Chunk) {
        if matches!(self.end, End::Open) && !chunk.is_empty() {
            self.queued += chunk.len() as u64;
            if self.lost {
                return;
            }
            self.waiting += chunk.len();
            self.queue.push_back(chunk);
        }
    }

    /// Ends the message.
    pub(super) fn queue_end(&mut self, trailers: Option<HeaderMap>) {
        if matches!(self.end, End::Open) {
            self.end = End::Queued(trailers);
        }
    }

    /// Bytes that wait for the peer's window.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Bytes that were ever queued.
    pub(super) fn queued(&self) -> u64 {
        self.queued
    }

    /// Whether the message was handed over to its end.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.end, End::Sent)
    }

    /// Hands over as much as the peer's window takes.
    ///
    /// # Errors
    /// The stream is no more.
    pub(super) fn start_sending(&mut self) -> io::Result<()> {
        if self.lost {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let sent = self.send();
        if sent.is_err() {
            self.lose();
        }
        sent
    }

    fn send(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else {
            self.keep();
            return Ok(());
        };
        while let Some(first) = self.queue.front_mut() {
            if stream.capacity() == 0 {
                stream.reserve_capacity(self.waiting);
            }
            let room = stream.capacity();
            if room == 0 {
                self.keep();
                return Ok(());
            }
            let piece = first.split_to(room.min(self.most));
            self.waiting -= piece.len();
            if first.is_empty() {
                self.queue.pop_front();
                self.kept = self.kept.saturating_sub(1);
            }
            let last = self.queue.is_empty() && matches!(self.end, End::Queued(None));
            stream.send_data(Piece::new(piece, &self.offered), last).map_err(gone)?;
            if last {
                self.end = End::Sent;
            }
        }
        if let End::Queued(trailers) = &mut self.end {
            match trailers.take() {
                None => stream.send_data(Piece::new(Chunk::new(), &self.offered), true),
                Some(trailers) => stream.send_trailers(trailers),
            }
            .map_err(gone)?;
            self.end = End::Sent;
        }
        Ok(())
    }

    /// What waits for the peer's window must not hold the worker's receive buffers meanwhile.
    fn keep(&mut self) {
        for chunk in self.queue.range_mut(self.kept..) {
            *chunk = std::mem::take(chunk).into_owned();
        }
        self.kept = self.queue.len();
    }

    /// Ready when more may be queued.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_below(cx, HIGH_WATER)
    }

    /// Ready when everything that was queued is handed over.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_below(cx, 1)
    }

    /// Hands over what it can; ready when less than that many bytes wait.
    fn poll_below(&mut self, cx: &mut Context<'_>, limit: usize) -> Poll<io::Result<()>> {
        loop {
            self.start_sending()?;
            if self.waiting == 0 {
                return Poll::Ready(Ok(()));
            }
            let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(())) };
            // Asked also where enough was handed over: the task is to be woken when the rest can go.
            match stream.poll_capacity(cx) {
                Poll::Ready(Some(granted)) => drop(granted.map_err(gone)?),
                Poll::Ready(None) => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                Poll::Pending if self.waiting < limit => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Ready when the peer gave the stream up, or the connection failed.
    pub(super) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.as_mut().map_or(Poll::Pending, |stream| stream.poll_reset(cx).map(drop))
    }

    /// Gives the stream up, if a head was sent on it.
    pub(super) fn reset(&mut self, reason: Reason) {
        if let Some(stream) = &mut self.stream {
            stream.send_reset(reason);
        }
    }
}

/// What the library says, as an error of the connection.
pub(super) fn gone(error: h2::Error) -> io::Error {
    if error.is_io() {
        return error.into_io().unwrap_or_else(|| io::ErrorKind::ConnectionReset.into());
    }
    io::Error::other(error)
}
