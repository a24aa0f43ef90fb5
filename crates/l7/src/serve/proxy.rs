//! Another server answers: the request is forwarded, tried again elsewhere where that may be, and its answer relayed.

mod answer;
mod attempt;
mod cookies;
mod order;
mod params;
mod redirects;
mod relay;
mod secure;
mod spill;
mod sticky;
mod target;
mod upload;

pub use answer::{reads_ahead, release};
pub use attempt::complaint;
pub use params::Params;
pub use relay::{Relay, Tally};
pub use sticky::Bond;
pub use upload::Upload;

use crate::body::RequestBody;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::plan::Proxy;
use attempt::{Answer, Trouble};
use model::{BodyFraming, RequestStyle};
use order::Order;
use protocol::{BodyKind, Fields, Name, ResponseHead, Version};
use std::borrow::Cow;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};
use target::Aim;
pub use target::{Aiming, after_peer};
use telemetry::Level;
use transport::clock;
use upstream::{Affinity, Attempt, Class, FailureCause, Group, PeerName, Permit, Pooled, Trial};

/// Most bytes of a body in chunks that are read before it is forwarded, where its length is to be told.
const MOST_COUNTED: u64 = 16 << 10;

/// One server that was asked, for logs and variables.
pub struct Attempted {
    /// Its address, or the name of the group that had no server.
    pub peer: PeerName,
    /// It is the first of its search.
    pub first: bool,
    /// When it was turned to.
    pub began: Instant,
    /// What it answered, or the status that stands for its failure.
    pub status: u16,
    /// When the connection stood.
    pub connected: Option<Instant>,
    /// When the answer's head was there.
    pub answered: Option<Instant>,
    /// When its part was over.
    pub ended: Option<Instant>,
    /// Bytes of the answer's body.
    pub length: u64,
    /// Bytes received from it.
    pub received: u64,
    /// Bytes sent to it.
    pub sent: u64,
}

impl Attempted {
    /// A server that is turned to now.
    fn new(peer: PeerName, first: bool) -> Self {
        let (began, status) = (clock::now(), 0);
        Self {
            peer,
            first,
            began,
            status,
            connected: None,
            answered: None,
            ended: None,
            length: 0,
            received: 0,
            sent: 0,
        }
    }

    /// How long it was until something came about, if it did.
    pub fn time_to(&self, event: Option<Instant>) -> Option<Duration> {
        event.map(|event| event.saturating_duration_since(self.began))
    }

    /// Notes what went over the server's connection.
    pub fn note_tally(&mut self, tally: &Tally) {
        (self.length, self.received, self.sent) = (tally.length, tally.received, tally.sent);
        self.ended = tally.ended;
    }
}

/// What the upstream's answer said, for variables.
#[derive(Default)]
pub struct Answered<'p> {
    /// Host and port of the target as configured.
    pub authority: Cow<'p, [u8]>,
    /// The protocol of the target.
    pub scheme: model::Scheme,
    /// Fields of the answer, the hidden ones too.
    pub fields: Fields,
    /// Trailers of the answer.
    pub trailers: Fields,
    /// How the server was found, where the group is sticky.
    pub bond: Option<Box<Bond<'p>>>,
}

/// A server's answer with the connection that it comes on.
pub struct Answering {
    /// The answer's head.
    pub head: ResponseHead,
    /// The connection.
    pub pooled: Pooled,
    /// The use of the server.
    pub permit: Permit,
    /// The server's group.
    pub group: Rc<Group>,
    /// What is left of the request to send.
    pub upload: Upload,
    /// Keeps apart idle connections that must not be shared.
    pub class: Class,
}

impl<'p> Exchange<'p> {
    /// Forwards the request until a server answers.
    pub async fn forward(&mut self, proxy: &'p Proxy, client: &mut Client<'_>) -> Result<Box<Answering>, Failure> {
        if self.place.section.style.requests == RequestStyle::Strict {
            self.count_forward()?;
        }
        let aim = match self.aim(proxy)? {
            Aiming::At(aim) => aim,
            // Boxed: the future of most requests need not be so large.
            Aiming::Name(name) => Box::pin(self.resolve(name, proxy, client)).await?,
        };
        self.upstream.authority.clone_from(&aim.authority);
        self.upstream.scheme = aim.scheme;
        if self.must_read_body(proxy) && matches!(self.request.body, RequestBody::Unread) {
            if client.body_kind() == BodyKind::None {
                client.invite();
            } else {
                Box::pin(self.read_body(client)).await?;
            }
        }
        let counts = self.place.section.style.bodies == BodyFraming::Counted;
        if counts && client.body_kind() == BodyKind::Chunked && matches!(self.request.body, RequestBody::Unread) {
            Box::pin(self.gather_body(client, MOST_COUNTED)).await?;
        }
        let order = self.order(proxy, &aim, client)?;
        let answering = self.search(proxy, &aim, &order, client).await;
        self.hand_over_cookie();
        self.worker.shared.reclaim_text(order.head.into_memory());
        answering
    }

