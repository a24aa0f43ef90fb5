//! Bodies: a request's in replayable form, a response's on its way to the client.

mod clip;
mod composed;
mod file;
mod filtered;
mod held;
mod passing;
mod read;

pub use clip::Clip;
pub use composed::{Composed, Piece};
pub use file::FileBody;
pub use filtered::{Filter, Filtered};
pub use held::{Held, HeldFile, Replay};
pub use passing::Passing;

use crate::client::Client;
use crate::failure::Failure;
use crate::serve::cached::StoredBody;
use crate::serve::proxy::{Relay, Tally};
use crate::serve::sliced::SlicedBody;
use crate::throttle::Throttle;
use protocol::Frame;
use std::rc::Rc;
use std::task::{Context, Poll};
use transport::Chunk;

/// A request's body.
#[derive(Default)]
pub enum RequestBody {
    /// Nothing of it was read yet (or there is none).
    #[default]
    Unread,
    /// It was read whole and can be sent again.
    Held(Held),
    /// Its beginning is held here; the rest has not come yet.
    Begun(Held),
    /// It was, or is being, passed on as it came; with a copy where one is asked for.
    Passed(Option<Rc<Passing>>),
    /// It is not wanted.
    Discarded,
}

/// A response's body.
pub enum Body {
    /// None.
    Empty,
    /// In memory.
    Bytes(Chunk),
    /// In a file.
    File(Box<FileBody>),
    /// Pieces one after the other (ranges with the text between them).
    Parts(std::collections::VecDeque<Body>),
    /// From an upstream server.
    Relay(Box<Relay>),
    /// One that is on its way into a store, or out of it.
    Stored(Box<StoredBody>),
    /// One that comes in slices.
    Sliced(Box<SlicedBody>),
    /// A part of one that is passed on.
    Clip(Box<Clip>),
    /// One that is changed on its way.
    Filtered(Box<Filtered>),
    /// One with parts that others answer with.
    Composed(Box<Composed>),
}

impl Body {
    /// The next piece; `None` at the end.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        match self {
            Self::Empty => Poll::Ready(Ok(None)),
            Self::Bytes(chunk) => {
                let chunk = std::mem::take(chunk);
                Poll::Ready(Ok((!chunk.is_empty()).then_some(Frame::Bytes(chunk))))
            }
            Self::File(file) => file.poll_chunk(cx).map_ok(|chunk| chunk.map(Frame::Bytes)),
            Self::Relay(relay) => relay.poll_frame(cx),
            Self::Stored(stored) => stored.poll_frame(cx),
            Self::Sliced(sliced) => sliced.poll_frame(cx),
            Self::Clip(clip) => clip.poll_frame(cx),
            Self::Filtered(filtered) => filtered.poll_frame(cx),
            Self::Composed(composed) => composed.poll_frame(cx),
            Self::Parts(parts) => {
                while let Some(part) = parts.front_mut() {
                    match part.poll_frame(cx) {
                        Poll::Ready(Ok(None)) => parts.pop_front(),
                        other => return other,
                    };
                }
                Poll::Ready(Ok(None))
            }
        }
    }

    /// Has the kernel send a piece of a file by itself, where nothing is to be done to it: how many bytes.
    pub fn send_from_memory(&mut self, client: &mut Client<'_>, throttle: &Throttle) -> Option<u64> {
        match self {
            Self::File(file) if throttle.is_free() => file.send_from_memory(client),
            _ => None,
        }
    }

    /// Lets the source go on while the client is not ready: the upload, and what may be held here.
    pub fn poll_source(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut Client<'_>,
        client_ready: bool,
    ) -> Result<(), Failure> {
        match self {
            Self::Relay(relay) => relay.poll_source(cx, client, client_ready),
            Self::Sliced(sliced) => {
                sliced.current_mut().map_or(Ok(()), |body| body.poll_source(cx, client, client_ready))
            }
            Self::Clip(clip) => clip.inner.poll_source(cx, client, client_ready),
            Self::Filtered(filtered) => filtered.inner.poll_source(cx, client, client_ready),
            Self::Composed(composed) => composed.inner.poll_source(cx, client, client_ready),
            Self::Empty | Self::Bytes(_) | Self::File(_) | Self::Parts(_) | Self::Stored(_) => Ok(()),
        }
    }

    /// What it is if it is held in memory; otherwise nothing.
    pub fn into_text(self) -> Chunk {
        match self {
            Self::Bytes(chunk) => chunk,
            _ => Chunk::default(),
        }
    }

    /// When the source has waited too long, or wants to be polled again.
    pub fn deadline(&self) -> Option<std::time::Instant> {
        match self {
            Self::Relay(relay) => relay.deadline(),
            Self::Sliced(sliced) => sliced.deadline(),
            Self::Clip(clip) => clip.inner.deadline(),
            Self::Filtered(filtered) => filtered.inner.deadline(),
            Self::Composed(composed) => composed.deadline(),
            Self::Empty | Self::Bytes(_) | Self::File(_) | Self::Parts(_) | Self::Stored(_) => None,
        }
    }

    /// The upstream answer that it is, or is a part of.
    pub fn relay(&self) -> Option<&Relay> {
        match self {
            Self::Relay(relay) => Some(relay),
            Self::Sliced(sliced) => sliced.current().and_then(Self::relay),
            Self::Clip(clip) => clip.inner.relay(),
            Self::Filtered(filtered) => filtered.inner.relay(),
            Self::Composed(composed) => composed.inner.relay(),
            Self::Empty | Self::Bytes(_) | Self::File(_) | Self::Parts(_) | Self::Stored(_) => None,
        }
    }

    /// What came over the connection of a server whose answer is being kept.
    pub fn kept_tally(&self) -> Option<Tally> {
        match self {
            Self::Stored(stored) => stored.tally.as_ref().map(|tally| tally.get()),
            Self::Sliced(sliced) => sliced.current().and_then(Self::kept_tally),
            Self::Clip(clip) => clip.inner.kept_tally(),
            Self::Filtered(filtered) => filtered.inner.kept_tally(),
            Self::Composed(composed) => composed.inner.kept_tally(),
            Self::Empty | Self::Bytes(_) | Self::File(_) | Self::Parts(_) | Self::Relay(_) => None,
        }
    }

    /// Whether the exchange goes on when the client left.
    pub fn outlives_client(&self) -> bool {
        self.relay().is_some_and(Relay::ignores_client_abort)
    }
}
