//! An answer that is kept is given out again; one that is not there, or not good any more, is fetched and kept.

mod background;
mod fetch;
mod look;
pub mod pump;
mod rest;
mod stored;
mod wait;

pub use stored::StoredBody;

use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::plan::{Caching, Proxy, StoreChoice, Template};
use crate::response::Outcome;
use crate::script::condition::is_true;
use crate::serve::proxy::Aiming;
use cache::policy::directives::Directives;
use cache::policy::standard::Asked;
use cache::{Claim, Entry, Key, Object, Store, Target};
use fetch::Fetching;
use look::{Found, Looked};
use protocol::{Method, Name};
use std::sync::Arc;
use std::time::Duration;
use transport::clock;

/// Fields by which a server may be told that another URI was asked for.
const TELL_ANOTHER: [&[u8]; 14] = [
    b"forwarded",
    b"x-forwarded-host",
    b"x-forwarded-path",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-forwarded-scheme",
    b"x-forwarded-server",
    b"x-forwarded-uri",
    b"x-host",
    b"x-http-method-override",
    b"x-original-host",
    b"x-original-url",
    b"x-rewrite-url",
];

/// What a kept answer had to do with a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheStatus {
    /// There was none.
    Miss,
    /// It was not asked for.
    Bypass,
    /// It was not fresh: a new one was fetched.
    Expired,
    /// It is not fresh; no other could be had, or was waited for.
    Stale,
    /// It is not fresh; another is being fetched.
    Updating,
    /// It was not fresh; its server says that it is good.
    Revalidated,
    /// It is the response.
    Hit,
}

impl CacheStatus {
    /// All there are.
    pub const ALL: [Self; 7] =
        [Self::Miss, Self::Bypass, Self::Expired, Self::Stale, Self::Updating, Self::Revalidated, Self::Hit];

    /// Whether the response came from a server.
    pub fn is_fetched(self) -> bool {
        matches!(self, Self::Miss | Self::Bypass | Self::Expired)
    }

    /// Its name in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Miss => "MISS",
            Self::Bypass => "BYPASS",
            Self::Expired => "EXPIRED",
            Self::Stale => "STALE",
            Self::Updating => "UPDATING",
            Self::Revalidated => "REVALIDATED",
            Self::Hit => "HIT",
        }
    }
}

/// What an exchange has to do with kept answers.
pub struct Kept {
    /// What came of the search.
    pub status: CacheStatus,
    /// The text of the key.
    pub key: Vec<u8>,
    /// The answer that is forwarded for may be kept: the request asks for all of it.
    pub fetches: bool,
    /// GET is asked where HEAD was.
    pub as_get: bool,
    /// What is kept was modified then, as it says.
    pub last_modified: Vec<u8>,
    /// The tag of what is kept.
    pub etag: Vec<u8>,
    /// What the request says of kept answers, where RFC 9111 rules.
    pub asked: Option<Asked>,
    /// The answer that is fetched is being kept.
    pub stored: bool,
    /// The store in which responses are counted.
    pub counted: Option<Arc<Store>>,
}

impl<'p> Exchange<'p> {
    /// Serves a request whose answer may be kept.
    pub async fn serve_cached(&mut self, proxy: &'p Proxy, caching: &'p Caching, client: &mut Client<'_>) -> Outcome {
        let purges = self.any_holds(&caching.purge);
        let store = match self.store_of(caching) {
            Ok(store) => store,
            Err(outcome) => return outcome,
        };
        let Some(store) = store.filter(|_| purges || caching.is_standard() || caching.takes(&self.request.method))
        else {
            return self.forward_plainly(proxy, client).await;
        };
        let key = match self.cache_key(proxy, caching) {
            Ok(key) => key,
            Err(failure) => return Outcome::Fail(failure),
        };
        let main = Key::of(&key);
        let kept = Kept {
            status: CacheStatus::Miss,
            key,
            fetches: false,
            as_get: false,
            last_modified: Vec::new(),
            etag: Vec::new(),
            asked: caching.is_standard().then(|| Asked::read(&self.request.head.fields)),
            stored: false,
            counted: self.plan.counts_caches.then(|| Arc::clone(&store)),
        };
        self.kept = Some(Box::new(kept));
        if !purges && !caching.takes(&self.request.method) {
            return self.forward_change(proxy, caching, &store, &main, client).await;
        }
        if purges {
            return self.purge(&store).await;
        }
        if self.any_holds(&caching.bypass) {
            self.set_cache_status(CacheStatus::Bypass);
            let entry = store.entry(&main);
            let fetching = Fetching::new(store, entry);
            return self.fetch(proxy, caching, fetching, client).await;
        }
        self.find_or_fetch(proxy, caching, &store, &main, client).await
    }

