//! One exchange's stream: the request's body in, the response out.

use std::io;
use std::task::{Context, Poll};

use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use transport::Chunk;

use super::ledger::Incomplete;
use super::piece::{Offered, Piece};
use super::receiving::Receiving;
use super::response;
use super::sending::Sending;
use crate::h1::{BodyError, Length};
use crate::{BodyKind, Fields, Frame, Method, RequestHead, ResponseHead, response_head};

/// The server's side of a stream. Its methods mean what those of HTTP/1's connection mean.
pub struct ServerStream {
    incoming: Receiving,
    /// There until the response begins, where the request was not complete with its head.
    incomplete: Option<Incomplete>,
    /// There until the head is sent.
    respond: Option<SendResponse<Piece>>,
    outgoing: Sending,
    kind: BodyKind,
    is_head: bool,
    /// Bytes of the request's head.
    received: u64,
    /// Bytes of the response's head, counted as if it were not compressed.
    head_bytes: u64,
}

impl ServerStream {
    pub(super) fn new(
        (head, size): (&RequestHead, Option<usize>),
        (incoming, incomplete): (RecvStream, Option<Incomplete>),
        respond: SendResponse<Piece>,
        offered: Offered,
    ) -> Self {
        let uncompressed = || {
            let fields = head.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
            fields + head.target().len()
        };
        Self {
            kind: head.body_kind(),
            is_head: head.method == Method::Head,
            received: size.unwrap_or_else(uncompressed) as u64,
            incoming: Receiving::new(incoming),
            incomplete,
            respond: Some(respond),
            outgoing: Sending::new(offered),
            head_bytes: 0,
        }
    }

    /// How the request's body ends.
    pub fn body_kind(&self) -> BodyKind {
        self.kind
    }

    /// Whether nothing of the request is left to read.
    pub fn body_done(&self) -> bool {
        self.incoming.is_done()
    }

    /// The next frame of the request's body; `None` at its end. What is taken makes room for more (RFC 9113 §5.2).
    ///
    /// # Errors
    /// The client reset the stream, or the connection failed.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        self.incoming.poll(cx)
    }

    /// Sends an interim response.
    pub fn queue_interim(&mut self, status: u16, fields: &Fields) {
        if let Some(respond) = &mut self.respond {
            // A client that has left needs none.
            let _ = respond.send_informational(response::interim(status, fields));
        }
    }

    /// Queues the final head.
    pub fn queue_head(&mut self, head: &ResponseHead, length: Length) {
        let Some(mut respond) = self.respond.take() else { return };
        self.incomplete = None;
        let (head_to_send, bytes) = response::head(head, length);
        self.head_bytes += bytes;
        let bodiless = self.is_head || response_head::is_bodiless(head.status);
        let ends = bodiless || matches!(length, Length::None | Length::Known(0));
        if let Ok(stream) = respond.send_response(head_to_send, ends) {
            self.outgoing.begin(stream);
        } else {
            // Where the client has left, what follows finds nobody either.
            self.respond = Some(respond);
            self.outgoing.lose();
        }
        if ends {
            self.outgoing.end_at_head();
        }
    }

    /// Frames of the response hold so many bytes of content at most, which is one at least.
    pub fn limit_frames(&mut self, content: usize) {
        self.outgoing.limit_frames(content);
    }

    /// Whether the client is known to have left.
    pub fn is_lost(&self) -> bool {
        self.outgoing.is_lost()
    }

    /// Queues content of the response; nothing where there can be none.
    pub fn queue_body(&mut self, chunk: Chunk) {
        self.outgoing.queue_body(chunk);
    }

    /// Ends the response.
    pub fn queue_end(&mut self, trailers: Option<&Fields>) {
        self.outgoing.queue_end(trailers.map(response::trailers));
    }

    /// Bytes that wait for the client's window.
    pub fn waiting(&self) -> usize {
        self.outgoing.waiting()
    }

    /// Hands over as much as the client's window takes.
    ///
    /// # Errors
    /// The stream is no more.
    pub fn start_sending(&mut self) -> io::Result<()> {
        self.outgoing.start_sending()
    }

    /// Ready when more may be queued.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.poll_ready(cx)
    }

    /// Ready when everything that was queued is handed over.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.poll_flush(cx)
    }

    /// Ready when the client gave the stream up, or the connection failed.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.respond {
            Some(respond) => respond.poll_reset(cx).map(drop),
            None => self.outgoing.poll_reset(cx),
        }
    }

    /// Whether the response was handed over to its end.
    pub fn is_complete(&self) -> bool {
        self.outgoing.is_complete()
    }

    /// Ends a stream whose response cannot be completed, so that the client can tell (RFC 9113 §5.4.2).
    pub fn reset(&mut self) {
        match &mut self.respond {
            Some(respond) => respond.send_reset(Reason::INTERNAL_ERROR),
            None => self.outgoing.reset(Reason::INTERNAL_ERROR),
        }
    }

    /// Says that nothing was done for the request, so that the client may send it again (RFC 9113 §8.7).
    pub fn refuse(&mut self) {
        if let Some(respond) = &mut self.respond {
            respond.send_reset(Reason::REFUSED_STREAM);
        }
    }

    /// Bytes of the request so far: its content, and the fields of its head as they came, without what frames add (nginx's
    /// `$request_length`). A head of more than 64 KiB counts as if it were not compressed.
    pub fn request_bytes(&self) -> u64 {
        self.received + self.incoming.bytes()
    }

    /// Bytes of the response that were queued; its head as if it were not compressed.
    pub fn bytes_queued(&self) -> u64 {
        self.head_bytes + self.outgoing.queued()
    }
}
