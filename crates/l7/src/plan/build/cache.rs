//! How answers are kept, compiled.

use crate::plan::cache::{CacheStore, Caching, Rules, StoreChoice};
use crate::plan::{Build, Template};
use model::{CacheChoice, CacheRules};
use protocol::Method;
use std::time::Duration;

impl Build<'_> {
    /// The rules by which a place keeps answers.
    pub fn caching(&mut self, caching: &model::Caching, ignored: u128) -> Caching {
        let mut templates =
            |some: &[model::Template]| -> Vec<Template> { some.iter().map(|one| self.template(one)).collect() };
        let (bypass, skip, purge) = (templates(&caching.bypass), templates(&caching.skip), templates(&caching.purge));
        Caching {
            store: match &caching.store {
                CacheChoice::Store(index) => StoreChoice::Store(*index),
                CacheChoice::Named(name) => StoreChoice::Named(self.template(name)),
            },
            key: caching.key.as_ref().map(|key| self.template(key)),
            rules: match caching.rules {
                CacheRules::Configured => {
                    Rules::Configured(cache::policy::configured::Rules { valid: caching.valid.clone(), ignored })
                }
                CacheRules::Standard => Rules::Standard,
            },
            methods: caching.methods.iter().map(|method| Method::new(method.as_bytes())).collect(),
            least_uses: caching.least_uses,
            bypass,
            skip,
            purge,
            revalidate: caching.revalidate || caching.rules == CacheRules::Standard,
            stale: caching.stale.clone(),
            stale_while_fetched: caching.stale_while_fetched,
            background: caching.background || caching.rules == CacheRules::Standard,
            lock: caching.lock,
            head_as_get: caching.head_as_get,
            most_offset: caching.most_offset.0,
        }
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
