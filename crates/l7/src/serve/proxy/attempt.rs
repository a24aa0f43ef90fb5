//! One try with one server: connect, send, wait for the answer's head.

use crate::body::{Passing, RequestBody};
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::plan::{Proxy, section::parse_address};
use crate::script::condition::is_true;
use crate::serve::proxy::Answering;
use crate::serve::proxy::order::Order;
use crate::serve::proxy::target::Aim;
use crate::serve::proxy::upload::{Source, Upload, UploadFailure};
use model::RequestStyle;
use protocol::h1::{self, Kind, RequestFraming, ResponseError};
use protocol::{Carrier, ResponseHead, Version};
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;
use telemetry::{Level, SystemError};
use transport::{ConnectOptions, clock};
use upstream::{Class, Connected, Connector, FailureCause, Permit, Speech};

/// What a try came to.
pub enum Answer {
    /// The server answers.
    Answered(Box<Answering>),
    /// It does not.
    Failed(Trouble),
    /// The client's side failed: no other server can help.
    ClientFailed(Failure),
}

/// A try that failed.
pub struct Trouble {
    /// Why.
    pub cause: FailureCause,
    /// The use of the server.
    pub permit: Permit,
    /// The connection came from the pool.
    pub reused: bool,
    /// Something of the request was sent.
    pub sent: bool,
}

/// How waiting for the answer's head ended.
enum Awaited {
    Head,
    Failed(FailureCause),
    ClientFailed(Failure),
}

impl<'p> Exchange<'p> {
    /// Tries one server.
    pub async fn attempt(
        &mut self,
        proxy: &'p Proxy,
        aim: &Aim<'p>,
        order: &Order,
        permit: Permit,
        client: &mut Client<'_>,
    ) -> Answer {
        self.log_passage(|| format!("http upstream request to {}", permit.peer().name()));
        let began = clock::now();
        let options = self.connect_options(proxy);
        let speech = proxy.speech();
        let http2 = speech == Speech::Http2;
        let connector = match self.connector(proxy.tls.as_deref(), aim, permit.peer().address(), http2).await {
            Ok(connector) => connector,
            Err(failure) => return Answer::ClientFailed(failure),
        };
        let secured = connector.as_ref().map_or(0, |connector| connector.number);
        let class = Class { place: place_of(proxy, aim, &options), secured, speech };
        let pooled = match aim.group.carrier(&permit, class, began) {
            Some(pooled) => pooled,
            // Seldom, and large: it has its own memory.
            None => match Box::pin(self.connect(proxy, aim, &permit, (&options, connector.as_deref()), client)).await {
                Ok(connected) => aim.group.first(&permit, class, connected, clock::now()),
                Err(Ok(cause)) => return Answer::Failed(Trouble { cause, permit, reused: false, sent: false }),
                Err(Err(failure)) => return Answer::ClientFailed(failure),
            },
        };
        self.note(|attempted| attempted.connected = Some(clock::now()));
        let mut head = ResponseHead::default();
        head.fields = self.worker.shared.fields();
        let (group, upload) = (Rc::clone(&aim.group), self.start_upload(proxy, order));
        let mut answering = Box::new(Answering { head, pooled, permit, group, upload, class });
        let server = &mut answering.pooled.connection;
        if http2 && order.head.wanted_protocol().is_some() {
            self.await_settled(proxy, server, client).await;
        }
        server.queue_text(&order.head);
        let awaited = self.await_answer(proxy, aim, &mut answering, client).await;
        let server = &answering.pooled.connection;
        let (sent, received) = (server.bytes_sent(), server.bytes_received());
        self.note(|attempted| (attempted.sent, attempted.received) = (sent, received));
        match awaited {
            Awaited::Head => {
                self.judge_status(&mut answering);
                self.note(|attempted| {
                    attempted.status = answering.head.status;
                    attempted.answered = Some(clock::now());
                });
                Answer::Answered(answering)
            }
            Awaited::Failed(cause) => {
                if cause.trouble() == Some(model::Trouble::Timeout) {
                    answering.pooled.connection.distrust();
                }
                let reused = answering.pooled.is_reused();
                // A request that is whole still may be sent again where nothing was done for it, whatever it asks.
                let sent = cause != FailureCause::Refused || matches!(self.request.body, RequestBody::Passed(_));
                Answer::Failed(Trouble { cause, permit: answering.permit, reused, sent })
            }
            Awaited::ClientFailed(failure) => Answer::ClientFailed(failure),
        }
    }

