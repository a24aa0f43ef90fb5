//! One exchange with a server: the request out on a stream of its own, the response in.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use h2::Reason;
use h2::client::{ResponseFuture, SendRequest};
use http::Response;
use transport::Chunk;

use super::client::Place;
use super::order;
use super::piece::{Offered, Piece};
use super::receiving::Receiving;
use super::response;
use super::sending::{Sending, gone};
use crate::h1::{BodyError, Cause, INTERIM, Kind, RequestFraming, RequestText, ResponseError};
use crate::{BodyKind, Fields, Frame, ResponseHead, Version, response_head};

/// The client's side of a stream. Its methods mean what those of HTTP/1's connection mean.
pub struct ClientStream {
    sender: SendRequest<Piece>,
    place: Place,
    secured: bool,
    answer: Answer,
    outgoing: Sending,
    kind: BodyKind,
    is_head: bool,
    /// The protocol of the tunnel that is asked for.
    switch: Option<String>,
    interim: u32,
    /// The first piece of the body, which was looked at before its time.
    first: Option<Chunk>,
    /// Bytes of the request's head, and of the response's heads, counted as if they were not compressed.
    sent: u64,
    received: u64,
}

enum Answer {
    /// Nothing was asked.
    None,
    /// The request could not be sent.
    Failed(Option<ResponseError>),
    Awaited(ResponseFuture),
    Comes(Receiving),
}

impl ClientStream {
    pub(super) fn new(sender: SendRequest<Piece>, place: Place, secured: bool, offered: Offered) -> Self {
        Self {
            sender,
            place,
            secured,
            answer: Answer::None,
            outgoing: Sending::new(offered),
            kind: BodyKind::None,
            is_head: false,
            switch: None,
            interim: 0,
            first: None,
            sent: 0,
            received: 0,
        }
    }

