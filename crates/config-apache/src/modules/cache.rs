//! The directives of `mod_cache` and of its two stores, `mod_cache_disk` and `mod_cache_socache`: answers that are kept.

mod enable;
mod lowering;
mod settings;
mod store;

use crate::table::{ANYWHERE, FLAG, Module, Row, SERVER, at_least, between, no_effect, row, take};

pub(crate) use lowering::{caching, report_sections};
pub(crate) use settings::CacheSettings;

pub(crate) static MODULE: Module = Module { name: "mod_cache", identifier: "cache_module", built: true, rows: ROWS };
pub(crate) static DISK: Module =
    Module { name: "mod_cache_disk", identifier: "cache_disk_module", built: true, rows: OF_DISK };
pub(crate) static SHARED: Module =
    Module { name: "mod_cache_socache", identifier: "cache_socache_module", built: true, rows: OF_SHARED };

const PIECES: &str = "answers are written as they come, and given out while they are";
const CLEARED: &str = "what is asked for least leaves first";

const ROWS: &[Row] = &[
    row("CacheDefaultExpire", ANYWHERE, take(1), |_, s, d| settings::time(&mut s.overrides.proxy.cache.usual, d)),
    row("CacheDetailHeader", ANYWHERE, FLAG, |_, s, d| settings::flag(&mut s.overrides.proxy.cache.told_why, d))
        .partial("the reason is told in other words"),
    row("CacheDisable", ANYWHERE, take(1), enable::disable).partial("paths, `on` and `off`, no URLs"),
    row("CacheEnable", ANYWHERE, between(1, 2), enable::enable)
        .partial("`disk` and `socache`, of paths, no URLs, the first that fits a path; what is forwarded is kept, files are served as they are"),
    row("CacheHeader", ANYWHERE, FLAG, |_, s, d| settings::flag(&mut s.overrides.proxy.cache.told, d)),
    row("CacheIgnoreCacheControl", SERVER, FLAG, |_, s, d| settings::flag(&mut s.server.cache.ignores_requests, d)),
    row("CacheIgnoreHeaders", SERVER, at_least(1), |_, s, d| {
        settings::names(&mut s.server.cache.dropped, d);
        Ok(())
    }),
    row("CacheIgnoreNoLastMod", ANYWHERE, FLAG, |_, s, d| {
        settings::flag(&mut s.overrides.proxy.cache.keeps_undated, d)
    }),
    row("CacheIgnoreQueryString", SERVER, FLAG, |_, s, d| settings::flag(&mut s.server.cache.without_arguments, d)),
    row("CacheIgnoreURLSessionIdentifiers", SERVER, at_least(1), |_, s, d| {
        settings::names(&mut s.server.cache.left_out, d);
        Ok(())
    }),
    row("CacheKeyBaseURL", SERVER, take(1), settings::key_base),
    row("CacheLastModifiedFactor", ANYWHERE, take(1), settings::share),
    row("CacheLock", SERVER, FLAG, |_, s, d| settings::flag(&mut s.server.cache.lock, d)),
    row("CacheLockMaxAge", SERVER, take(1), |_, s, d| settings::time(&mut s.server.cache.lock_age, d)),
    no_effect("CacheLockPath", SERVER, take(1), "locks are held in memory"),
    row("CacheMaxExpire", ANYWHERE, take(1), |_, s, d| settings::time(&mut s.overrides.proxy.cache.most, d)),
    row("CacheMinExpire", ANYWHERE, take(1), |_, s, d| settings::time(&mut s.overrides.proxy.cache.least, d)),
    row("CacheQuickHandler", SERVER, FLAG, |_, s, d| settings::flag(&mut s.server.cache.early, d))
        .partial("access is checked, and paths are rewritten, before a kept answer is given out, always"),
    row("CacheStaleOnError", ANYWHERE, FLAG, |_, s, d| settings::flag(&mut s.overrides.proxy.cache.uses_stale, d)),
    row("CacheStoreExpired", ANYWHERE, FLAG, |_, s, d| settings::flag(&mut s.overrides.proxy.cache.keeps_expired, d)),
    row("CacheStoreNoStore", ANYWHERE, FLAG, |_, s, d| settings::flag(&mut s.overrides.proxy.cache.keeps_secret, d)),
    row("CacheStorePrivate", ANYWHERE, FLAG, |_, s, d| settings::flag(&mut s.overrides.proxy.cache.keeps_private, d)),
];

const OF_DISK: &[Row] = &[
    row("CacheDirLength", SERVER, take(1), |_, s, d| settings::layout(&mut s.server.cache.length, d)),
    row("CacheDirLevels", SERVER, take(1), |_, s, d| settings::layout(&mut s.server.cache.levels, d))
        .partial("no more than four"),
    row("CacheMaxFileSize", ANYWHERE, take(1), |_, s, d| settings::size(&mut s.overrides.proxy.cache.most_size, d)),
    row("CacheMinFileSize", ANYWHERE, take(1), |_, s, d| settings::size(&mut s.overrides.proxy.cache.least_size, d)),
    no_effect("CacheReadSize", ANYWHERE, take(1), PIECES),
    no_effect("CacheReadTime", ANYWHERE, take(1), PIECES),
    row("CacheRoot", SERVER, take(1), store::root).partial("files have a form of their own: httpd's are not read"),
];

const OF_SHARED: &[Row] = &[
    row("CacheSocache", SERVER, take(1), store::shared).partial("only `shmcb`"),
    row("CacheSocacheMaxSize", ANYWHERE, take(1), |_, s, d| {
        settings::size(&mut s.overrides.proxy.cache.shared_size, d)
    }),
    no_effect("CacheSocacheMaxTime", ANYWHERE, take(1), CLEARED),
    no_effect("CacheSocacheMinTime", ANYWHERE, take(1), CLEARED),
    no_effect("CacheSocacheReadSize", ANYWHERE, take(1), PIECES),
    no_effect("CacheSocacheReadTime", ANYWHERE, take(1), PIECES),
];
