//! Sending a request's body to the upstream server.

use crate::body::{Passing, Replay};
use crate::client::Client;
use crate::failure::{Cause, Failure};
use protocol::{Carrier, Fields, Frame};
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;
use transport::{Chunk, HIGH_WATER, clock};

/// Most bytes of small pieces that make one chunk.
const MOST_GATHERED: usize = 8 << 10;

/// What is left of a request to send.
pub struct Upload {
    source: Source,
    /// Small pieces that came one after the other, where each would be sent as a chunk of its own.
    gathered: Option<Vec<u8>>,
    /// When the server last took something.
    pub progress: Instant,
    /// The server takes no more for now.
    pub blocked: bool,
}

/// Where the body comes from.
pub enum Source {
    /// All of it was queued.
    Done,
    /// One piece.
    Piece(Chunk),
    /// A body that is held here.
    Held(Replay),
    /// The client, as it sends it.
    Client {
        /// What came of it before.
        begun: std::vec::IntoIter<Chunk>,
        /// How many bytes more it may be.
        room: u64,
        /// What keeps a copy.
        copy: Option<Rc<Passing>>,
        /// What came behind it, where that is passed on.
        trailers: Option<Box<Fields>>,
        /// Whether it is.
        passes_trailers: bool,
    },
}

/// Why an upload stopped.
pub enum UploadFailure {
    /// The client's side failed.
    Client(Failure),
    /// The server does not take it.
    Upstream(io::Error),
}

impl Upload {
    /// An upload from a source.
    pub fn new(source: Source) -> Self {
        Self { source, gathered: None, progress: clock::now(), blocked: false }
    }

    /// The same, in chunks: what comes at once goes as one.
    pub fn in_chunks(self) -> Self {
        Self { gathered: Some(Vec::new()), ..self }
    }

    /// Whether all of it was queued.
    pub fn is_done(&self) -> bool {
        matches!(self.source, Source::Done)
    }

    /// Whether it waits for the client.
    pub fn waits_for_client(&self) -> bool {
        matches!(self.source, Source::Client { .. }) && !self.blocked
    }

    /// Sends what can be sent now.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        server: &mut Carrier,
        client: &mut Client<'_>,
    ) -> Result<(), UploadFailure> {
        while !self.is_done() {
            // While little is queued nothing is sent yet: the head leaves together with the body's first bytes.
            if server.waiting() >= HIGH_WATER {
                match server.poll_ready(cx) {
                    Poll::Ready(outcome) => outcome.map_err(UploadFailure::Upstream)?,
                    Poll::Pending => {
                        self.blocked = true;
                        return Ok(());
                    }
                }
            }
            self.blocked = false;
            self.progress = clock::now();
            match self.poll_source(cx, client).map_err(UploadFailure::Client)? {
                Poll::Ready(Some(chunk)) => self.queue(chunk, server),
                Poll::Ready(None) => {
                    self.queue_gathered(server);
                    server.queue_end(self.trailers().as_deref());
                    self.source = Source::Done;
                }
                Poll::Pending => break,
            }
        }
        self.queue_gathered(server);
        // What the server does not take now it takes when this task is woken for it.
        match server.poll_ready(cx) {
            Poll::Ready(Err(error)) => Err(UploadFailure::Upstream(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    fn trailers(&mut self) -> Option<Box<Fields>> {
        if let Source::Client { trailers, .. } = &mut self.source { trailers.take() } else { None }
    }

    fn queue(&mut self, chunk: Chunk, server: &mut Carrier) {
        match &mut self.gathered {
            Some(gathered) if gathered.len() + chunk.len() <= MOST_GATHERED => gathered.extend_from_slice(&chunk),
            _ => {
                self.queue_gathered(server);
                server.queue_body(chunk);
            }
        }
    }

    fn queue_gathered(&mut self, server: &mut Carrier) {
        if let Some(gathered) = self.gathered.as_mut().filter(|gathered| !gathered.is_empty()) {
            server.queue_body(std::mem::take(gathered).into());
        }
    }

    fn poll_source(&mut self, cx: &mut Context<'_>, client: &mut Client<'_>) -> Result<Poll<Option<Chunk>>, Failure> {
        let polled = match &mut self.source {
            Source::Done => Poll::Ready(Ok(None)),
            Source::Piece(chunk) => {
                let chunk = std::mem::take(chunk);
                Poll::Ready(Ok((!chunk.is_empty()).then_some(chunk)))
            }
            Source::Held(replay) => replay.poll_chunk(cx),
            Source::Client { begun, room, copy, trailers, passes_trailers } => loop {
                let polled = match begun.next() {
                    Some(chunk) => Poll::Ready(Ok(Some(Frame::Bytes(chunk)))),
                    None => client.poll_body(cx),
                };
                match polled {
                    Poll::Ready(Ok(Some(Frame::Bytes(chunk)))) => {
                        let left = room.checked_sub(chunk.len() as u64).ok_or(Failure::new(Cause::BodyTooLarge))?;
                        *room = left;
                        if let Some(copy) = copy {
                            copy.see(&chunk);
                        }
                        break Poll::Ready(Ok(Some(chunk)));
                    }
                    Poll::Ready(Ok(Some(Frame::Trailers(fields)))) => {
                        *trailers = passes_trailers.then(|| Box::new(fields));
                    }
                    Poll::Ready(Ok(None)) => break Poll::Ready(Ok(None)),
                    Poll::Ready(Err(failure)) => break Poll::Ready(Err(failure)),
                    Poll::Pending => break Poll::Pending,
                }
            },
        };
        match polled {
            Poll::Ready(outcome) => outcome.map(Poll::Ready),
            Poll::Pending => Ok(Poll::Pending),
        }
    }
}