    async fn find_or_fetch(
        &mut self,
        proxy: &'p Proxy,
        caching: &'p Caching,
        store: &Arc<Store>,
        main: &Key,
        client: &mut Client<'_>,
    ) -> Outcome {
        let mut locks = caching.lock.map(|lock| (lock, clock::now() + lock.timeout));
        loop {
            let looked = self.look_up(caching, store, main).await;
            let mut fetching = Fetching::new(Arc::clone(store), looked.main);
            fetching.secondary = looked.secondary;
            match looked.found {
                Found::Error(status) => {
                    self.set_cache_status(CacheStatus::Hit);
                    return self.refuse(status);
                }
                Found::Scarce => {
                    fetching.storable = false;
                    return self.fetch(proxy, caching, fetching, client).await;
                }
                Found::Fresh(object) => {
                    let Some(body) = self.body_of(store, fetching.entry(), &object).await else { continue };
                    return self.respond_stored(proxy, caching, &object, body, CacheStatus::Hit);
                }
                Found::Stale(_) | Found::Nothing if self.takes_kept_only() => return self.refuse(504),
                Found::Stale(object) => return self.renew(proxy, caching, fetching, object, client).await,
                Found::Nothing => {
                    let Some((lock, until)) = &mut locks else {
                        return self.fetch(proxy, caching, fetching, client).await;
                    };
                    let now = clock::unix_time();
                    fetching.claim = fetching.entry().claim(now, lock.age);
                    if fetching.claim.is_some() {
                        return self.fetch(proxy, caching, fetching, client).await;
                    }
                    match self.wait_for_other(fetching.entry(), lock.age, *until, client).await {
                        Ok(wait::Waited::Joined(fill))
                            if self.is_for(&fill.head)
                                && self.suits(&fill.head, main)
                                && self.takes_joined(&fill)
                                && store.may_be_joined(&fill) =>
                        {
                            return self.respond_joined(proxy, caching, &fill);
                        }
                        // It came to nothing that others can use, so everybody fetches for itself.
                        Ok(wait::Waited::Joined(_) | wait::Waited::Refused) => locks = None,
                        Ok(wait::Waited::Changed) => {}
                        Ok(wait::Waited::TooLong) => {
                            fetching.storable = false;
                            return self.fetch(proxy, caching, fetching, client).await;
                        }
                        Err(failure) => return Outcome::Fail(failure),
                    }
                }
            }
        }
    }

    /// What is kept is not fresh: it is used all the same, or a new answer is fetched.
    async fn renew(
        &mut self,
        proxy: &'p Proxy,
        caching: &'p Caching,
        mut fetching: Fetching,
        object: Arc<Object>,
        client: &mut Client<'_>,
    ) -> Outcome {
        let now = clock::unix_time();
        let terms = object.terms();
        let may = match self.kept.as_ref().and_then(|kept| kept.asked) {
            Some(asked) => asked.takes_while_fetched(&terms, now.as_secs()),
            None => caching.stale_while_fetched || terms.serves_while_fetched(now.as_secs()),
        };
        fetching.claim = fetching.entry().claim(now, Duration::MAX);
        let status = match &fetching.claim {
            Some(_) if caching.background => CacheStatus::Stale,
            Some(_) => CacheStatus::Expired,
            None => CacheStatus::Updating,
        };
        fetching.stale = Some(Arc::clone(&object));
        if may
            && status != CacheStatus::Expired
            && let Some(body) = self.body_of(&fetching.store, fetching.entry(), &object).await
        {
            if fetching.claim.is_some() {
                self.fetch_behind(proxy, fetching);
            }
            return self.respond_stored(proxy, caching, &object, body, status);
        }
        self.set_cache_status(CacheStatus::Expired);
        self.fetch(proxy, caching, fetching, client).await
    }

    /// Whether the answer says itself how long it is fresh.
    fn says_how_long(&self) -> bool {
        let said = Directives::read(self.upstream.fields.get_all_known(Name::CacheControl));
        said.max_age.is_some() || said.s_maxage.is_some() || self.upstream.fields.contains(Name::Expires)
    }

