//! A request inside a request: another place of the site is asked on behalf of a client (guards, parts of a page, copies).
//!
//! A [`child`](Exchange::child) is for an exchange that waits for it. [`Errands`](errand::Errands) need nobody: they may be polled from
//! a response's body, or outlive its client.

mod afterwards;
mod errand;

pub use errand::Errands;

use crate::bindings::Bindings;
use crate::body::{Body, RequestBody};
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::request::Request;
use crate::reroute::Reroute;
use crate::response::{Outcome, Ranges, Response};
use protocol::{BodyKind, Frame, Method};
use std::future::{Future as _, poll_fn};
use std::task::Poll;
use telemetry::Level;
use transport::Deadline;

/// How deep requests may stand inside one another.
const DEEPEST: u8 = 50;

/// Most bytes of a body that nobody wants which are read.
const MOST_DRAINED: usize = 64 << 10;

/// Which request a child makes.
pub struct Asked {
    /// Its path, decoded.
    pub path: Vec<u8>,
    /// Its arguments, without `?`.
    pub arguments: Vec<u8>,
    /// Its method.
    pub method: Method,
    /// Its body: one that was read, or none.
    pub body: RequestBody,
    /// Bytes of the answer's body that are wanted; 0: it is not looked at.
    pub keep: usize,
}

impl Asked {
    /// A GET of a target as the configuration writes it: a path with or without arguments.
    pub fn get(target: &[u8]) -> Self {
        let (path, arguments) = crate::uri::split_arguments(target);
        let (path, arguments) = (path.to_vec(), arguments.to_vec());
        Self { path, arguments, method: Method::Get, body: RequestBody::Discarded, keep: 0 }
    }

    fn body_kind(&self) -> BodyKind {
        match &self.body {
            RequestBody::Held(held) => BodyKind::Length(held.length),
            RequestBody::Unread | RequestBody::Begun(_) | RequestBody::Passed(_) | RequestBody::Discarded => {
                BodyKind::None
            }
        }
    }
}

impl<'p> Exchange<'p> {
    /// An exchange for a request inside this one: it has the client's fields and what this one has learned by name.
    ///
    /// # Errors
    /// When requests stand too deep inside one another already.
    pub fn child(&self, asked: Asked, bindings: Bindings) -> Result<Self, Failure> {
        if self.depth >= DEEPEST {
            let path = String::from_utf8_lossy(&asked.path).into_owned();
            self.log_error(|| format!("subrequests cycle while processing \"{path}\""));
            return Err(Failure::new(Cause::RerouteCycle));
        }
        let mut head = self.request.head.clone();
        head.set_body_kind(asked.body_kind());
        let mut child = Self::new(self.worker, self.connection, self.place.site, head);
        child.request = Request {
            method: asked.method,
            host: self.request.host.clone(),
            port: self.request.port,
            path: asked.path,
            arguments: asked.arguments,
            location_valid: true,
            internal: true,
            body: asked.body,
            ..child.request
        };
        child.bindings = bindings;
        child.depth = self.depth + 1;
        child.page.clone_from(&self.page);
        Ok(child)
    }

    /// Walks the corridor up to the shaped response, which is not sent; its head is what variables of the response tell.
    pub async fn run_inside(
        &mut self,
        first: Option<Reroute>,
        client: &mut Client<'_>,
    ) -> Result<Box<Response>, Failure> {
        let mut outcome = Box::pin(self.corridor(client, first)).await;
        let mut response = loop {
            outcome = match outcome {
                Outcome::Respond(response) => break response,
                Outcome::Fail(failure) => self.fail(failure),
                Outcome::Answer(answer) => self.answer_configured(answer),
                Outcome::Reroute(reroute) => self.again(reroute, client).await,
                Outcome::Tunnel(_) | Outcome::Close => return Err(Failure::new(Cause::BadValue)),
            };
        };
        // What the client asked of its own request is not asked of this one.
        response.conditional = false;
        response.ranges = Ranges::No;
        self.shape(&mut response).await;
        self.sent.status = response.head.status;
        self.sent.length = response.length;
        self.sent.fields.clone_from(&response.head.fields);
        Ok(response)
    }

