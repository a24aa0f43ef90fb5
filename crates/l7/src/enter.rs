//! The door of the corridor: an exchange is made, its site chosen, and no panic leaves it.

use crate::bindings::Bindings;
use crate::client::{Client, Disposition};
use crate::connection::Connection;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::place::Place;
use crate::plan::{FieldNames, Listener, Site};
use crate::request::Request;
use crate::response::{Outcome, Response, Sent};
use crate::route::choose_site;
use crate::serve::proxy::Answered;
use crate::uri::BadPath;
use crate::worker::Worker;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::RequestStyle;
use protocol::{Fields, Method, Name, RequestHead};
use smallvec::SmallVec;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use telemetry::ZoneTally;
use telemetry::error_log::Level;
use transport::clock;

impl<'p> Exchange<'p> {
    /// An exchange of a request whose head was read.
    pub fn new(
        worker: &'p Rc<Worker>,
        connection: &'p Connection,
        default_site: &'p Site,
        head: Box<RequestHead>,
    ) -> Self {
        Self {
            plan: &worker.plan,
            worker,
            connection,
            place: Place::site(default_site),
            request: Request::new(head, &worker.shared),
            bindings: Bindings::default(),
            sent: Sent::default(),
            attempts: SmallVec::new(),
            upstream: Answered::default(),
            started: clock::now(),
            limit_rate: None,
            reroutes: 0,
            carried: Fields::new(),
            pending_location: None,
            error_status: None,
            closing: false,
            varies: false,
            in_error_page: false,
            found: None,
            depth: 0,
            kept: None,
            slice: None,
            page: None,
        }
    }

    /// Chooses the site and walks the corridor. A panic answers 500, is logged and counted, and harms no other exchange.
    pub async fn enter(&mut self, listener: &Listener, client: &mut Client<'_>) -> Disposition {
        let outcome = {
            let mut walk = pin!(self.walk(listener, client));
            poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| walk.as_mut().poll(cx))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(disposition)) => Poll::Ready(Some(disposition)),
                Err(_) => Poll::Ready(None),
            })
            .await
        };
        if let Some(disposition) = outcome {
            return disposition;
        }
        self.worker.shared.counters.panics.add(1);
        self.log(Level::Alert, || "an exchange panicked; its client gets 500".into());
        self.answer_panic(client)
    }

    /// Keeps the memory of the exchange's messages for those to come.
    pub fn reclaim(&mut self) {
        let shared = &self.worker.shared;
        shared.reclaim(std::mem::take(&mut self.sent.fields));
        shared.reclaim(std::mem::take(&mut self.upstream.fields));
        let request = &mut self.request;
        let texts = [&mut request.host, &mut request.path, &mut request.arguments];
        shared.reclaim_request_texts(texts.map(std::mem::take));
    }

    /// What a server asks of a client of HTTP/1.1 that would speak WebSocket; over HTTP/2 nothing is proven (RFC 8441 §5).
    fn add_key(&mut self) {
        let fields = &mut self.request.head.fields;
        let is_websocket =
            fields.get_known(Name::Upgrade).is_some_and(|protocol| protocol.eq_ignore_ascii_case(b"websocket"));
        if is_websocket && !fields.contains(Name::SecWebsocketKey) {
            let key = STANDARD.encode(self.worker.shared.random_id());
            fields.push(b"Sec-WebSocket-Key", key.as_bytes());
        }
    }

    async fn walk(&mut self, listener: &Listener, client: &mut Client<'_>) -> Disposition {
        self.request.bytes = client.request_bytes();
        if self.request.head.opens_tunnel() {
            self.add_key();
        }
        self.request.read_host();
        let strict = self.place.section.style.requests == RequestStyle::Strict;
        if strict && !self.request.is_usual() {
            let outcome = self.refuse(400);
            return self.run_from(outcome, client).await;
        }
        if let Some(site) = choose_site(self.plan, listener, &self.request.host, &self.bindings) {
            self.place = Place::site(site);
        }
        let _processing = self.place.site.tally.as_deref().map(Processing::of);
        if let Some(rule) = self.place.section.guard.as_ref().and_then(|guard| guard.client_address.as_ref()) {
            self.find_client(rule);
        }
        let names = FieldNames::of(&self.place.site.head);
        if names != listener.field_names {
            self.request.head.fields.retain(|name, _| names.take(name));
        }
        let edits = &self.place.section.request_edits;
        if edits.iter().any(|edit| edit.early) {
            Box::pin(self.edit_request(edits, true)).await;
        }
        if let Some(status) = self.misdirected(listener).or_else(|| self.insecure()) {
            // Its target is known to pages and logs all the same.
            let _ = self.request.read_target(self.place.site);
            let outcome = self.refuse(status);
            return self.run_from(outcome, client).await;
        }
        let outcome = match self.request.read_target(self.place.site) {
            Ok(()) if let Some(text) = self.proof() => {
                Self::respond(Response::bytes(200, b"text/plain", text.as_bytes().to_vec()))
            }
            Ok(()) if matches!(self.request.method, Method::Connect | Method::Trace) => {
                self.closing = true;
                self.refuse(405)
            }
            // RFC 9110 §9.3.7: asked of the server as a whole, of which no location is a part.
            Ok(()) if self.request.path == b"*" => Self::respond(Response::empty(200)),
            Ok(()) if strict && self.request.expects_what_is_not_known() => self.refuse(417),
            Ok(()) => self.corridor(client, None).await,
            Err(BadPath::Nowhere) => self.refuse(404),
            Err(BadPath::Escape | BadPath::AboveRoot) => {
                self.log(Level::Info, || "client sent invalid request while reading client request line".into());
                Outcome::Fail(Failure::new(Cause::BadPath))
            }
        };
        self.run_from(outcome, client).await
    }

    /// What an issuer of certificates asks to see (RFC 8555 §8.3), whatever the site is.
    fn proof(&self) -> Option<Arc<str>> {
        let proofs = self.plan.proofs.as_ref()?;
        let token = self.request.path.strip_prefix(b"/.well-known/acme-challenge/")?;
        matches!(self.request.method, Method::Get).then(|| proofs.text(token))?
    }

    fn answer_panic(&mut self, client: &mut Client<'_>) -> Disposition {
        if self.sent.status != 0 {
            return Disposition::CloseNow;
        }
        let response = self.built_in_page(500);
        self.queue_simple(response, client);
        self.record(client.request_bytes(), client.bytes_sent());
        Disposition::Close
    }
}

/// A request that is under way in a zone, while this lives.
struct Processing<'p>(&'p ZoneTally);

impl<'p> Processing<'p> {
    fn of(tally: &'p ZoneTally) -> Self {
        tally.enter();
        Self(tally)
    }
}

impl Drop for Processing<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
