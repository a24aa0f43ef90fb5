//! Sending a response: its head, then its body as fast as the client takes it.

use crate::body::{Body, RequestBody};
use crate::client::{Client, Disposition};
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure, Side};
use crate::plan::Template;
use crate::response::Response;
use crate::script::condition::is_true;
use crate::script::parse_size;
use crate::shape::fields::is_common;
use crate::throttle::Throttle;
use model::{LingerWhen, Persistence};
use protocol::h1::Length;
use protocol::{BodyKind, Frame, Method, Version};
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use transport::clock;

/// How long a stream's request is still read once it is answered, before its client is told to keep the rest.
const GRACE: Duration = Duration::from_millis(200);

impl Exchange<'_> {
    /// Shapes a response and sends it.
    pub async fn deliver(&mut self, mut response: Box<Response>, client: &mut Client<'_>) -> Disposition {
        self.shape(&mut response).await;
        let keep_alive = self.may_keep_alive(&response, client);
        let bodiless = self.request.method == Method::Head || matches!(response.head.status, 204 | 304);
        if !bodiless
            && self.is_http11()
            && !self.place.section.close_delimited
            && self.adds_trailers(response.head.status)
        {
            // Trailers need chunks (RFC 9110 §6.5.1).
            response.length = None;
        }
        if keep_alive {
            self.announce_keep_alive(&mut response);
        }
        self.queue_head(&mut response, client, keep_alive);
        if let Some(tally) = &response.whole {
            self.note(|attempted| attempted.note_tally(tally));
        }
        let outcome = if bodiless || self.pass_at_once(&mut response.body, client) {
            Ok(())
        } else {
            self.pump(&mut response.body, client).await
        };
        if let Some(relay) = response.body.relay() {
            self.note_relay(relay);
        } else if let Some(tally) = response.body.kept_tally() {
            self.note(|attempted| attempted.note_tally(&tally));
        }
        match outcome {
            Ok(()) => {
                if !bodiless {
                    let trailers = self.trailers();
                    client.queue_end(trailers.as_ref());
                }
                client.start_sending();
                if client.is_held_back()
                    && let Err(failure) = self.drain(client).await
                {
                    self.log_broken_delivery(failure);
                    return Disposition::CloseNow;
                }
                self.sent.complete = true;
                if self.sent.keep_alive && client.is_read() && !client.is_gone() {
                    return Disposition::KeepAlive;
                }
                self.finish(client, self.sent.keep_alive).await
            }
            Err(failure) => {
                self.log_broken_delivery(failure);
                // What came of an answer that broke off is passed on; it is not ended, so that the client can tell.
                if failure.side == Side::Upstream { Disposition::Close } else { Disposition::CloseNow }
            }
        }
    }

    /// Sends a small response without waiting, and without shaping it: the last resort.
    pub fn queue_simple(&mut self, mut response: Response, client: &mut Client<'_>) {
        self.queue_head(&mut response, client, false);
        if let Body::Bytes(chunk) = response.body {
            client.queue_body(chunk);
        }
        client.queue_end(None);
        client.start_sending();
    }

    fn queue_head(&mut self, response: &mut Response, client: &mut Client<'_>, keep_alive: bool) {
        let length = match response.length {
            Some(length) => Length::Known(length),
            None if matches!(response.body, Body::Empty) && !self.adds_trailers(response.head.status) => Length::None,
            None if self.place.section.close_delimited => Length::UntilClose,
            None => Length::Unknown,
        };
        client.limit_frames(self.place.section.frame_content);
        self.sent.keep_alive = client.queue_head(&response.head, length, keep_alive);
        self.sent.status = response.head.status;
        self.sent.length = response.length;
        self.sent.chunked = length == Length::Unknown && self.request.head.version == Version::Http11;
        self.sent.head_bytes = client.bytes_sent();
        self.sent.fields = std::mem::take(&mut response.head.fields);
    }

    /// Passes a body that is at hand on, if nothing holds it back; whether that was done.
    fn pass_at_once(&mut self, body: &mut Body, client: &mut Client<'_>) -> bool {
        let Body::Bytes(chunk) = body else { return false };
        if self.response_rate() != 0 || !client.takes_at_once() {
            return false;
        }
        self.sent.body_bytes += chunk.len() as u64;
        client.queue_body(std::mem::take(chunk));
        true
    }

    /// Moves the body to the client until it is through.
    async fn pump(&mut self, body: &mut Body, client: &mut Client<'_>) -> Result<(), Failure> {
        if let Body::Bytes(chunk) = body {
            // It may wait for long.
            *chunk = std::mem::take(chunk).into_owned();
        }
        let mut throttle = Throttle::new(self.response_rate(), self.rate_after());
        let send_timeout = self.place.section.send_timeout;
        poll_fn(|cx| {
            loop {
                let ready = client.poll_ready(cx);
                if let Poll::Ready(Err(failure)) = ready
                    && !body.outlives_client()
                {
                    return Poll::Ready(Err(failure));
                }
                let held_until = throttle.held_until(clock::now());
                // A limited body is read one piece ahead, so that its end is seen with its last bytes.
                let may_send = ready.is_ready() && (held_until.is_none() || !throttle.keeps_rest());
                body.poll_source(cx, client, may_send)?;
                if may_send && let Some(sent) = body.send_from_memory(client, &throttle) {
                    self.sent.body_bytes += sent;
                    continue;
                }
                if may_send {
                    let rest = throttle.take_rest().map(|rest| Poll::Ready(Ok(Some(Frame::Bytes(rest)))));
                    match rest.unwrap_or_else(|| body.poll_frame(cx))? {
                        Poll::Ready(Some(frame)) => {
                            self.queue_frame(frame, client, &mut throttle);
                            continue;
                        }
                        Poll::Ready(None) => return Poll::Ready(Ok(())),
                        Poll::Pending => {}
                    }
                }
                client.drive(cx);
                // A client that half-closed may still read; only an upstream server is spared the work for it.
                if body.relay().is_some() && client.poll_closed(cx).is_ready() && !body.outlives_client() {
                    return Poll::Ready(Err(Failure::new(Cause::ClientLeft)));
                }
                let client_limit = ready.is_pending().then(|| client.waits_since() + send_timeout);
                return poll_limits(cx, client, client_limit, [body.deadline(), held_until]);
            }
        })
        .await
    }

    /// Waits until what was queued is on its way; the client's own window holds it back.
    async fn drain(&mut self, client: &mut Client<'_>) -> Result<(), Failure> {
        let send_timeout = self.place.section.send_timeout;
        poll_fn(|cx| {
            let drained = client.poll_drained(cx);
            if drained.is_ready() {
                return drained;
            }
            let client_limit = client.waits_since() + send_timeout;
            poll_limits(cx, client, Some(client_limit), [None, None])
        })
        .await
    }

    fn queue_frame(&mut self, frame: Frame, client: &mut Client<'_>, throttle: &mut Throttle) {
        match frame {
            Frame::Bytes(chunk) => {
                let chunk = throttle.admit(chunk);
                if chunk.is_empty() {
                    return;
                }
                self.sent.body_bytes += chunk.len() as u64;
                client.queue_body(chunk);
            }
            Frame::Trailers(trailers) => self.sent.trailers = trailers,
        }
    }

    fn adds_trailers(&self, status: u16) -> bool {
        self.place.section.fields.trailers.iter().any(|field| field.always || is_common(status))
    }

    /// The trailers to send: the upstream's and the configured ones, whose values may speak of those before them.
    fn trailers(&mut self) -> Option<protocol::Fields> {
        let fields = &self.place.section.fields.trailers;
        for field in fields.iter().filter(|field| field.always || is_common(self.sent.status)) {
            let value = self.text_of(&field.value);
            if !value.is_empty() {
                self.sent.trailers.push(&field.name, &value);
            }
        }
        (!self.sent.trailers.is_empty()).then(|| self.sent.trailers.clone())
    }

    /// Bytes a second that the response may take; 0: any number.
    fn response_rate(&self) -> u64 {
        self.limit_rate.or_else(|| self.size_of(self.place.section.limit_rate.as_ref())).unwrap_or(0)
    }

    fn rate_after(&self) -> u64 {
        self.size_of(self.place.section.limit_rate_after.as_ref()).unwrap_or(0)
    }

    fn size_of(&self, template: Option<&Template>) -> Option<u64> {
        template.and_then(|size| parse_size(&self.text_of(size)))
    }

    /// Whether the connection may serve another request after this response.
    fn may_keep_alive(&self, response: &Response, client: &Client<'_>) -> bool {
        let rule = &self.place.section.keep_alive;
        let wanted = self.request.head.keep_alive();
        let delimited = response.length.is_some() || self.request.head.version >= Version::Http11;
        wanted
            && (delimited || self.request.method == Method::Head)
            && !self.worker.shared.draining.get()
            && !rule.timeout.is_zero()
            && self.connection.requests() < rule.requests
            && self.connection.is_younger(rule.time, clock::now())
            && !self.closing
            && self.place.section.keep_alive_refused.as_ref().is_none_or(|value| !is_true(&self.text_of(value)))
            && !self.ends_by_status(response.head.status)
            && !self.mistakes_kept_connections()
            && !client.waits_for_continue()
    }

    /// Whether the connection ends after an answer of this status, whoever it came from.
    pub fn ends_by_status(&self, status: u16) -> bool {
        self.place.section.style.persistence == Persistence::Asked
            && matches!(status, 400 | 408 | 411 | 413 | 414 | 500 | 501 | 503)
    }

    /// Whether there is a body that the response makes no use of.
    pub fn has_unwanted_body(&self, response: &Response, client: &Client<'_>) -> bool {
        !client.is_read()
            && matches!(self.request.body, RequestBody::Unread | RequestBody::Discarded)
            && !response.is_relayed()
    }

    /// Drops what has come of a body that is not wanted; one that is malformed is answered with 400 instead.
    pub async fn discard_received(&mut self, client: &mut Client<'_>) -> Result<(), Failure> {
        let outcome = poll_fn(|cx| Poll::Ready(client.discard_received(cx))).await;
        self.closing |= outcome.is_err();
        outcome.or_else(|failure| if self.error_status.is_some() { Ok(()) } else { Err(failure) })
    }

    /// Reads what is left of the request, where the connection goes on; tells what becomes of it.
    async fn finish(&mut self, client: &mut Client<'_>, keep_alive: bool) -> Disposition {
        let lingering = &self.place.section.lingering;
        if client.is_gone() {
            return Disposition::CloseNow;
        }
        if keep_alive && (client.is_read() || self.discard_body(client).await || client.is_stream()) {
            return Disposition::KeepAlive;
        }
        match lingering.when {
            LingerWhen::Always => Disposition::Linger,
            LingerWhen::Needed if !client.is_read() => Disposition::Linger,
            LingerWhen::Needed | LingerWhen::Never => Disposition::Close,
        }
    }

    /// Reads and discards the rest of the request's body; false: it did not come in time or is malformed.
    async fn discard_body(&mut self, client: &mut Client<'_>) -> bool {
        if client.body_kind() == BodyKind::None {
            return true;
        }
        let lingering = &self.place.section.lingering;
        let time = if client.is_stream() { lingering.time.min(GRACE) } else { lingering.time };
        let end = clock::now() + time;
        let mut pause = clock::now() + lingering.timeout;
        poll_fn(|cx| {
            loop {
                match client.poll_body(cx) {
                    Poll::Ready(Ok(Some(_))) => pause = clock::now() + lingering.timeout,
                    Poll::Ready(Ok(None)) => return Poll::Ready(true),
                    Poll::Ready(Err(_)) => return Poll::Ready(false),
                    Poll::Pending => {
                        client.drive(cx);
                        client.deadline.set(end.min(pause));
                        return client.deadline.poll_expired(cx).map(|()| false);
                    }
                }
            }
        })
        .await
    }
}

/// Waits for the nearest limit; the client's own is a failure, the others ask for another poll.
fn poll_limits(
    cx: &mut Context<'_>,
    client: &mut Client<'_>,
    client_limit: Option<Instant>,
    others: [Option<Instant>; 2],
) -> Poll<Result<(), Failure>> {
    let nearest = others.into_iter().flatten().chain(client_limit).min();
    let Some(nearest) = nearest else { return Poll::Pending };
    client.deadline.set(nearest);
    if client.deadline.poll_expired(cx).is_pending() {
        return Poll::Pending;
    }
    if client_limit.is_some_and(|limit| limit <= clock::now()) {
        return Poll::Ready(Err(Failure::new(Cause::SendTimeout)));
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}