    /// Asks another place of the site and waits, but not longer than the client does; `learn` looks at the child when its response is there.
    ///
    /// # Errors
    /// When there is no response, or the client left.
    pub async fn ask_inside<T>(
        &mut self,
        asked: Asked,
        client: &mut Client<'_>,
        learn: impl FnOnce(&mut Exchange<'p>, Box<Response>) -> T,
    ) -> Result<T, Failure> {
        let mut deadline = Deadline::new();
        let mut inner = Client::inside(&mut deadline, asked.body_kind());
        let (bindings, keep) = (self.bindings.lend(), asked.keep);
        let mut child = self.child(asked, bindings)?;
        let response = {
            let mut run = Box::pin(child.run_inside(None, &mut inner));
            poll_fn(|cx| match run.as_mut().poll(cx) {
                Poll::Pending if client.poll_closed(cx).is_ready() => Poll::Ready(None),
                polled => polled.map(Some),
            })
            .await
        };
        let outcome = match response {
            Some(Ok(response)) if keep > 0 => {
                collected(response, &mut inner, keep).await.map(|response| learn(&mut child, response))
            }
            Some(Ok(response)) => Ok(learn(&mut child, drained(response, &mut inner).await)),
            Some(Err(failure)) => Err(failure),
            None => {
                self.log(Level::Info, || "client prematurely closed connection".into());
                Err(Failure::new(Cause::ClientLeft))
            }
        };
        child.record_inside();
        self.bindings.take_back(std::mem::take(&mut child.bindings));
        outcome
    }

    /// Writes a request inside another down, where that is asked for (`log_subrequest`).
    pub fn record_inside(&mut self) {
        self.end_attempt();
        if self.place.section.logging.subrequests {
            self.log_access();
        }
    }

    /// Whether it is a request inside another.
    pub fn is_child(&self) -> bool {
        self.depth > 0
    }
}

/// Reads a response's body whole, which has so many bytes at most.
async fn collected(
    mut response: Box<Response>,
    client: &mut Client<'_>,
    most: usize,
) -> Result<Box<Response>, Failure> {
    let (mut text, mut late) = (Vec::new(), false);
    let whole = poll_fn(|cx| {
        loop {
            response.body.poll_source(cx, client, true)?;
            match response.body.poll_frame(cx)? {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(Frame::Trailers(_))) => {}
                Poll::Ready(Some(Frame::Bytes(chunk))) if text.len() + chunk.len() <= most => {
                    text.extend_from_slice(&chunk);
                    late = false;
                }
                Poll::Ready(Some(Frame::Bytes(_))) => return Poll::Ready(Err(Failure::new(Cause::BadValue))),
                Poll::Pending => {
                    match response.body.deadline() {
                        Some(end) => client.deadline.set(end),
                        None => client.deadline.clear(),
                    }
                    if client.deadline.poll_expired(cx).is_pending() {
                        return Poll::Pending;
                    }
                    // The source says itself that it waited too long.
                    if std::mem::replace(&mut late, true) {
                        return Poll::Ready(Err(Failure::new(Cause::BadValue)));
                    }
                }
            }
        }
    });
    whole.await?;
    response.body = Body::Bytes(text.into());
    Ok(response)
}

/// Reads what has come of a response's body that nobody wants, so that an upstream connection which is through may be kept.
async fn drained(mut response: Box<Response>, client: &mut Client<'_>) -> Box<Response> {
    let mut left = MOST_DRAINED;
    poll_fn(|cx| {
        while left > 0 && response.body.relay().is_some() && response.body.poll_source(cx, client, true).is_ok() {
            match response.body.poll_frame(cx) {
                Poll::Ready(Ok(Some(Frame::Bytes(chunk)))) => left = left.saturating_sub(chunk.len()),
                Poll::Ready(Ok(Some(Frame::Trailers(_)))) => {}
                Poll::Ready(Ok(None) | Err(_)) | Poll::Pending => break,
            }
        }
        Poll::Ready(())
    })
    .await;
    response
}