    /// Waits until a server has said whether it opens tunnels. What is not known in time is not there.
    async fn await_settled(&self, proxy: &Proxy, server: &mut Carrier, client: &mut Client<'_>) {
        let limit = clock::now() + proxy.timeouts.connect;
        poll_fn(|cx| {
            if server.poll_settled(cx).is_ready() || self.has_left(proxy, client, cx) {
                return Poll::Ready(());
            }
            client.deadline.set(limit);
            client.deadline.poll_expired(cx)
        })
        .await;
    }

    /// Some groups count certain answers as failures, though they are passed on.
    fn judge_status(&self, answering: &mut Answering) {
        if answering.permit.answered(answering.head.status, clock::now()) {
            self.log_resting(answering.permit.peer().name());
        }
    }

    fn connect_options(&self, proxy: &Proxy) -> ConnectOptions {
        let mut options = ConnectOptions { keepalive: proxy.socket_keep_alive, ..ConnectOptions::default() };
        if let Some((address, transparent)) = &proxy.bind {
            let text = self.text_of(address);
            options.bind = std::str::from_utf8(&text).ok().and_then(parse_address);
            options.bind_transparent = *transparent;
            if options.bind.is_none() && !text.is_empty() {
                self.log_error(|| format!("invalid local address \"{}\"", String::from_utf8_lossy(&text)));
            }
        }
        options
    }

    /// Connects; inside the error, `Ok` is the server's trouble and `Err` the client's.
    async fn connect(
        &mut self,
        proxy: &Proxy,
        aim: &Aim<'_>,
        permit: &Permit,
        (options, connector): (&ConnectOptions, Option<&Connector>),
        client: &mut Client<'_>,
    ) -> Result<Connected, Result<FailureCause, Failure>> {
        let limit = clock::now() + proxy.timeouts.connect;
        let connected = {
            let mut connecting =
                pin!(upstream::connect(permit.peer().address(), options, limit, connector, proxy.speech()));
            poll_fn(|cx| {
                if let Poll::Ready(outcome) = connecting.as_mut().poll(cx) {
                    return Poll::Ready(Some(outcome));
                }
                if self.has_left(proxy, client, cx) { Poll::Ready(None) } else { Poll::Pending }
            })
            .await
        };
        match connected {
            Some(Ok(connected)) => Ok(connected),
            Some(Err(failure)) => {
                self.log_unconnected(aim, &failure);
                Err(Ok(failure.cause()))
            }
            None => {
                self.log_left(aim, "connecting to upstream");
                Err(Err(Failure::new(Cause::ClientLeft)))
            }
        }
    }

    fn start_upload(&mut self, proxy: &Proxy, order: &Order) -> Upload {
        let upload = Upload::new(match (&order.body, &self.request.body) {
            (Some(body), _) => Source::Piece(body.clone()),
            // Its head was all of it; after one that asks to switch protocols more may follow.
            (None, _) if order.head.framing() == RequestFraming::None => Source::Done,
            (None, _) if order.head.framing() == RequestFraming::Length(0) && order.head.upgrades() => Source::Done,
            (None, RequestBody::Held(held)) => Source::Held(held.replay()),
            (None, RequestBody::Unread | RequestBody::Begun(_) | RequestBody::Passed(_))
                if self.request.head.body_kind() != protocol::BodyKind::None =>
            {
                let limits = &self.place.section.client;
                let copy = self.plan.body_use.text.then(|| Rc::new(Passing::new(limits.body_buffer.as_usize())));
                let room = if limits.max_body.0 == 0 { u64::MAX } else { limits.max_body.0 };
                let passed = RequestBody::Passed(copy.clone());
                let begun = match std::mem::replace(&mut self.request.body, passed) {
                    RequestBody::Begun(mut held) => std::mem::take(&mut held.chunks),
                    _ => Vec::new(),
                };
                let begun = begun.into_iter();
                Source::Client { begun, room, copy, trailers: None, passes_trailers: proxy.pass_trailers }
            }
            (None, _) => Source::Piece(transport::Chunk::new()),
        });
        if order.head.framing() == RequestFraming::Chunked { upload.in_chunks() } else { upload }
    }