    /// One less is left of the times that the request may be forwarded (RFC 9110 §7.6.2).
    fn count_forward(&mut self) -> Result<(), Failure> {
        let Some(most) = self.request.head.fields.get_known(Name::MaxForwards) else { return Ok(()) };
        // httpd: what is no number is none.
        let most: u64 = std::str::from_utf8(most).ok().and_then(|most| most.trim().parse().ok()).unwrap_or(0);
        let left = most.checked_sub(1).ok_or(Failure::new(Cause::TooManyForwards))?;
        self.request.head.fields.set(b"Max-Forwards", left.to_string().as_bytes());
        Ok(())
    }

    /// Whether the body is read whole before the request is forwarded.
    fn must_read_body(&self, proxy: &Proxy) -> bool {
        // Such a program must be told a length.
        let counted = proxy.gateway.as_ref().is_some_and(|gateway| !gateway.streams());
        let chunked = self.request.head.body_kind() == protocol::BodyKind::Chunked;
        proxy.buffering.request || chunked && (counted || proxy.version < Version::Http11)
    }

    /// Asks one server after the other until one answers.
    async fn search(
        &mut self,
        proxy: &'p Proxy,
        aim: &Aim<'p>,
        order: &Order,
        client: &mut Client<'_>,
    ) -> Result<Box<Answering>, Failure> {
        let key = aim.key.map(|key| self.text_of(key)).unwrap_or_default();
        self.name_route(aim);
        let client_address = self.client_address().inet().map(|address| address.ip());
        let route = self.upstream.bond.as_ref().map_or(&[][..], |bond| &bond.named);
        let affinity = Affinity { client: client_address, key: &key, route };
        let mut search = aim.group.attempt(affinity, proxy.retry.tries(), clock::now());
        let mut first = true;
        loop {
            let chosen = match search.choose(clock::now()) {
                None if search.may_wait() => Box::pin(wait_for_server(proxy, &mut search, client)).await?,
                chosen => chosen,
            };
            let Some(permit) = chosen else { return Err(self.no_live_server(aim, first)) };
            self.attempts.push(Attempted::new(permit.name(), first));
            self.bind(&permit);
            first = false;
            let made = permit.peer().target().map(|server| self.made_out_to(server, proxy, aim, client)).transpose()?;
            let (aim, order) = made.as_deref().map_or((aim, order), |(aim, order)| (aim, order));
            match self.attempt(proxy, aim, order, permit, client).await {
                Answer::Answered(answering) => match self.unwanted_status(proxy, order, &search, answering) {
                    Ok(answering) => return Ok(answering),
                    Err(permit) => {
                        self.end_attempt();
                        let status = self.attempts.last().map_or(502, |attempted| attempted.status);
                        let trial = self.trial(model::Trouble::Status(status), order, false, true);
                        self.give_up_on(&mut search, permit, trial);
                    }
                },
                Answer::Failed(trouble) => self.after_trouble(proxy, order, &mut search, trouble)?,
                Answer::ClientFailed(failure) => {
                    // What is left of its body is of no use to whatever answers instead.
                    self.request.body = RequestBody::Discarded;
                    return Err(failure);
                }
            }
        }
    }

    /// Where the request goes, and how it is forwarded, if it is made out to one server of its group.
    fn made_out_to(
        &mut self,
        server: &model::ServerTarget,
        proxy: &'p Proxy,
        aim: &Aim<'p>,
        client: &Client<'_>,
    ) -> Result<Box<(Aim<'p>, Order)>, Failure> {
        let aim = aim.made_out_to(server);
        self.upstream.authority.clone_from(&aim.authority);
        let order = self.order(proxy, &aim, client)?;
        Ok(Box::new((aim, order)))
    }

