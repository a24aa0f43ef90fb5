//! One exchange's stream: the request's body in, the response out.

use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll, ready};

use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use transport::{Chunk, HIGH_WATER};

use super::{request, response};
use crate::h1::{BodyError, Length};
use crate::{BodyKind, Fields, Frame, Method, RequestHead, ResponseHead, response_head};

/// The server's side of a stream. Its methods mean what those of HTTP/1's connection mean.
pub struct ServerStream {
    incoming: RecvStream,
    outgoing: Outgoing,
    kind: BodyKind,
    is_head: bool,
    /// All of the body was read, and its trailers.
    read: Read,
    /// Bytes of the request so far, its head counted as if it were not compressed.
    received: u64,
    queue: VecDeque<Chunk>,
    /// Bytes in `queue`.
    waiting: usize,
    end: End,
    /// Bytes of the response so far, its head counted as if it were not compressed.
    queued: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    Content,
    Trailers,
    Done,
}

enum Outgoing {
    /// No head was sent.
    Idle(SendResponse<Chunk>),
    Open(SendStream<Chunk>),
}

/// How far the response's end is.
enum End {
    /// More may come.
    Open,
    /// It is queued, with trailers or without.
    Queued(Option<Fields>),
    Sent,
}

impl ServerStream {
    pub(super) fn new(head: &RequestHead, incoming: RecvStream, respond: SendResponse<Chunk>) -> Self {
        let fields = head.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        Self {
            kind: head.body_kind(),
            is_head: head.method == Method::Head,
            read: if incoming.is_end_stream() { Read::Done } else { Read::Content },
            received: (fields + head.target().len()) as u64,
            incoming,
            outgoing: Outgoing::Idle(respond),
            queue: VecDeque::new(),
            waiting: 0,
            end: End::Open,
            queued: 0,
        }
    }

    /// How the request's body ends.
    pub fn body_kind(&self) -> BodyKind {
        self.kind
    }

    /// Whether nothing of the request is left to read.
    pub fn body_done(&self) -> bool {
        self.read == Read::Done
    }

