//! Limits, true addresses, and where requests and links come from.

use diagnostic::Origin;
use model::{
    AddressSource, ClientAddress, CountLimit, CountZone, Level, Limits, RateLimit, RateZone, Referers, SecureLink,
    Trusted,
};

use super::http::Names;
use super::item::Item;
use super::level::Setting;
use super::section::{single, switch};
use super::site;
use super::word::{self, Word};

/// Named tables of rates and counts.
pub(super) fn zones(rates: &[RateZone], counts: &[CountZone]) -> Vec<Item> {
    let rate = |zone: &RateZone| {
        let RateZone { name, key, size, rate, origin } = zone;
        let named = word::text(&format!("zone={name}:{}", word::size(*size)));
        Item::new("limit_req_zone", [word::template(key), named, self::rate(*rate)], *origin)
    };
    let count = |zone: &CountZone| {
        let CountZone { name, key, size, origin } = zone;
        let named = word::text(&format!("zone={name}:{}", word::size(*size)));
        Item::new("limit_conn_zone", [word::template(key), named], *origin)
    };
    rates.iter().map(rate).chain(counts.iter().map(count)).collect()
}

/// Requests in a thousand seconds, a second or a minute.
fn rate(rate: u64) -> Word {
    let minute = rate.saturating_mul(60);
    if rate.is_multiple_of(1000) {
        return Ok(format!("rate={}r/s", rate / 1000));
    }
    // The language's rates are whole numbers a minute, of which a part may be lost.
    let whole = minute.div_ceil(1000);
    if whole * 1000 / 60 == rate { Ok(format!("rate={whole}r/m")) } else { Err(format!("a rate of {rate} in 1000 s")) }
}

/// Limits of the rate.
pub(super) fn rates(rates: Option<&Limits<RateLimit>>, names: &Names<'_>) -> Vec<Setting> {
    let Some(Limits { limits, status, level, dry_run }) = rates else {
        return vec![Setting::many("limit_req", Vec::new(), Vec::new())];
    };
    let limit = |limit: &RateLimit| {
        let RateLimit { zone, burst, delay } = limit;
        let Some(zone) = names.rate_zones().get(*zone) else { return super::http::lost("a zone", Origin::default()) };
        let burst = (*burst > 0).then(|| Ok(format!("burst={burst}")));
        let delay = match delay {
            Some(0) => None,
            Some(delay) => Some(Ok(format!("delay={delay}"))),
            None => Some(Ok("nodelay".to_owned())),
        };
        Item::new(
            "limit_req",
            [word::text(&format!("zone={}", zone.name))].into_iter().chain(burst).chain(delay),
            zone.origin,
        )
    };
    let mut settings = vec![Setting::many("limit_req", limits.iter().map(limit).collect(), Vec::new())];
    settings.extend(of_rates(*status, *level, *dry_run));
    settings
}

fn of_rates(status: u16, level: Level, dry_run: bool) -> [Setting; 3] {
    [
        single("limit_req_status", Ok(status.to_string())),
        single("limit_req_log_level", self::level(level)),
        switch("limit_req_dry_run", dry_run),
    ]
}

/// Limits of the number.
pub(super) fn counts(counts: Option<&Limits<CountLimit>>, names: &Names<'_>) -> Vec<Setting> {
    let Some(Limits { limits, status, level, dry_run }) = counts else {
        return vec![Setting::many("limit_conn", Vec::new(), Vec::new())];
    };
    let limit = |limit: &CountLimit| {
        let CountLimit { zone, most } = limit;
        let Some(zone) = names.count_zones().get(*zone) else { return super::http::lost("a zone", Origin::default()) };
        Item::new("limit_conn", [word::text(&zone.name), Ok(most.to_string())], zone.origin)
    };
    let mut settings = vec![Setting::many("limit_conn", limits.iter().map(limit).collect(), Vec::new())];
    settings.extend(of_counts(*status, *level, *dry_run));
    settings
}

fn of_counts(status: u16, level: Level, dry_run: bool) -> [Setting; 3] {
    [
        single("limit_conn_status", Ok(status.to_string())),
        single("limit_conn_log_level", self::level(level)),
        switch("limit_conn_dry_run", dry_run),
    ]
}