    /// Gives an answer back unless its status asks for another server and one may be tried.
    fn unwanted_status(
        &mut self,
        proxy: &Proxy,
        order: &Order,
        search: &Attempt,
        answering: Box<Answering>,
    ) -> Result<Box<Answering>, Permit> {
        let status = answering.head.status;
        if !proxy.retry.covers(status) {
            return Ok(answering);
        }
        let trial = self.trial(model::Trouble::Status(status), order, answering.pooled.is_reused(), true);
        if proxy.retry.allows(search, &trial, clock::now()) { Err(answering.permit) } else { Ok(answering) }
    }

    /// Whether another server is tried after this; if not, what the client is told.
    fn after_trouble(
        &mut self,
        proxy: &Proxy,
        order: &Order,
        search: &mut Attempt,
        trouble: Trouble,
    ) -> Result<(), Failure> {
        let failure = Failure::from(trouble.cause);
        self.end_attempt();
        self.note(|attempted| attempted.status = failure.status());
        self.worker.shared.counters.upstream_failures.add(1);
        let Some(kind) = trouble.cause.trouble() else { return Err(failure) };
        let trial = self.trial(kind, order, trouble.reused, trouble.sent);
        let ends = trouble.permit.peer().has_final_word();
        let again = !ends && proxy.retry.allows(search, &trial, clock::now());
        if search.is_broke() {
            self.log(Level::Warning, || "no other server is tried: the retry budget is used up".into());
        }
        self.give_up_on(search, trouble.permit, trial);
        if again { Ok(()) } else { Err(failure) }
    }

    fn trial(&self, trouble: model::Trouble, order: &Order, reused: bool, sent: bool) -> Trial {
        let replayable = !matches!(self.request.body, RequestBody::Passed(_));
        Trial { trouble, reused, sent, idempotent: order.idempotent, replayable }
    }

    fn give_up_on(&self, search: &mut Attempt, permit: Permit, trial: Trial) {
        let name = permit.peer().name().to_owned();
        if search.failed(permit, &trial, clock::now()) {
            self.log_resting(&name);
        }
    }

    fn log_resting(&self, name: &str) {
        self.log(Level::Warning, || format!("upstream server temporarily disabled: {name}"));
    }

    fn no_live_server(&mut self, aim: &Aim<'_>, first: bool) -> Failure {
        let name = aim.group.name();
        let roster = aim.group.roster();
        let missing = roster.missing();
        if missing.is_some() {
            aim.group.seek();
        }
        let cause = missing.map_or(FailureCause::NoLivePeer, |_| FailureCause::NameUnknown);
        self.log_doing(Level::Error, Some("connecting to upstream"), Some(&aim.url(&name, &self.request.head)), || {
            missing.map_or_else(|| "no live upstreams".into(), |missing| format!("host not found: \"{missing}\""))
        });
        self.attempts.push(Attempted { status: 502, ended: Some(clock::now()), ..Attempted::new(name, first) });
        Failure::from(cause)
    }

    /// Changes what is known of the present try.
    pub fn note(&mut self, change: impl FnOnce(&mut Attempted)) {
        if let Some(attempted) = self.attempts.last_mut() {
            change(attempted);
        }
    }

    /// Notes that the present server's part is over, unless that was seen before.
    pub fn end_attempt(&mut self) {
        self.note(|attempted| {
            attempted.ended.get_or_insert_with(clock::now);
        });
    }

    /// Notes what a relayed answer came to so far.
    pub fn note_relay(&mut self, relay: &Relay) {
        self.note(|attempted| attempted.note_tally(&relay.tally()));
        for text in relay.complaints() {
            self.log_complaint(text);
        }
        if relay.spilled {
            let text = || "an upstream response is buffered to a temporary file".into();
            self.log_doing(Level::Warning, Some("reading upstream"), None, text);
        }
        if let Some(trailers) = relay.trailers() {
            self.upstream.trailers.clone_from(trailers);
        }
    }
}

/// Waits until a server can be used, as long as the client does.
async fn wait_for_server(
    proxy: &Proxy,
    search: &mut Attempt,
    client: &mut Client<'_>,
) -> Result<Option<Permit>, Failure> {
    let mut waiting = pin!(search.wait());
    poll_fn(|cx| {
        if let Poll::Ready(chosen) = waiting.as_mut().poll(cx) {
            return Poll::Ready(Ok(chosen));
        }
        if !proxy.ignore_client_abort && client.poll_closed(cx).is_ready() {
            return Poll::Ready(Err(Failure::new(Cause::ClientLeft)));
        }
        Poll::Pending
    })
    .await
}