    /// The next frame of the request's body; `None` at its end. What is taken makes room for more (RFC 9113 §5.2).
    ///
    /// # Errors
    /// The client reset the stream, or the connection failed.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        while self.read == Read::Content {
            match ready!(self.incoming.poll_data(cx)).transpose().map_err(lost)? {
                None => self.read = Read::Trailers,
                Some(bytes) => {
                    // A stream that has ended needs no room.
                    let _ = self.incoming.flow_control().release_capacity(bytes.len());
                    if !bytes.is_empty() {
                        self.received += bytes.len() as u64;
                        return Poll::Ready(Ok(Some(Frame::Bytes(Chunk::from(bytes)))));
                    }
                }
            }
        }
        if self.read == Read::Trailers {
            let trailers = ready!(self.incoming.poll_trailers(cx)).map_err(lost)?;
            self.read = Read::Done;
            let trailers = trailers.as_ref().map(request::read_trailers).filter(|trailers| !trailers.is_empty());
            return Poll::Ready(Ok(trailers.map(Frame::Trailers)));
        }
        Poll::Ready(Ok(None))
    }

    /// Sends an interim response.
    pub fn queue_interim(&mut self, status: u16, fields: &Fields) {
        if let Outgoing::Idle(respond) = &mut self.outgoing {
            // A client that has left needs none.
            let _ = respond.send_informational(response::interim(status, fields));
        }
    }

    /// Queues the final head.
    pub fn queue_head(&mut self, head: &ResponseHead, length: Length) {
        let Outgoing::Idle(respond) = &mut self.outgoing else { return };
        let (head_to_send, bytes) = response::head(head, length);
        self.queued += bytes;
        let bodiless = self.is_head || response_head::is_bodiless(head.status);
        let ends = bodiless || matches!(length, Length::None | Length::Known(0));
        // Where the client has left, what follows finds nobody either.
        if let Ok(stream) = respond.send_response(head_to_send, ends) {
            self.outgoing = Outgoing::Open(stream);
        }
        if ends {
            self.end = End::Sent;
        }
    }

    /// Queues content of the response; nothing where there can be none.
    pub fn queue_body(&mut self, chunk: Chunk) {
        if matches!(self.end, End::Open) && !chunk.is_empty() {
            self.queued += chunk.len() as u64;
            self.waiting += chunk.len();
            // Frames may wait for the client's window: they must not hold the worker's receive buffers meanwhile.
            self.queue.push_back(chunk.into_owned());
        }
    }

    /// Ends the response.
    pub fn queue_end(&mut self, trailers: Option<&Fields>) {
        if matches!(self.end, End::Open) {
            self.end = End::Queued(trailers.cloned());
        }
    }

    /// Bytes that wait for the client's window.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Hands over as much as the client's window takes.
    ///
    /// # Errors
    /// The stream is no more.
    pub fn start_sending(&mut self) -> io::Result<()> {
        let Outgoing::Open(stream) = &mut self.outgoing else { return Ok(()) };
        while let Some(first) = self.queue.front_mut() {
            if stream.capacity() == 0 {
                stream.reserve_capacity(self.waiting);
            }
            let room = stream.capacity();
            if room == 0 {
                return Ok(());
            }
            let piece = first.split_to(room);
            self.waiting -= piece.len();
            if first.is_empty() {
                self.queue.pop_front();
            }
            let last = self.queue.is_empty() && matches!(self.end, End::Queued(None));
            stream.send_data(piece, last).map_err(gone)?;
            if last {
                self.end = End::Sent;
            }
        }
        if let End::Queued(trailers) = &self.end {
            match trailers {
                None => stream.send_data(Chunk::new(), true),
                Some(trailers) => stream.send_trailers(response::trailers(trailers)),
            }
            .map_err(gone)?;
            self.end = End::Sent;
        }
        Ok(())
    }

    /// Ready when more may be queued.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_below(cx, HIGH_WATER)
    }

    /// Ready when everything that was queued is handed over.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_below(cx, 1)
    }

    /// Hands over what it can; ready when less than that many bytes wait.
    fn poll_below(&mut self, cx: &mut Context<'_>, limit: usize) -> Poll<io::Result<()>> {
        loop {
            self.start_sending()?;
            if self.waiting == 0 {
                return Poll::Ready(Ok(()));
            }
            let Outgoing::Open(stream) = &mut self.outgoing else { return Poll::Ready(Ok(())) };
            // Asked also where enough was handed over: the task is to be woken when the rest can go.
            match stream.poll_capacity(cx) {
                Poll::Ready(Some(granted)) => drop(granted.map_err(gone)?),
                Poll::Ready(None) => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                Poll::Pending if self.waiting < limit => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Ready when the client gave the stream up, or the connection failed.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.outgoing {
            Outgoing::Idle(respond) => respond.poll_reset(cx).map(drop),
            Outgoing::Open(stream) => stream.poll_reset(cx).map(drop),
        }
    }

    /// Whether the response was handed over to its end.
    pub fn is_complete(&self) -> bool {
        matches!(self.end, End::Sent)
    }

    /// Ends a stream whose response cannot be completed, so that the client can tell (RFC 9113 §5.4.2).
    pub fn reset(&mut self) {
        match &mut self.outgoing {
            Outgoing::Idle(respond) => respond.send_reset(Reason::INTERNAL_ERROR),
            Outgoing::Open(stream) => stream.send_reset(Reason::INTERNAL_ERROR),
        }
    }

    /// Says that nothing was done for the request, so that the client may send it again (RFC 9113 §8.7).
    pub fn refuse(&mut self) {
        if let Outgoing::Idle(respond) = &mut self.outgoing {
            respond.send_reset(Reason::REFUSED_STREAM);
        }
    }

    /// Bytes of the request so far; its head as if it were not compressed.
    pub fn request_bytes(&self) -> u64 {
        self.received
    }

    /// Bytes of the response that were queued; its head as if it were not compressed.
    pub fn bytes_queued(&self) -> u64 {
        self.queued
    }
}

fn lost(error: h2::Error) -> BodyError {
    BodyError::Io(gone(error))
}

fn gone(error: h2::Error) -> io::Error {
    if error.is_io() {
        return error.into_io().unwrap_or_else(|| io::ErrorKind::ConnectionReset.into());
    }
    io::Error::other(error)
}