    /// Sends the request and waits for the head of its answer.
    async fn await_answer(
        &mut self,
        proxy: &Proxy,
        aim: &Aim<'_>,
        answering: &mut Answering,
        client: &mut Client<'_>,
    ) -> Awaited {
        let Answering { pooled, upload, head, .. } = answering;
        let limit = proxy.buffering.head.as_usize();
        let mut sent_at: Option<Instant> = None;
        poll_fn(|cx| {
            let server = &mut pooled.connection;
            let uploaded = upload.poll(cx, server, client);
            loop {
                // An early answer counts, even where the server takes no more of the request.
                let polled = server.poll_head(cx, limit, head);
                let is_fatal = self.heeds_complaints(proxy, aim, server);
                match polled {
                    Poll::Ready(Err(error)) => return Poll::Ready(Awaited::Failed(self.bad_answer(aim, &error))),
                    _ if is_fatal => return Poll::Ready(Awaited::Failed(FailureCause::HeadInvalid)),
                    Poll::Ready(Ok(Kind::Final)) => return Poll::Ready(Awaited::Head),
                    Poll::Ready(Ok(Kind::Interim)) => self.pass_interim(proxy, head, client),
                    Poll::Pending => break,
                }
            }
            match uploaded {
                Ok(()) => {}
                Err(UploadFailure::Client(failure)) => return Poll::Ready(Awaited::ClientFailed(failure)),
                Err(UploadFailure::Upstream(error)) => {
                    return Poll::Ready(Awaited::Failed(self.bad_upload(aim, &error)));
                }
            }
            if self.has_left(proxy, client, cx) {
                self.log_left(aim, "reading response header from upstream");
                return Poll::Ready(Awaited::ClientFailed(Failure::new(Cause::ClientLeft)));
            }
            if upload.is_done() && sent_at.is_none() {
                sent_at = Some(clock::now());
            }
            let (limit, cause) = match sent_at {
                Some(sent) => (sent + proxy.timeouts.read, Ok(FailureCause::HeadTimeout)),
                None if upload.waits_for_client() => {
                    (upload.progress + self.place.section.client.body_timeout, Err(Failure::new(Cause::BodyTimeout)))
                }
                None => (upload.progress + proxy.timeouts.send, Ok(FailureCause::SendTimeout)),
            };
            client.deadline.set(limit);
            if client.deadline.poll_expired(cx).is_pending() {
                return Poll::Pending;
            }
            Poll::Ready(match cause {
                Err(failure) => Awaited::ClientFailed(failure),
                Ok(cause) => {
                    let doing = if cause == FailureCause::HeadTimeout {
                        "reading response header from upstream"
                    } else {
                        "sending request to upstream"
                    };
                    self.log_server(Level::Error, doing, aim, || {
                        "upstream timed out (110: Connection timed out)".into()
                    });
                    Awaited::Failed(cause)
                }
            })
        })
        .await
    }

    /// Passes an interim answer on (RFC 9110 §15.2); 103 only where the configuration says so (`early_hints`).
    fn pass_interim(&self, proxy: &Proxy, head: &mut ResponseHead, client: &mut Client<'_>) {
        let wanted = match head.status {
            // Who expects it was told so already, where that is passed on: the body goes on as it comes.
            100 if self.place.section.style.requests == RequestStyle::Strict => {
                !self.request.head.fields.contains(protocol::Name::Expect)
            }
            103 => proxy.early_hints.as_ref().is_some_and(|hints| is_true(&self.text_of(hints))),
            _ => true,
        };
        if wanted && self.request.head.version >= Version::Http11 {
            let mut fields = head.fields.clone();
            for name in [protocol::Name::Connection, protocol::Name::KeepAlive, protocol::Name::Upgrade] {
                fields.remove_known(name);
            }
            client.queue_interim(head.status, &fields);
        }
        head.clear();
    }

