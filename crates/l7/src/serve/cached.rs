//! An answer that is kept is given out again; one that is not there, or not good any more, is fetched and kept.

mod background;
mod change;
mod fetch;
mod key;
mod look;
pub mod pump;
mod purge;
mod rest;
mod stored;
mod told;
mod tuned;
mod wait;

pub use stored::StoredBody;

use crate::client::Client;
use crate::exchange::Exchange;
use crate::plan::{Caching, Proxy, StoreChoice, Template};
use crate::response::Outcome;
use crate::script::condition::is_true;
use cache::policy::Terms;
use cache::policy::standard::Asked;
use cache::policy::tuned::Refusal;
use cache::{Key, Object, Store};
use fetch::Fetching;
use look::Found;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use stored::Missing;
use transport::clock;

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
    /// Why it is not, where that is known.
    pub refusal: Option<Refusal>,
    /// How many bytes a body has that is kept.
    pub sizes: RangeInclusive<u64>,
    /// The store in which responses are counted.
    pub counted: Option<Arc<Store>>,
}

impl<'p> Exchange<'p> {
    /// Serves a request whose answer may be kept.
    pub async fn serve_cached(&mut self, proxy: &'p Proxy, caching: &'p Caching, client: &mut Client<'_>) -> Outcome {
        let by_method = caching.purge_method.as_deref().filter(|purge| purge.method == self.request.method);
        if let Some(purge) = by_method
            && !Box::pin(self.is_granted(&purge.from)).await
        {
            return self.refuse_purge();
        }
        let purges = by_method.is_some() || self.any_holds(&caching.purge);
        let asked = caching.is_standard().then(|| match caching.tuning() {
            Some(tuning) => tuning.rules.asked(&self.request.head.fields),
            None => Asked::read(&self.request.head.fields),
        });
        let (store, sizes) = match (self.store_of(&caching.store), caching.tuning()) {
            (Err(outcome), _) => return outcome,
            (Ok(store), None) => (store, 0..=u64::MAX),
            (Ok(_), Some(tuning)) => self.area_of(tuning, asked.as_ref()),
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
            asked,
            stored: false,
            refusal: None,
            sizes,
            counted: self.plan.counts_caches.then(|| Arc::clone(&store)),
        };
        self.kept = Some(Box::new(kept));
        if !purges && !caching.takes(&self.request.method) {
            return self.forward_change(proxy, caching, &store, &main, client).await;
        }
        if let Some(method) = by_method {
            return self.purge_by_method(method, &store).await;
        }
        if purges {
            return self.purge_by_condition(&store).await;
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
                Found::NoneToKeep => {
                    fetching.storable = false;
                    return self.fetch(proxy, caching, fetching, client).await;
                }
                Found::Fresh(object) => match self.body_of(store, fetching.entry(), &object).await {
                    Ok(body) => return self.respond_stored(proxy, caching, &object, body, CacheStatus::Hit),
                    Err(Missing::Gone) => {}
                    Err(Missing::Unreadable) => {
                        fetching.storable = false;
                        return self.fetch(proxy, caching, fetching, client).await;
                    }
                },
                Found::Stale(_) | Found::Nothing if self.takes_kept_only() => return self.refuse(504),
                Found::Stale(object) => return self.renew(proxy, caching, fetching, object, client).await,
                Found::Nothing => {
                    let Some((lock, until)) = &mut locks else {
                        if let Some(fill) = self.coming(caching, &mut fetching, main) {
                            return self.respond_joined(proxy, caching, &fill);
                        }
                        return self.fetch(proxy, caching, fetching, client).await;
                    };
                    let now = clock::unix_time();
                    fetching.claim = fetching.entry().claim(now, lock.age);
                    if fetching.claim.is_some() {
                        return self.fetch(proxy, caching, fetching, client).await;
                    }
                    match self.wait_for_other(fetching.entry(), lock.age, *until, client).await {
                        // One of those who ask after a purge fetches it for all of them.
                        Ok(wait::Waited::Joined(fill)) if !store.may_be_joined(&fill) => {
                            store.discard(fetching.entry());
                        }
                        Ok(wait::Waited::Joined(fill)) if self.takes_joined(&fill, main) => {
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
        let patience = caching.tuning().and_then(|tuning| tuning.patience);
        fetching.claim = fetching.entry().claim(now, patience.unwrap_or(Duration::MAX));
        let may = may || patience.is_some() && fetching.claim.is_none() && self.takes_stale(&terms);
        let status = match &fetching.claim {
            Some(_) if caching.background => CacheStatus::Stale,
            Some(_) => CacheStatus::Expired,
            None => CacheStatus::Updating,
        };
        fetching.stale = Some(Arc::clone(&object));
        if may
            && status != CacheStatus::Expired
            && let Ok(body) = self.body_of(&fetching.store, fetching.entry(), &object).await
        {
            if fetching.claim.is_some() {
                self.fetch_behind(proxy, fetching);
            }
            return self.respond_stored(proxy, caching, &object, body, status);
        }
        self.set_cache_status(CacheStatus::Expired);
        self.fetch(proxy, caching, fetching, client).await
    }

    /// Whether what is not fresh any more may be used, as far as it and the request say.
    fn takes_stale(&self, terms: &Terms) -> bool {
        self.kept.as_ref().and_then(|kept| kept.asked).is_some_and(|asked| asked.takes_stale(terms))
    }

    /// An answer on its way that may be used as it comes, where nobody waits for one; if there is none, others may use what
    /// is fetched now.
    fn coming(&self, caching: &Caching, fetching: &mut Fetching, main: &Key) -> Option<Arc<cache::Fill>> {
        caching.tuning()?;
        fetching.claim = fetching.entry().claim(clock::unix_time(), Duration::MAX);
        let fill = fetching.entry().fill().filter(|_| fetching.claim.is_none());
        fill.filter(|fill| fetching.store.may_be_joined(fill) && self.takes_joined(fill, main))
    }

    /// Whether an answer on its way may be used for this request, too, as it is.
    fn takes_joined(&self, fill: &cache::Fill, main: &Key) -> bool {
        let asked = self.kept.as_ref().and_then(|kept| kept.asked);
        let fresh = asked.is_none_or(|asked| asked.takes(&fill.terms, clock::unix_time().as_secs()));
        fresh && self.is_for(&fill.head) && self.suits(&fill.head, main)
    }

    /// Whether the client wants what is kept or nothing.
    fn takes_kept_only(&self) -> bool {
        self.kept.as_ref().and_then(|kept| kept.asked).is_some_and(|asked| asked.only_if_kept())
    }

    /// Forwards a request without a look at what is kept.
    pub async fn forward_plainly(&mut self, proxy: &'p Proxy, client: &mut Client<'_>) -> Outcome {
        match self.forward(proxy, client).await {
            Ok(answering) => self.take_answer(proxy, answering),
            Err(failure) => Outcome::Fail(failure),
        }
    }

    /// Where answers are kept; nowhere where the configuration says so for this request.
    fn store_of(&mut self, choice: &StoreChoice) -> Result<Option<Arc<Store>>, Outcome> {
        match choice {
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
}