    /// Ready when the server has said what it is like, or never will.
    pub fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.place.poll_settled(cx)
    }

    /// Queues the head of the request. What is wrong with it is told in the place of its response.
    pub fn queue_text(&mut self, text: &RequestText) {
        self.is_head = text.is_head();
        let protocol = text.wanted_protocol().filter(|_| self.sender.is_extended_connect_protocol_enabled());
        let bodiless = matches!(text.framing(), RequestFraming::None | RequestFraming::Length(0));
        let ends = bodiless && protocol.is_none();
        let request = match protocol {
            Some(protocol) => order::tunnel(text, self.secured, protocol),
            None => order::request(text, self.secured),
        };
        self.switch = protocol.map(str::to_owned);
        let opened = request.map_err(ResponseError::Malformed).and_then(|(request, bytes)| {
            self.sent = bytes;
            self.sender.send_request(request, ends).map_err(failed)
        });
        match opened {
            Ok((answer, stream)) => {
                self.outgoing.begin(stream);
                self.answer = Answer::Awaited(answer);
            }
            Err(error) => self.answer = Answer::Failed(Some(error)),
        }
        if ends {
            self.outgoing.end_at_head();
        }
    }

    /// Queues content of the request.
    pub fn queue_body(&mut self, chunk: Chunk) {
        self.outgoing.queue_body(chunk);
    }

    /// Ends the request.
    pub fn queue_end(&mut self, trailers: Option<&Fields>) {
        self.outgoing.queue_end(trailers.map(response::trailers));
    }

    /// Bytes that wait for the server's window.
    pub fn waiting(&self) -> usize {
        self.outgoing.waiting()
    }

    /// Begins to send; ready when more may be queued.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.poll_ready(cx)
    }

    /// Begins to send what is queued.
    ///
    /// # Errors
    /// The stream is no more.
    pub fn start_sending(&mut self) -> io::Result<()> {
        self.outgoing.start_sending()
    }

    /// Ready when everything that was queued is handed over.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.poll_flush(cx)
    }

    /// Waits for a head of at most `limit` bytes, counted as if it were not compressed.
    ///
    /// # Errors
    /// The server did not take the request, broke the protocol, or the connection failed.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        limit: usize,
        head: &mut ResponseHead,
    ) -> Poll<Result<Kind, ResponseError>> {
        let answer = match &mut self.answer {
            Answer::Awaited(answer) => answer,
            Answer::Failed(error) => return Poll::Ready(Err(error.take().unwrap_or(ResponseError::Closed))),
            Answer::None | Answer::Comes(_) => return Poll::Ready(Err(ResponseError::Closed)),
        };
        let polled = match answer.poll_informational(cx) {
            Poll::Ready(Some(interim)) => interim.map(|interim| (interim, None)),
            Poll::Ready(None) | Poll::Pending => ready!(Pin::new(answer).poll(cx)).map(|response| {
                let (parts, body) = response.into_parts();
                (Response::from_parts(parts, ()), Some(Receiving::new(body)))
            }),
        };
        let outcome = polled.map_err(failed).and_then(|(response, body)| {
            self.received += response::read_head(&response, limit, head).map_err(ResponseError::Malformed)?;
            match body {
                Some(body) => self.accept(head, body).map_err(ResponseError::Malformed),
                None => self.count_interim().map_err(ResponseError::Malformed),
            }
        });
        if matches!(outcome, Err(ResponseError::Refused)) {
            self.place.retire();
        }
        Poll::Ready(outcome)
    }

    fn count_interim(&mut self) -> Result<Kind, Cause> {
        self.interim += 1;
        if self.interim > INTERIM { Err(Cause::TooManyInterim) } else { Ok(Kind::Interim) }
    }

    fn accept(&mut self, head: &mut ResponseHead, body: Receiving) -> Result<Kind, Cause> {
        // RFC 9113 §8.6: there is no such thing here.
        if head.status == 101 {
            return Err(Cause::UnexpectedSwitch);
        }
        head.version = Version::Http2;
        if let Some(protocol) = self.switch.take().filter(|_| (200..300).contains(&head.status)) {
            // What HTTP/1.1 has for it (RFC 8441 §5).
            head.status = 101;
            head.fields.push(b"Upgrade", protocol.as_bytes());
            self.answer = Answer::Comes(body);
            return Ok(Kind::Final);
        }
        let announced = head.fields.get_known(crate::Name::ContentLength);
        let announced = announced.and_then(|length| std::str::from_utf8(length).ok()?.parse().ok());
        self.kind = match announced {
            _ if self.is_head || response_head::is_bodiless(head.status) => BodyKind::None,
            _ if body.is_done() => BodyKind::Length(0),
            Some(length) => BodyKind::Length(length),
            None => BodyKind::Chunked,
        };
        self.answer = Answer::Comes(body);
        Ok(Kind::Final)
    }

    /// How the response's body ends.
    pub fn body_kind(&self) -> BodyKind {
        self.kind
    }

    /// Whether the response's body was read to its end.
    pub fn body_done(&self) -> bool {
        self.first.is_none() && matches!(&self.answer, Answer::Comes(body) if body.is_done())
    }

    /// The next frame of the response's body; `None` at its end.
    ///
    /// # Errors
    /// The body is cut, or the connection failed.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Ok(Some(Frame::Bytes(first))));
        }
        match &mut self.answer {
            Answer::Comes(body) => body.poll(cx),
            Answer::None | Answer::Failed(_) | Answer::Awaited(_) => Poll::Ready(Err(BodyError::Truncated)),
        }
    }

    /// The whole of the response's body, if it is of known length and came with its head.
    pub fn take_whole_body(&mut self) -> Option<Chunk> {
        let Answer::Comes(body) = &mut self.answer else { return None };
        let BodyKind::Length(length) = self.kind else {
            return (self.kind == BodyKind::None && body.is_done()).then(Chunk::new);
        };
        if length == 0 && body.is_done() {
            return Some(Chunk::new());
        }
        // Nobody waits: what is not there yet is asked for again.
        if let Poll::Ready(Ok(Some(Frame::Bytes(first)))) = body.poll(&mut Context::from_waker(Waker::noop())) {
            if first.len() as u64 == length && body.is_at_end() {
                body.finish();
                return Some(first);
            }
            self.first = Some(first);
        }
        None
    }

    /// Whether nothing of the exchange is left to do.
    pub fn is_complete(&self) -> bool {
        self.body_done() && self.outgoing.is_complete()
    }

    /// The server does not do what it should: its connection is not used for others.
    pub fn distrust(&mut self) {
        self.place.retire();
    }

    /// Bytes of the request that were handed over.
    pub fn bytes_sent(&self) -> u64 {
        self.sent + self.outgoing.queued() - self.outgoing.waiting() as u64
    }

    /// Bytes of the response so far, its heads as if they were not compressed.
    pub fn bytes_received(&self) -> u64 {
        self.received + self.body_bytes_received()
    }

    /// Bytes of the response's body so far.
    pub fn body_bytes_received(&self) -> u64 {
        match &self.answer {
            Answer::Comes(body) => body.bytes(),
            Answer::None | Answer::Failed(_) | Answer::Awaited(_) => 0,
        }
    }
}

/// Why there is no response.
fn failed(error: h2::Error) -> ResponseError {
    // RFC 9113 §8.7: nothing was done for the request.
    let untouched = match error.reason() {
        Some(Reason::REFUSED_STREAM) => error.is_reset(),
        Some(Reason::NO_ERROR) => error.is_go_away(),
        _ => false,
    };
    if untouched && error.is_remote() {
        ResponseError::Refused
    } else if error.is_io() {
        let error = gone(error);
        if error.kind() == io::ErrorKind::BrokenPipe { ResponseError::Closed } else { ResponseError::Io(error) }
    } else {
        ResponseError::Broken(error.to_string())
    }
}