    /// Whether the client left and nobody else wants the answer.
    fn has_left(&self, proxy: &Proxy, client: &mut Client<'_>, cx: &mut Context<'_>) -> bool {
        let kept = self.kept.as_ref().is_some_and(|kept| kept.fetches);
        !proxy.ignore_client_abort && !kept && client.poll_closed(cx).is_ready()
    }

    fn bad_answer(&self, aim: &Aim<'_>, error: &ResponseError) -> FailureCause {
        let doing = "reading response header from upstream";
        let (cause, text) = match error {
            ResponseError::Closed => (FailureCause::HeadCut, "upstream prematurely closed connection".to_owned()),
            ResponseError::Truncated => {
                (FailureCause::HeadPartial, "upstream prematurely closed connection".to_owned())
            }
            ResponseError::Refused => (FailureCause::Refused, error.to_string()),
            ResponseError::Broken(_) => (FailureCause::HeadInvalid, error.to_string()),
            ResponseError::Io(error) => (FailureCause::HeadCut, format!("recv() failed {}", SystemError(error))),
            ResponseError::Malformed(h1::Cause::HeaderTooLarge) => {
                (FailureCause::HeadTooLarge, "upstream sent too big header".to_owned())
            }
            ResponseError::Malformed(cause @ h1::Cause::InvalidStatusLine) => {
                (FailureCause::NoAnswer, format!("upstream sent {cause}"))
            }
            ResponseError::Malformed(cause @ h1::Cause::UnexpectedSwitch) => {
                (FailureCause::SwitchUnasked, format!("upstream sent {cause}"))
            }
            ResponseError::Malformed(cause) => (FailureCause::HeadInvalid, format!("upstream sent {cause}")),
        };
        self.log_server(Level::Error, doing, aim, || text);
        cause
    }

    /// Logs what a program has complained of; whether that is fatal.
    fn heeds_complaints(&self, proxy: &Proxy, aim: &Aim<'_>, server: &mut Carrier) -> bool {
        let Some(gateway) = &proxy.gateway else { return false };
        let texts = server.take_complaints();
        for text in &texts {
            self.log_server(Level::Error, "reading response header from upstream", aim, || complaint(text));
        }
        let is_fatal = |text: &[u8]| gateway.fatal.iter().any(|fatal| memchr::memmem::find(text, fatal).is_some());
        texts.iter().any(|text| is_fatal(text))
    }

    fn bad_upload(&self, aim: &Aim<'_>, error: &io::Error) -> FailureCause {
        self.log_server(Level::Error, "sending request to upstream", aim, || {
            format!("send() failed {}", SystemError(error))
        });
        FailureCause::SendFailed
    }

    fn log_left(&self, aim: &Aim<'_>, doing: &str) {
        let text = || "client prematurely closed connection, so upstream connection is closed too".to_owned();
        self.log_server(Level::Info, doing, aim, text);
    }

    /// Writes a line about the server that is being tried.
    pub fn log_server(&self, level: Level, doing: &str, aim: &Aim<'_>, text: impl FnOnce() -> String) {
        if self.worker.error_log(self.place.section).enabled(level) {
            let peer = self.attempts.last().map_or("", |attempted| &attempted.peer);
            self.log_doing(level, Some(doing), Some(&aim.url(peer, &self.request.head)), text);
        }
    }
}

/// What a program complained of, for a log.
pub fn complaint(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    format!("FastCGI sent in stderr: \"{}\"", text.trim_end_matches(['\r', '\n', '.', ' ']))
}

/// Keeps apart idle connections that must not be shared: of other places, or from other local addresses.
fn place_of(proxy: &Proxy, aim: &Aim<'_>, options: &ConnectOptions) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let place = if aim.per_location { proxy.class } else { 0 };
    let Some(bind) = options.bind else { return place };
    let mut hasher = DefaultHasher::new();
    (place, bind).hash(&mut hasher);
    hasher.finish()
}