fn level(level: Level) -> Word {
    match level {
        Level::Info => Ok("info".to_owned()),
        Level::Notice => Ok("notice".to_owned()),
        Level::Warning => Ok("warn".to_owned()),
        Level::Error => Ok("error".to_owned()),
        Level::Emergency | Level::Alert | Level::Critical | Level::Debug => Err("another level than error".to_owned()),
    }
}

/// Whom proxies speak for.
pub(super) fn client_address(rule: Option<&ClientAddress>) -> Vec<Setting> {
    let Some(ClientAddress { trusted, source, recursive, consumes, outer }) = rule else {
        return vec![Setting::many("set_real_ip_from", Vec::new(), Vec::new())];
    };
    let proxy = |trusted: &Trusted| match trusted {
        Trusted::Network(network) => Item::one("set_real_ip_from", format!("{}/{}", network.address, network.prefix)),
        Trusted::Unix => Item::one("set_real_ip_from", "unix:"),
        Trusted::Host { name, origin } => Item::new("set_real_ip_from", [word::text(name)], *origin),
    };
    let source = match source {
        AddressSource::Field(name) if ["X-Forwarded-For", "proxy_protocol"].contains(&name.as_str()) => {
            Err(format!("a single address in a field called {name}"))
        }
        AddressSource::Field(name) => word::text(name),
        AddressSource::ForwardedFor => Ok("X-Forwarded-For".to_owned()),
        AddressSource::ProxyProtocol => Ok("proxy_protocol".to_owned()),
    };
    let mut from: Vec<Item> = trusted.iter().map(proxy).collect();
    if *consumes {
        from.push(Item::unsaid("what is believed is taken out of the field", Origin::default()));
    }
    if !outer.is_empty() {
        from.push(Item::unsaid("proxies that are not believed when they tell of private addresses", Origin::default()));
    }
    vec![
        Setting::many("set_real_ip_from", from, Vec::new()),
        single("real_ip_header", source),
        switch("real_ip_recursive", *recursive),
    ]
}

/// Where requests may come from.
pub(super) fn referers(referers: Option<&Referers>) -> Setting {
    let item = referers.map(|referers| {
        let Referers { none, blocked, site, hosts, patterns } = referers;
        let flag = |on: bool, word: &str| on.then(|| Ok(word.to_owned()));
        let flags = [flag(*none, "none"), flag(*blocked, "blocked"), flag(*site, "server_names")];
        let hosts = hosts
            .iter()
            .map(|(name, path)| word::text(&format!("{}{}", site::written(name), path.as_deref().unwrap_or_default())));
        let patterns = patterns.iter().map(word::matching_any_case);
        let words = flags.into_iter().flatten().chain(hosts).chain(patterns);
        Item::new("valid_referers", words, Origin::default())
    });
    Setting::maybe("valid_referers", item, None)
}

/// How links prove who made them.
pub(super) fn secure_link(link: Option<&SecureLink>) -> Vec<Setting> {
    let (mut value_item, mut of_item, mut word_item) = (None, None, None);
    match link {
        Some(SecureLink::Digest { value, of }) => {
            value_item = Some(Item::new("secure_link", [word::template(value)], value.origin));
            of_item = Some(Item::new("secure_link_md5", [word::template(of)], of.origin));
        }
        Some(SecureLink::Word(word)) => {
            word_item = Some(Item::new("secure_link_secret", [word::text(word)], Origin::default()));
        }
        None => {}
    }
    let lines = [value_item, of_item, word_item].into_iter().flatten().collect();
    vec![Setting::many("secure_link", lines, Vec::new())]
}

/// What holds where nothing is written.
pub(super) fn usual() -> Vec<Setting> {
    let mut settings = Vec::from(of_rates(503, Level::Error, false));
    settings.extend(of_counts(503, Level::Error, false));
    settings.push(single("real_ip_header", Ok("X-Real-IP".to_owned())));
    settings.push(switch("real_ip_recursive", false));
    settings
}
