//! Keeping answers: `proxy_cache_path`, `proxy_cache` and its kin.

use model::{
    ByteSize, CacheChoice, CacheLock, CacheRules, CacheStore, Caching, PurgeMethod, PurgePlace, Section, Serve,
    Template, Trouble,
};

use super::access;
use super::http::{Names, lost};
use super::item::Item;
use super::level::Setting;
use super::word::{self, Word};
use diagnostic::Origin;

/// nginx: a megabyte has room for about eight thousand keys.
const BYTES_A_KEY: u64 = 128;

const PURGE: &str = "proxy_cache_purge";

/// Places where answers are kept.
pub(super) fn stores(stores: &[CacheStore]) -> Vec<Item> {
    stores.iter().map(store).collect()
}

fn store(store: &CacheStore) -> Item {
    // It follows from the places that tell programs of it.
    let CacheStore {
        name,
        directory,
        levels,
        entries,
        size,
        free,
        memory,
        inactive,
        batch,
        pause,
        observed: _,
        origin,
    } = store;
    let named = |name: &str, word: Word| word.map(|word| format!("{name}={word}"));
    let zone = word::size(ByteSize(entries * BYTES_A_KEY));
    let mut words = vec![word::path(directory), word::text(&format!("keys_zone={name}:{zone}"))];
    // Where files lie matters to nobody else: what nginx does not take is left out.
    if !levels.is_empty() && levels.len() <= 3 && levels.iter().all(|digits| matches!(digits, 1 | 2)) {
        let levels: Vec<String> = levels.iter().map(ToString::to_string).collect();
        words.push(Ok(format!("levels={}", levels.join(":"))));
    }
    words.push(named("inactive", word::seconds(*inactive)));
    for (name, bytes) in [("max_size", size), ("min_free", free)] {
        if bytes.0 > 0 {
            words.push(Ok(format!("{name}={}", word::size(*bytes))));
        }
    }
    words.push(Ok(format!("memory={}", word::size(*memory))));
    words.push(Ok(format!("manager_files={batch}")));
    words.push(named("manager_sleep", word::time(*pause)));
    Item::new("proxy_cache_path", words, *origin)
}

/// How answers are kept.
pub(super) fn settings(caching: Option<&Caching>, names: &Names<'_>) -> [Setting; 2] {
    const NAME: &str = "proxy_cache";
    const KEY: &str = "proxy_cache_key";
    let kept = match caching {
        Some(caching) => Setting::many(NAME, lines(caching, names), Vec::new()),
        None => Setting::many(NAME, Vec::new(), vec![Item::one(NAME, "off")]),
    };
    let key = caching.and_then(|caching| caching.key.as_ref());
    // One that is inherited cannot be taken back; where nothing is kept it does not matter.
    let other = caching.is_none().then(|| Item::one(KEY, "$scheme$proxy_host$request_uri"));
    [kept, Setting::maybe(KEY, key.map(|key| Item::new(KEY, [word::template(key)], key.origin)), other)]
}

fn lines(caching: &Caching, names: &Names<'_>) -> Vec<Item> {
    let Caching {
        store,
        key: _,
        rules,
        valid,
        methods,
        least_uses,
        bypass,
        skip,
        purge,
        purge_method,
        revalidate,
        stale,
        stale_while_fetched,
        background,
        lock,
        head_as_get,
        most_offset,
        origin,
    } = caching;
    let mut lines = vec![match zone(store, names) {
        Some(zone) => Item::new("proxy_cache", [zone], *origin),
        None => lost("a cache", *origin),
    }];
    // All of it is written: what were left out would be inherited.
    lines.push(match rules {
        CacheRules::Configured => Item::one("proxy_cache_rules", "nginx"),
        CacheRules::Standard => Item::one("proxy_cache_rules", "rfc9111"),
        CacheRules::Tuned(_) => {
            let what = "answers kept by RFC 9111 with times, exceptions and places of the operator";
            return vec![Item::unsaid(what, *origin), Item::one("proxy_cache", "off")];
        }
    });
    for (status, time) in valid {
        let status = status.map_or("any".to_owned(), |status| status.to_string());
        lines.push(Item::new("proxy_cache_valid", [Ok(status), word::seconds(*time)], *origin));
    }
    if valid.is_empty() {
        lines.push(Item::new("proxy_cache_valid", ["any", "0"].map(word::text), *origin));
    }
    let named = ["GET"].into_iter().chain(methods.iter().map(String::as_str));
    lines.push(Item::new("proxy_cache_methods", named.map(word::text), *origin));
    lines.push(Item::one("proxy_cache_min_uses", least_uses.to_string()));
    lines.push(conditions("proxy_cache_bypass", bypass, *origin));
    lines.push(conditions("proxy_no_cache", skip, *origin));
    lines.push(match purge_method {
        Some(method) => by_method(method),
        None => conditions(PURGE, purge, *origin),
    });
    lines.push(use_stale(stale, *stale_while_fetched, *origin));
    let switches = [
        ("proxy_cache_revalidate", *revalidate),
        ("proxy_cache_background_update", *background),
        ("proxy_cache_convert_head", *head_as_get),
        ("proxy_cache_lock", lock.is_some()),
    ];
    lines.extend(switches.iter().map(|(name, on)| Item::switch(name, *on)));
    if let Some(CacheLock { timeout, age }) = lock {
        lines.push(Item::new("proxy_cache_lock_timeout", [word::time(*timeout)], *origin));
        lines.push(Item::new("proxy_cache_lock_age", [word::time(*age)], *origin));
    }
    lines.push(Item::one("proxy_cache_max_range_offset", word::size(*most_offset)));
    lines
}

/// What requests for a place remove.
pub(super) fn purge_place(section: &Section, names: &Names<'_>) -> Option<Item> {
    let Serve::Purge(place) = &section.serve else { return None };
    let PurgePlace { store, key, origin } = &**place;
    Some(
        zone(store, names)
            .map_or_else(|| lost("a cache", *origin), |zone| Item::new(PURGE, [zone, word::template(key)], *origin)),
    )
}

fn zone(store: &CacheChoice, names: &Names<'_>) -> Option<Word> {
    match store {
        CacheChoice::Named(name) => Some(word::template(name)),
        CacheChoice::Store(index) => names.cache_stores().get(*index).map(|store| word::text(&store.name)),
    }
}

fn by_method(method: &PurgeMethod) -> Item {
    let PurgeMethod { method, all, from, origin } = method;
    let all = all.then(|| word::text("purge_all"));
    let words = [word::text(method)].into_iter().chain(all).chain([word::text("from")]);
    Item::new(PURGE, words.chain(from.iter().map(access::who)), *origin)
}

fn conditions(name: &str, templates: &[Template], origin: Origin) -> Item {
    let never = templates.is_empty().then(|| word::text("0"));
    Item::new(name, templates.iter().map(word::template).chain(never), origin)
}

fn use_stale(when: &[Trouble], updating: bool, origin: Origin) -> Item {
    let off = (when.is_empty() && !updating).then(|| Ok("off".to_owned()));
    let words = when.iter().copied().map(super::proxy::trouble).chain(updating.then(|| Ok("updating".to_owned())));
    Item::new("proxy_cache_use_stale", words.chain(off), origin)
}