    /// Whether an answer on its way may be used for this request, too, as it is.
    fn takes_joined(&self, fill: &cache::Fill) -> bool {
        let asked = self.kept.as_ref().and_then(|kept| kept.asked);
        asked.is_none_or(|asked| asked.takes(&fill.terms, clock::unix_time().as_secs()))
    }

    /// Whether the client wants what is kept or nothing.
    fn takes_kept_only(&self) -> bool {
        self.kept.as_ref().and_then(|kept| kept.asked).is_some_and(|asked| asked.only_if_kept())
    }

    /// Forwards a request that may change what is kept: then it is not used any more (RFC 9111 §4.4).
    async fn forward_change(
        &mut self,
        proxy: &'p Proxy,
        caching: &'p Caching,
        store: &Arc<Store>,
        main: &Key,
        client: &mut Client<'_>,
    ) -> Outcome {
        let outcome = self.forward_plainly(proxy, client).await;
        let safe = matches!(self.request.method, Method::Options | Method::Trace);
        let succeeded = matches!(&outcome, Outcome::Respond(response) if (200..400).contains(&response.head.status));
        if safe || !succeeded {
            return outcome;
        }
        let mut stale = vec![self.kept.as_ref().map(|kept| kept.key.clone()).unwrap_or_default()];
        let own = [self.upstream.scheme.name().as_bytes(), b"://", &self.upstream.authority].concat();
        let mut asked_for = Vec::new();
        if caching.is_standard() {
            self.append_asked_for(&mut asked_for);
        }
        for name in [Name::Location, Name::ContentLocation] {
            let Some(told) = self.upstream.fields.get_known(name).filter(|_| caching.key.is_none()) else { continue };
            let host = self.request.head.fields.get_known(Name::Host).unwrap_or_default();
            if let Some(path) = path_on(told, host, self.request.head.path_and_query()) {
                stale.push([own.as_slice(), &path, &asked_for].concat());
            }
        }
        for key in stale {
            store.invalidate(&key).await;
        }
        // RFC 9110 §9.3.3: an answer to POST that says to be what its target is may be kept for GET.
        let is_target = self.upstream.fields.get_known(Name::ContentLocation).is_some_and(|told| {
            let target = self.request.head.path_and_query();
            let host = self.request.head.fields.get_known(Name::Host).unwrap_or_default();
            path_on(told, host, target).is_some_and(|path| path == target)
        });
        match outcome {
            Outcome::Respond(response)
                if is_target
                    && self.request.method == Method::Post
                    && response.head.status == 200
                    && response.is_relayed()
                    && self.says_how_long() =>
            {
                let mut fetching = Fetching::new(Arc::clone(store), store.entry(main));
                fetching.set_out();
                Outcome::Respond(self.keep(proxy, caching, fetching, response))
            }
            outcome => outcome,
        }
    }

    /// Forwards a request without a look at what is kept.
    pub async fn forward_plainly(&mut self, proxy: &'p Proxy, client: &mut Client<'_>) -> Outcome {
        match self.forward(proxy, client).await {
            Ok(answering) => self.take_answer(proxy, answering),
            Err(failure) => Outcome::Fail(failure),
        }
    }

    /// Where answers are kept; nowhere where the configuration says so for this request.
    fn store_of(&mut self, caching: &Caching) -> Result<Option<Arc<Store>>, Outcome> {
        match &caching.store {
            StoreChoice::Store(index) => Ok(self.worker.cache(*index)),
            StoreChoice::Named(name) => {
                let name = self.text_of(name);
                if name.is_empty() || name == b"off" {
                    return Ok(None);
                }
                let stores = &self.plan.cache_stores;
                let index = stores.iter().position(|store| store.place.name.as_bytes() == name);
                let Some(index) = index else {
                    self.log_error(|| format!("cache \"{}\" not found", String::from_utf8_lossy(&name)));
                    return Err(self.refuse(500));
                };
                Ok(self.worker.cache(index))
            }
        }
    }

