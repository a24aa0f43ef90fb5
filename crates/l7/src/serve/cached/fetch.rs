//! Fetching an answer, and keeping it where that may be.

use super::pump::{keep_coming, keep_whole};
use super::{CacheStatus, Kept, StoredBody};
use crate::body::Body;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure, Side};
use crate::plan::{Caching, Proxy, Rules, Tuning};
use crate::response::{Outcome, Ranges, Response};
use crate::serve::proxy::{Answering, reads_ahead, release};
use cache::policy::tuned::Refusal;
use cache::policy::{Terms, standard};
use cache::{Claim, Entry, Head, Key, Object, Opening, Reader, Since, Sink, Store};
use model::Trouble;
use protocol::{Fields, Method, Name};
use std::sync::Arc;
use telemetry::Level;
use transport::{Chunk, clock};

/// An answer that is fetched.
pub struct Fetching {
    /// Where it is kept.
    pub store: Arc<Store>,
    /// What is known of its key.
    pub main: Arc<Entry>,
    /// What is known of answers for such requests, where the key has several.
    pub secondary: Option<Arc<Entry>>,
    /// The right to fetch it, where others wait.
    pub claim: Option<Claim>,
    /// What is kept, and too old.
    pub stale: Option<Arc<Object>>,
    /// It may be kept.
    pub storable: bool,
    /// When it was asked for.
    pub since: Since,
}

impl Fetching {
    /// Under which key an answer is kept that does not say otherwise.
    pub fn entry(&self) -> &Arc<Entry> {
        self.secondary.as_ref().unwrap_or(&self.main)
    }

    /// What is asked for in a moment.
    pub fn new(store: Arc<Store>, main: Arc<Entry>) -> Self {
        Self { store, main, secondary: None, claim: None, stale: None, storable: true, since: Since::default() }
    }
}

impl Kept {
    /// What an exchange that fetches has to do with kept answers.
    pub fn fetching(key: Vec<u8>) -> Self {
        let (last_modified, etag) = (Vec::new(), Vec::new());
        Self {
            status: CacheStatus::Expired,
            key,
            fetches: true,
            as_get: false,
            last_modified,
            etag,
            asked: None,
            stored: false,
            refusal: None,
            sizes: 0..=u64::MAX,
            counted: None,
        }
    }
}

impl<'p> Exchange<'p> {
    /// Fetches an answer.
    pub async fn fetch(
        &mut self,
        proxy: &'p Proxy,
        caching: &'p Caching,
        mut fetching: Fetching,
        client: &mut Client<'_>,
    ) -> Outcome {
        fetching.since = fetching.store.set_out();
        // An answer to HEAD has no body: it is kept only under a key that may tell it from one to GET. A program may answer with
        // one all the same.
        let told_apart = caching.head_as_get || caching.key.is_some() && proxy.gateway.is_none();
        let whole = self.request.method != Method::Head || told_apart;
        fetching.storable = fetching.storable && whole && (self.bypasses() || !self.asks_beyond(caching));
        self.prepare(caching, &fetching);
        let answered = self.forward(proxy, client).await;
        if let Some(kept) = &mut self.kept {
            // What else the exchange may forward is forwarded as it is.
            (kept.fetches, kept.as_get) = (false, false);
        }
        match answered {
            Err(failure) if failure.side == Side::Client => Outcome::Fail(failure),
            Err(failure) => {
                if let Some(outcome) = self.stale_instead(proxy, caching, &fetching, trouble_of(failure)).await {
                    return outcome;
                }
                self.remember_error(caching, &fetching, failure.status());
                Outcome::Fail(failure)
            }
            Ok(answering) => self.take_fetched(proxy, caching, fetching, answering, client).await,
        }
    }

