//! How answers are kept, compiled.

use crate::plan::cache::{Area, CacheStore, Caching, PurgeMethod, PurgePlace, Rules, StoreChoice, Tuning};
use crate::plan::section::NameSet;
use crate::plan::{Build, Template};
use cache::policy::tuned;
use model::{CacheChoice, CacheKind, CacheRules, CacheTuning};
use protocol::Method;
use std::time::Duration;

impl Build<'_> {
    /// The rules by which a place keeps answers; `None`: it keeps none.
    pub fn caching(&mut self, caching: &model::Caching, ignored: u128) -> Option<Caching> {
        let mut templates =
            |some: &[model::Template]| -> Vec<Template> { some.iter().map(|one| self.template(one)).collect() };
        let (bypass, skip, purge) = (templates(&caching.bypass), templates(&caching.skip), templates(&caching.purge));
        Some(Caching {
            store: self.store_choice(&caching.store),
            key: caching.key.as_ref().map(|key| self.template(key)),
            rules: match &caching.rules {
                CacheRules::Configured => {
                    Rules::Configured(cache::policy::configured::Rules { valid: caching.valid.clone(), ignored })
                }
                CacheRules::Standard => Rules::Standard,
                CacheRules::Tuned(tuning) => Rules::Tuned(Box::new(self.tuning(tuning)?)),
            },
            methods: caching.methods.iter().map(|method| Method::new(method.as_bytes())).collect(),
            least_uses: caching.least_uses,
            bypass,
            skip,
            purge,
            purge_method: match &caching.purge_method {
                Some(method) => Some(Box::new(self.purge_method(method)?)),
                None => None,
            },
            revalidate: caching.revalidate || caching.rules != CacheRules::Configured,
            stale: caching.stale.clone(),
            stale_while_fetched: caching.stale_while_fetched,
            background: caching.background || caching.rules == CacheRules::Standard,
            lock: caching.lock,
            head_as_get: caching.head_as_get,
            most_offset: caching.most_offset.0,
        })
    }

    /// What requests for a place remove.
    pub fn purge_place(&mut self, place: &model::PurgePlace) -> PurgePlace {
        PurgePlace { store: self.store_choice(&place.store), key: self.template(&place.key) }
    }

    fn purge_method(&mut self, method: &model::PurgeMethod) -> Option<PurgeMethod> {
        Some(PurgeMethod {
            method: Method::new(method.method.as_bytes()),
            all: method.all,
            from: self.first_match(method.from.iter().map(|who| (who, true)), model::Verdict::Denied)?,
        })
    }

    fn store_choice(&mut self, choice: &CacheChoice) -> StoreChoice {
        match choice {
            CacheChoice::Store(index) => StoreChoice::Store(*index),
            CacheChoice::Named(name) => StoreChoice::Named(self.template(name)),
        }
    }

    fn tuning(&mut self, tuning: &CacheTuning) -> Option<Tuning> {
        let sizes = |kind| match kind {
            CacheKind::Directory => tuning.terms.sizes.0.0..=tuning.terms.sizes.1.0,
            CacheKind::Shared => 0..=tuning.terms.shared_size.0,
        };
        let mut areas = Vec::new();
        for area in tuning.areas.iter().filter(|_| !tuning.closed) {
            let Some(store) = tuning.stores.of(area.kind) else { continue };
            areas.push(Area { paths: area.paths.clone(), store, sizes: sizes(area.kind) });
        }
        let unkept = tuning.unkept.as_ref().and_then(|condition| self.condition(condition));
        (!areas.is_empty()).then(|| Tuning {
            rules: tuned_rules(tuning),
            areas,
            never: tuning.never.clone(),
            unkept,
            open_only: tuning.early,
            key: tuning.key.clone(),
            dropped: NameSet::new(tuning.dropped.iter().map(String::as_bytes)),
            patience: tuning.patience,
            told: tuning.terms.told,
            told_why: tuning.terms.told_why,
        })
    }
}

fn tuned_rules(tuning: &CacheTuning) -> tuned::Rules {
    let terms = &tuning.terms;
    tuned::Rules {
        usual: terms.usual.as_secs(),
        most: terms.most.as_secs(),
        least: terms.least.as_secs(),
        share: terms.share,
        ignores_requests: tuning.ignores_requests,
        keeps_private: terms.keeps_private,
        keeps_secret: terms.keeps_secret,
        keeps_expired: terms.keeps_expired,
        keeps_undated: terms.keeps_undated,
        uses_stale: terms.uses_stale,
    }
}

/// A place where answers are kept.
pub fn store(store: &model::CacheStore) -> CacheStore {
    CacheStore {
        place: cache::Place {
            name: store.name.clone(),
            directory: store.directory.clone(),
            levels: store.levels.clone(),
            entries: usize::try_from(store.entries).unwrap_or(usize::MAX),
        },
        limits: cache::Limits {
            size: store.size.0,
            free: store.free.0,
            memory: store.memory.0,
            inactive: store.inactive,
            batch: usize::try_from(store.batch).unwrap_or(usize::MAX),
            pause: store.pause.max(Duration::from_millis(1)),
        },
    }
}