    /// The text that tells a request from others.
    fn cache_key(&mut self, proxy: &'p Proxy, caching: &Caching) -> Result<Vec<u8>, Failure> {
        let aiming = self.aim(proxy)?;
        let (scheme, authority, target) = match &aiming {
            Aiming::At(aim) => (aim.scheme, &*aim.authority, aim.target(&self.request.head)),
            Aiming::Name(name) => name.parts(&self.request.head),
        };
        let usual = caching.key.is_none();
        let mut text = if usual { [scheme.name().as_bytes(), b"://", authority, target].concat() } else { Vec::new() };
        let authority = authority.to_vec();
        self.upstream.scheme = scheme;
        self.upstream.authority = authority.into();
        if let Some(key) = &caching.key {
            return Ok(self.text_of(key));
        }
        if caching.is_standard() {
            self.append_asked_for(&mut text);
        }
        Ok(text)
    }

    /// Appends what tells apart that looks the same once it is forwarded: a key is the URI that the client asked for
    /// (RFC 9111 §2), and fields by which servers are told another one are parts of it.
    fn append_asked_for(&self, key: &mut Vec<u8>) {
        let fields = &self.request.head.fields;
        let host = fields.get_known(Name::Host).unwrap_or_default();
        key.extend_from_slice(b" ");
        key.extend_from_slice(self.connection.scheme().as_bytes());
        key.extend_from_slice(b"://");
        key.extend(host.iter().map(u8::to_ascii_lowercase));
        for (name, value) in fields.iter() {
            if name.first().is_some_and(|first| matches!(first, b'x' | b'X' | b'f' | b'F'))
                && let Some(known) = TELL_ANOTHER.iter().find(|known| name.eq_ignore_ascii_case(known))
            {
                key.extend_from_slice(b" ");
                key.extend_from_slice(known);
                // A value that looks like another field is told from one by its length.
                key.extend_from_slice(format!("={}:", value.len()).as_bytes());
                key.extend_from_slice(value);
            }
        }
    }

    /// Whether one of several conditions holds.
    pub fn any_holds(&self, conditions: &[Template]) -> bool {
        conditions.iter().any(|condition| is_true(&self.text_of(condition)))
    }

    /// Says what a kept answer had to do with the response.
    pub fn set_cache_status(&mut self, status: CacheStatus) {
        if let Some(kept) = &mut self.kept {
            kept.status = status;
        }
    }

    /// Removes what is kept; 204 tells that there was something, or may have been.
    async fn purge(&mut self, store: &Arc<Store>) -> Outcome {
        let key = self.kept.as_ref().map(|kept| kept.key.clone()).unwrap_or_default();
        let target = key.strip_suffix(b"*").map_or(Target::Key(&key), Target::Prefix);
        match store.purge(target, false).await {
            Ok(true) => {
                let mut response = crate::response::Response::empty(204);
                response.length = None;
                Self::respond(response)
            }
            Ok(false) => self.refuse(404),
            Err(cache::TooMany) => {
                self.log_error(|| "too many purges are under way".into());
                self.refuse(503)
            }
        }
    }
}

impl Fetching {
    /// Under which key an answer is kept that does not say otherwise.
    pub fn entry(&self) -> &Arc<Entry> {
        self.secondary.as_ref().unwrap_or(&self.main)
    }

    fn new(store: Arc<Store>, main: Arc<Entry>) -> Self {
        Self { store, main, secondary: None, claim: None, stale: None, storable: true, born: 0, era: None }
    }

    /// It is asked for now.
    pub fn set_out(&mut self) {
        self.era = Some(self.store.era());
        self.born = self.store.next_id();
    }
}

/// The path of a reference, if it is to the same host; `base` is the path that it stands for itself beside.
fn path_on(reference: &[u8], host: &[u8], base: &[u8]) -> Option<Vec<u8>> {
    let absolute = [&b"http://"[..], b"https://", b"//"].iter().find_map(|start| reference.strip_prefix(*start));
    if let Some(rest) = absolute {
        let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        return authority
            .eq_ignore_ascii_case(host)
            .then(|| if path.is_empty() { b"/".to_vec() } else { path.to_vec() });
    }
    if reference.first() == Some(&b'/') {
        return Some(reference.to_vec());
    }
    let path = base.split(|byte| *byte == b'?').next().unwrap_or(base);
    let directory = memchr::memrchr(b'/', path).and_then(|slash| path.get(..=slash))?;
    Some([directory, reference].concat())
}

/// Whatever is looked up is counted as used.
impl Looked {
    fn nothing(main: Arc<Entry>, secondary: Option<Arc<Entry>>) -> Self {
        Self { main, secondary, found: Found::Nothing }
    }
}

const _: () = assert!(size_of::<Option<Claim>>() <= 16);