    /// Whether a part is asked for that begins too far on.
    fn asks_beyond(&self, caching: &Caching) -> bool {
        let Some(range) = self.request.head.fields.get_known(Name::Range) else { return false };
        let first = range.strip_prefix(b"bytes=").unwrap_or_default();
        let digits: Vec<u8> = first.iter().copied().take_while(u8::is_ascii_digit).collect();
        match std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse::<u64>().ok()) {
            Some(start) => start >= caching.most_offset,
            // Where the end begins is not known.
            None => caching.most_offset < i64::MAX.cast_unsigned(),
        }
    }

    /// How the request is changed when it is forwarded.
    fn prepare(&mut self, caching: &Caching, fetching: &Fetching) {
        let as_get = caching.head_as_get && self.request.method == Method::Head;
        let Some(kept) = &mut self.kept else { return };
        // A part that is asked for is of no use to others, but may be all that is wanted of much.
        kept.fetches = fetching.storable && (fetching.stale.is_some() || caching.tuning().is_none());
        kept.as_get = as_get;
        let Some(stale) = fetching.stale.as_ref().filter(|_| caching.revalidate && fetching.storable) else { return };
        let text = |name| stale.head.fields.get_known(name).unwrap_or_default().to_vec();
        if matches!(stale.head.status, 200 | 206) || caching.is_standard() {
            kept.last_modified = text(Name::LastModified);
            kept.etag = text(Name::Etag);
        }
    }

    /// What is kept, where the trouble that there was allows it to be used.
    async fn stale_instead(
        &mut self,
        proxy: &'p Proxy,
        caching: &'p Caching,
        fetching: &Fetching,
        trouble: Option<Trouble>,
    ) -> Option<Outcome> {
        let (object, trouble) = (fetching.stale.as_ref()?, trouble?);
        let now = clock::unix_time().as_secs();
        let (terms, told) = (object.terms(), matches!(trouble, Trouble::Status(_)));
        let said = match &caching.rules {
            Rules::Standard => standard::serves_on_error(&terms, now, told),
            Rules::Tuned(tuning) => !matches!(trouble, Trouble::Status(..500)) && tuning.rules.serves_on_error(&terms),
            // Where the operator rules, answers do not say which statuses are errors.
            Rules::Configured(_) => !told && terms.serves_on_error(now),
        };
        if !said && !caching.stale.contains(&trouble) {
            return None;
        }
        let body = self.body_of(&fetching.store, fetching.entry(), object).await.ok()?;
        Some(self.respond_stored(proxy, caching, object, body, CacheStatus::Stale))
    }

    /// A status that stands for an answer for a while.
    fn remember_error(&self, caching: &Caching, fetching: &Fetching, status: u16) {
        let Rules::Configured(rules) = &caching.rules else { return };
        let until = rules.configured(status, clock::unix_time().as_secs());
        if let Some(until) = until.filter(|_| fetching.storable && !self.bypasses()) {
            fetching.main.put_error(status, until, &fetching.since);
        }
    }

    /// Whether what is kept was not asked for; then an error is this request's own.
    fn bypasses(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.status == CacheStatus::Bypass)
    }

    async fn take_fetched(
        &mut self,
        proxy: &'p Proxy,
        caching: &'p Caching,
        mut fetching: Fetching,
        answering: Box<Answering>,
        client: &mut Client<'_>,
    ) -> Outcome {
        let status = answering.head.status;
        let asked = self.kept.as_ref().is_some_and(|kept| !kept.etag.is_empty() || !kept.last_modified.is_empty());
        if status == 304
            && asked
            && let Some(stale) = fetching.stale.take()
        {
            let told = answering.head.fields.clone();
            let tally = release(answering);
            self.note(|attempted| attempted.note_tally(&tally));
            if caching.tuning().is_some_and(|tuning| !tuning.means_kept(&stale.head, &told, stale.length)) {
                // It speaks of another answer.
                fetching.store.discard(fetching.entry());
            } else if let Some(outcome) = self.found_good(proxy, caching, &fetching, &stale, &told).await {
                return outcome;
            }
            if let Some(kept) = &mut self.kept {
                (kept.etag, kept.last_modified) = (Vec::new(), Vec::new());
            }
            return Box::pin(self.fetch(proxy, caching, fetching, client)).await;
        }
        if matches!(status, 500 | 502 | 503 | 504 | 403 | 404 | 429)
            && let Some(outcome) = self.stale_instead(proxy, caching, &fetching, Some(Trouble::Status(status))).await
        {
            self.end_attempt();
            return outcome;
        }
        if status == 200
            && self.request.method == Method::Head
            && !caching.head_as_get
            && caching.is_standard()
            && let Some(stale) = &fetching.stale
        {
            self.told_by_head(caching, &fetching, stale, &answering.head.fields).await;
        }
        let intercepted = proxy.intercept_errors && self.intercepts(proxy, status);
        let outcome = self.take_answer(proxy, answering);
        if intercepted
            && let Rules::Configured(rules) = &caching.rules
            && fetching.storable
            && !self.bypasses()
            && let Some(terms) = rules.terms(status, &self.upstream.fields, clock::unix_time().as_secs())
        {
            fetching.main.put_error(status, terms.fresh_until, &fetching.since);
        }
        match outcome {
            Outcome::Respond(response) if response.is_relayed() => {
                let stale = caching.tuning().and(fetching.stale.as_ref()).filter(|_| status < 500);
                let stale = stale.map(|_| (Arc::clone(&fetching.store), Arc::clone(fetching.entry())));
                let mut response = self.keep(proxy, caching, fetching, response);
                if let Some((store, entry)) = stale.filter(|_| self.kept.as_ref().is_some_and(|kept| !kept.stored)) {
                    // There is something else by now.
                    store.discard(&entry);
                }
                self.tell(caching, &mut response, None);
                Outcome::Respond(response)
            }
            outcome => outcome,
        }
    }

    /// The server says that what is kept is good still; `None`: it is not there any more.
    async fn found_good(
        &mut self,
        proxy: &'p Proxy,
        caching: &'p Caching,
        fetching: &Fetching,
        stale: &Arc<Object>,
        told: &Fields,
    ) -> Option<Outcome> {
        // From here on it can be given out, though it may have been purged meanwhile.
        let body = self.body_of(&fetching.store, fetching.entry(), stale).await.ok()?;
        let now = clock::unix_time().as_secs();
        let mut head = stale.head.clone();
        let own = match &caching.rules {
            Rules::Configured(rules) => {
                rules.said_by(told, now).or_else(|| rules.terms(head.status, &head.fields, now))
            }
            Rules::Standard | Rules::Tuned(_) => {
                head.fields = standard::updated(&head.fields, told);
                self.standard_terms(caching, head.status, &head.fields, now).ok()
            }
        };
        let object = match own {
            Some(terms) => fetching.store.renew(fetching.entry(), stale, (head, terms), &fetching.since).await,
            None => Arc::clone(stale),
        };
        Some(self.respond_stored(proxy, caching, &object, body, CacheStatus::Revalidated))
    }

    /// An answer to HEAD tells whether what is kept is what GET would fetch: if so it is good still, if not it is not used any
    /// more (RFC 9111 §4.3.5).
    async fn told_by_head(&self, caching: &Caching, fetching: &Fetching, kept: &Arc<Object>, told: &Fields) {
        let same = |name| told.get_known(name).is_none_or(|told| kept.head.fields.get_known(name) == Some(told));
        let length = told.get_known(Name::ContentLength).is_none_or(|told| told == kept.length.to_string().as_bytes());
        if kept.head.status != 200 || !length || !same(Name::Etag) || !same(Name::LastModified) {
            return fetching.store.discard(fetching.entry());
        }
        let mut head = kept.head.clone();
        head.fields = standard::updated(&head.fields, told);
        if let Ok(terms) = self.standard_terms(caching, 200, &head.fields, clock::unix_time().as_secs()) {
            fetching.store.renew(fetching.entry(), kept, (head, terms), &fetching.since).await;
        }
    }

    /// Keeps an answer, if it may be kept: from here on it comes out of the store.
    pub fn keep(
        &mut self,
        proxy: &Proxy,
        caching: &'p Caching,
        fetching: Fetching,
        mut response: Box<Response>,
    ) -> Box<Response> {
        self.offer_parts(proxy, caching, &fetching, &mut response);
        let sent = !matches!(&response.body, Body::Relay(relay) if !relay.has_sent_all());
        // nginx: only what is buffered is kept; httpd's language has no word for that.
        let sent = sent && (caching.tuning().is_some() || reads_ahead(proxy, &self.upstream.fields));
        if !fetching.storable || !sent || !fetching.store.has_room(response.length) || self.any_holds(&caching.skip) {
            return response;
        }
        if self.bypasses() {
            // It was not looked for.
            fetching.main.count_use(clock::unix_time().as_secs(), caching.least_uses);
        }
        let refused =
            caching.tuning().and_then(|tuning| self.refuses_to_keep(tuning, response.head.status, response.length));
        let terms = match refused {
            Some(refusal) => Err(refusal),
            None => self.terms_of(caching, response.head.status),
        };
        let (terms, vary) = match terms {
            Ok(terms) => terms,
            Err(refusal) => {
                if let Some(kept) = &mut self.kept {
                    kept.refusal = Some(refusal);
                }
                return response;
            }
        };
        if cache::tags::of(&self.upstream.fields).is_err() {
            self.log(Level::Warning, || "an answer is not kept: it has too many tags, or too long ones".into());
            return response;
        }
        response.conditional = true;
        let Fetching { store, main, secondary, claim, since, .. } = fetching;
        let head = self.head_to_keep(caching, &response, vary, &main.key);
        let sizes = self.kept.as_ref().map_or(0..=u64::MAX, |kept| kept.sizes.clone());
        if response.ranges == Ranges::No && self.may_cut(proxy, caching, &head.fields) {
            response.ranges = Ranges::Single;
        }
        // The answer may differ by other fields than the one that was looked for.
        let entry = secondary.filter(|secondary| secondary.key.0 == head.variant).unwrap_or(main);
        let claim = claim.filter(|claim| Arc::ptr_eq(claim.entry(), &entry));
        entry.clear_error();
        if let Some(kept) = &mut self.kept {
            kept.stored = true;
        }
        match std::mem::replace(&mut response.body, Body::Empty) {
            Body::Relay(relay) => {
                let length = if relay.is_bodiless() { Some(0) } else { response.length };
                let opening = Opening::new(&store, &entry, claim, since, (head, terms), length).of_size(sizes);
                let reader = Reader::join(opening.fill());
                let tally = keep_coming(opening, relay, self.rest_of(proxy, caching, &response));
                response.body = Body::Stored(Box::new(StoredBody::new(reader, Some(tally))));
            }
            Body::Bytes(body) => {
                let body = Chunk::from(body.into_bytes());
                let opening = Opening::new(&store, &entry, claim, since, (head, terms), Some(body.len() as u64));
                keep_whole(opening, body.clone());
                response.body = Body::Bytes(body);
            }
            other => response.body = other,
        }
        response
    }

    /// Where the operator rules, whatever might be kept can be had in part and on conditions, whether it is kept or not.
    fn offer_parts(&self, proxy: &Proxy, caching: &Caching, fetching: &Fetching, response: &mut Response) {
        let Rules::Configured(rules) = &caching.rules else { return };
        if !fetching.storable || rules.forbids(&self.upstream.fields, clock::unix_time().as_secs()) {
            return;
        }
        response.conditional = true;
        response.head.fields.remove_known(Name::AcceptRanges);
        if self.may_cut(proxy, caching, &self.upstream.fields) {
            response.ranges = Ranges::Single;
        }
    }

    /// On what terms an answer is kept, and by which fields of requests it differs.
    fn terms_of(&self, caching: &Caching, status: u16) -> Result<(Terms, Box<[u8]>), Refusal> {
        let now = clock::unix_time().as_secs();
        let fields = &self.upstream.fields;
        match &caching.rules {
            Rules::Configured(rules) => {
                let terms = rules.terms(status, fields, now).ok_or(Refusal::Elsewhere)?;
                let varies = rules.ignored & Name::Vary.bit() == 0;
                Ok((terms, if varies { joined(fields, Name::Vary) } else { Box::default() }))
            }
            Rules::Standard | Rules::Tuned(_) => {
                Ok((self.standard_terms(caching, status, fields, now)?, joined(fields, Name::Vary)))
            }
        }
    }

    fn standard_terms(&self, caching: &Caching, status: u16, fields: &Fields, now: u64) -> Result<Terms, Refusal> {
        let asked = self.kept.as_ref().and_then(|kept| kept.asked).unwrap_or_default();
        let took = self.attempts.last().and_then(|attempt| attempt.time_to(attempt.answered)).unwrap_or_default();
        let times = standard::Times { asked: now.saturating_sub(took.as_secs()), answered: now };
        match caching.tuning() {
            Some(tuning) => {
                let queried = self.has_arguments() && !tuning.key.without_arguments;
                tuning.rules.terms(&asked, (status, queried), fields, times)
            }
            None => standard::terms(&asked, status, fields, times).ok_or(Refusal::Elsewhere),
        }
    }

    fn head_to_keep(&self, caching: &Caching, response: &Response, vary: Box<[u8]>, key: &Key) -> Head {
        let variant = if vary.is_empty() { [0; 16] } else { self.variant_of(&vary, key).0 };
        let key = self.kept.as_ref().map(|kept| kept.key.as_slice()).unwrap_or_default().into();
        let reason = response.head.reason().into();
        let fields = match caching.tuning() {
            Some(Tuning { dropped, .. }) => {
                let mut fields = Fields::new();
                fields.append_kept(&self.upstream.fields, dropped.bits(), |field| dropped.contains(field));
                fields
            }
            None => self.upstream.fields.clone(),
        };
        Head { key, status: response.head.status, reason, fields, vary, variant }
    }
}

/// All values of a field as one.
fn joined(fields: &Fields, name: Name) -> Box<[u8]> {
    fields.get_all_known(name).collect::<Vec<_>>().join(&b", "[..]).into()
}

/// What kind of trouble a failure is; `None`: none that another answer helps against.
fn trouble_of(failure: Failure) -> Option<Trouble> {
    match failure.cause {
        Cause::Upstream(upstream::FailureCause::NoLivePeer | upstream::FailureCause::NameUnknown) => {
            Some(Trouble::Error)
        }
        Cause::Upstream(cause) => cause.trouble(),
        _ => None,
    }
}
