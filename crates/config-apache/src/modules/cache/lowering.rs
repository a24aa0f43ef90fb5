//! How a server keeps the answers of those that it forwards to.

use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{
    ByteSize, CacheArea, CacheChoice, CacheKeyShape, CacheKind, CacheLock, CachePaths, CacheRules, CacheStores,
    CacheTerms, CacheTuning, Caching,
};

use super::settings::{CacheSettings, Enabled};
use super::store;
use crate::lower::{Lowering, ServerSettings, is_set};

/// `CacheLockMaxAge` where it is not said.
const LOCK_AGE: Duration = Duration::from_secs(5);
/// Variable of the environment with which an answer is not kept.
const UNKEPT: &str = "no-cache";

/// How answers are kept; `None`: none is.
pub(crate) fn caching(lowering: &mut Lowering<'_>, server: &ServerSettings) -> Option<Box<Caching>> {
    let settings = &server.cache;
    let asked = settings.enabled.iter().chain(settings.sections.iter().filter(|_| !settings.is_early()));
    let asked: Vec<&Enabled> = asked.collect();
    let origin = asked.first()?.origin;
    let stores = stores(lowering, settings, &asked);
    let first = stores.directory.or(stores.shared)?;
    let unkept = is_set(UNKEPT);
    if let model::Condition::Defined(variable) = &unkept {
        lowering.shared.environment.insert(variable.clone());
    }
    let lock = settings.lock.unwrap_or(false).then(|| settings.lock_age.unwrap_or(LOCK_AGE));
    let tuning = CacheTuning {
        areas: areas(settings),
        never: settings.disabled.iter().flat_map(|prefix| never(settings, prefix)).collect(),
        closed: false,
        unkept: Some(unkept),
        stores,
        early: settings.is_early(),
        key: CacheKeyShape {
            without_arguments: settings.without_arguments.unwrap_or(false),
            left_out: settings.left_out.clone().unwrap_or_default(),
            base: settings.base.clone(),
        },
        ignores_requests: settings.ignores_requests.unwrap_or(false),
        dropped: settings.dropped.iter().flatten().map(|name| name.to_ascii_lowercase()).collect(),
        patience: lock,
        terms: TERMS,
    };
    Some(Box::new(Caching {
        store: CacheChoice::Store(first),
        key: None,
        rules: CacheRules::Tuned(Box::new(tuning)),
        valid: Vec::new(),
        methods: Vec::new(),
        least_uses: 1,
        bypass: Vec::new(),
        skip: Vec::new(),
        purge: Vec::new(),
        purge_method: None,
        revalidate: true,
        stale: Vec::new(),
        stale_while_fetched: false,
        background: false,
        lock: lock.map(|age| CacheLock { timeout: age, age }),
        head_as_get: false,
        most_offset: ByteSize(i64::MAX.cast_unsigned()),
        origin,
    }))
}

/// What holds where nothing is said.
const TERMS: CacheTerms = CacheTerms {
    usual: Duration::from_hours(1),
    most: Duration::from_hours(24),
    least: Duration::ZERO,
    share: 0.1,
    keeps_private: false,
    keeps_secret: false,
    keeps_expired: false,
    keeps_undated: false,
    uses_stale: true,
    sizes: (ByteSize(1), ByteSize(1_000_000)),
    shared_size: ByteSize(102_400),
    told: false,
    told_why: false,
};

/// The stores that are asked for, made if they are not there yet.
fn stores(lowering: &mut Lowering<'_>, settings: &CacheSettings, asked: &[&Enabled]) -> CacheStores {
    let origin_of = |kind| asked.iter().find(|enabled| enabled.kind == kind).map(|enabled| enabled.origin);
    let directory = origin_of(CacheKind::Directory).and_then(|origin| {
        let found = store::in_directory(lowering, settings, origin);
        if found.is_none() {
            lowering.report_once(no_root(origin));
        }
        found
    });
    let shared = origin_of(CacheKind::Shared).map(|origin| store::in_memory(lowering, settings, origin));
    CacheStores { directory, shared }
}

fn no_root(origin: Origin) -> Diagnostic {
    Diagnostic::warning("no-directory", "nothing is kept: there is no directory for it")
        .at(origin)
        .help("name one: `CacheRoot /var/cache/zaguan`")
}

fn areas(settings: &CacheSettings) -> Vec<CacheArea> {
    let area = |enabled: &Enabled| CacheArea { paths: Some(settings.paths(&enabled.prefix)), kind: enabled.kind };
    settings.enabled.iter().map(area).collect()
}

/// What is not to be kept is not, however its path is written.
fn never(settings: &CacheSettings, prefix: &str) -> Vec<CachePaths> {
    let now = CachePaths { prefix: prefix.to_owned(), written: false };
    if settings.is_early() { vec![settings.paths(prefix), now] } else { vec![now] }
}

/// Sections cannot say that more is kept where kept answers come before all else.
pub(crate) fn report_sections(lowering: &mut Lowering<'_>, server: &ServerSettings) {
    for enabled in server.cache.sections.iter().filter(|_| server.cache.is_early()) {
        let message = "CacheEnable in a section has no effect while CacheQuickHandler is on";
        let problem = Diagnostic::warning("without-effect", message).at(enabled.origin);
        lowering.report_once(problem.help("write `CacheQuickHandler off` for the server"));
    }
}
