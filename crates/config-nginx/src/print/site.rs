//! Sites: where they are reached, their names, how their requests are read.

use std::net::SocketAddr;
use std::time::Duration;

use diagnostic::Origin;
use model::{
    Choice, HeadReading, ListenAddress, Listener, ListenerOptions, Section, Site, SiteId, SiteName, SocketKeepAlive,
};

use super::aliasing::{Kind, Place};
use super::http::Scope;
use super::item::Item;
use super::level::{Level, Setting};
use super::section::{self, single, switch};
use super::word::{self, Word};
use super::{location, names as resolving, ocsp, script};
use crate::table::SERVER;

/// A site with all that stands in it; `None` if it is reached through no address.
pub(super) fn level(site: &Site, id: SiteId, scope: &Scope<'_>) -> Option<Level> {
    let Site {
        names,
        primary_name,
        script,
        locations,
        choice,
        section,
        head: _,
        merge_slashes: _,
        escaped_slashes,
        http2: _,
        tls,
        tally,
        origin,
    } = site;
    let mut head: Vec<Item> = scope
        .http
        .listeners
        .iter()
        .filter(|listener| listener.sites.contains(&id))
        .map(|found| listen(found, id))
        .collect();
    if head.is_empty() {
        return None;
    }
    head.extend(self::names(names, primary_name, *origin));
    if *choice == Choice::First && locations.len() > 1 {
        head.push(Item::unsaid("the first location that fits takes a path, not the one that fits best", *origin));
    }
    if *escaped_slashes == model::EscapedSlashes::Refused {
        head.push(Item::Gap);
        head.push(script::refusal(model::ESCAPED_SLASH));
        head.push(Item::Gap);
    }
    if *escaped_slashes == model::EscapedSlashes::Kept {
        head.push(Item::unsaid("escaped slashes stay escaped", *origin));
    }
    head.extend(tally.as_ref().map(|name| Item::new("status_zone", [super::word::text(name)], *origin)));
    head.extend(tls.iter().flat_map(|tls| super::issuing::orders(tls, scope.http)));
    head.extend(tls.iter().flat_map(|tls| super::tls::items(tls)));
    let place = Place { name: String::new(), kind: Kind::Around };
    let mut level = Level::new("server", Vec::new(), SERVER, place);
    level.head = head;
    let forwards = scope.used && site.only_forwards();
    // Where each request is forwarded, the fields of none are changed here.
    let request_edits = if forwards { Vec::new() } else { section.request_edits.clone() };
    location::fill(&mut level, &Section { request_edits, ..section.clone() }, scope);
    level.settings.extend(settings(site));
    if let Some(names) = tls.as_deref().and_then(ocsp::Names::of) {
        level.settings.extend(resolving::settings(names.resolver()));
        level.head.extend(names.unsaid());
    }
    level.settings.push(section::root(section));
    if forwards {
        location::forget_files(&mut level);
    }
    level.head.extend(super::location::status_page(section));
    level.head.extend(section::try_files(section));
    level.script = script::steps(script, &level.place, scope);
    level.children = location::levels(locations, scope);
    Some(level)
}

/// What holds before a location is chosen.
pub(super) fn settings(site: &Site) -> Vec<Setting> {
    let HeadReading { buffer, large_count, large_size, max_line, timeout, drop_invalid, underscores, max_fields } =
        &site.head;
    let line = if max_line.0 == 0 {
        Ok(word::size(*large_size))
    } else {
        Err(format!("a limit of {} bytes for request lines alone", max_line.0))
    };
    let large = [Ok(large_count.to_string()), line];
    vec![
        single("client_header_buffer_size", Ok(word::size(*buffer))),
        Setting::one("large_client_header_buffers", Item::new("large_client_header_buffers", large, Origin::default())),
        single("client_header_timeout", word::time(*timeout)),
        switch("ignore_invalid_headers", *drop_invalid),
        switch("underscores_in_headers", *underscores),
        single("max_headers", Ok(max_fields.to_string())),
        switch("merge_slashes", site.merge_slashes),
        switch("http2", site.http2.offered),
        single("http2_max_concurrent_streams", Ok(site.http2.streams.to_string())),
        single("http2_body_preread_size", Ok(word::size(site.http2.window))),
    ]
}

fn listen(listener: &Listener, site: SiteId) -> Item {
    let Listener { address, options, tls, http2, sites, default_site, origin } = listener;
    let address = match address {
        ListenAddress::Inet(SocketAddr::V4(address)) if address.ip().is_unspecified() => Ok(address.port().to_string()),
        ListenAddress::Inet(address) => Ok(address.to_string()),
        ListenAddress::Unix(path) => word::text(&format!("unix:{}", path.display())),
    };
    let mut words = vec![address];
    let first = sites.iter().min() == Some(&site);
    if *default_site == site && !first {
        words.push(Ok("default_server".to_owned()));
    }
    if *tls {
        words.push(Ok("ssl".to_owned()));
    }
    if *http2 {
        words.push(Ok("http2".to_owned()));
    }
    // Options are written once, where the address stands first.
    if first {
        words.extend(listener_options(options));
    }
    Item::new("listen", words, *origin)
}

fn listener_options(options: &ListenerOptions) -> Vec<Word> {
    let ListenerOptions {
        backlog,
        reuse_port,
        ipv6_only,
        receive_buffer,
        send_buffer,
        deferred,
        fast_open,
        keep_alive,
        proxy_protocol,
    } = options;
    let flag = |on: bool, word: &str| on.then(|| Ok(word.to_owned()));
    let switch = |on: bool| if on { "on" } else { "off" };
    let words = [
        flag(*proxy_protocol, "proxy_protocol"),
        backlog.map(|length| Ok(format!("backlog={length}"))),
        receive_buffer.map(|size| Ok(format!("rcvbuf={}", word::size(size)))),
        send_buffer.map(|size| Ok(format!("sndbuf={}", word::size(size)))),
        flag(*deferred, "deferred"),
        fast_open.map(|length| Ok(format!("fastopen={length}"))),
        ipv6_only.map(|only| Ok(format!("ipv6only={}", switch(only)))),
        flag(*reuse_port, "reuseport"),
        keep_alive.map(socket_keep_alive),
    ];
    words.into_iter().flatten().collect()
}

fn socket_keep_alive(probes: SocketKeepAlive) -> Word {
    let SocketKeepAlive { enabled, idle, interval, count } = probes;
    let time = |time: Option<Duration>| time.map_or(Ok(String::new()), word::seconds);
    let any = idle.is_some() || interval.is_some() || count.is_some();
    Ok(match (enabled, any) {
        (true, false) => "so_keepalive=on".to_owned(),
        (false, false) => "so_keepalive=off".to_owned(),
        (true, true) => {
            let count = count.map(|count| count.to_string()).unwrap_or_default();
            format!("so_keepalive={}:{}:{count}", time(idle)?, time(interval)?)
        }
        (false, true) => return Err("times of keepalive probes that are not sent".to_owned()),
    })
}

/// `server_name`, the name that is used where one is needed first.
fn names(names: &[SiteName], primary: &str, origin: Origin) -> Vec<Item> {
    let is_primary = |name: &&SiteName| shown(name).as_deref() == Some(primary);
    let first = names.iter().position(|name| is_primary(&name));
    let mut ordered: Vec<&SiteName> = names.iter().collect();
    if let Some(first) = first {
        let name = ordered.remove(first);
        ordered.insert(0, name);
    }
    let mut items = Vec::new();
    if !matches!(names, [SiteName::Exact(name)] if name.is_empty()) {
        items.push(if names.is_empty() {
            Item::unsaid("a server without a name, not even the empty one", origin)
        } else {
            Item::new("server_name", ordered.into_iter().map(name), origin)
        });
    }
    if first.is_none() {
        items.push(Item::unsaid(format!("`$server_name` is {primary}, to which no request is matched"), origin));
    }
    items
}

fn name(name: &SiteName) -> Word {
    match name {
        SiteName::Exact(name) if name.starts_with('~') => Err(format!("a name like {name}")),
        SiteName::Exact(_) | SiteName::Leading { .. } | SiteName::Trailing(_) => word::text(&written(name)),
        SiteName::Regex(pattern) => {
            let capitals = pattern.expression.bytes().any(|byte| byte.is_ascii_uppercase());
            match (pattern.ignore_case, capitals) {
                (true, false) => word::text(&format!("~(?i){}", pattern.expression)),
                (false, true) => Err(format!("a name with capitals: {}", pattern.expression)),
                _ => word::text(&written(name)),
            }
        }
    }
}

/// A name as it is written.
pub(super) fn written(name: &SiteName) -> String {
    match name {
        SiteName::Exact(name) => name.clone(),
        SiteName::Leading { suffix, bare: true } => format!(".{suffix}"),
        SiteName::Leading { suffix, bare: false } => format!("*.{suffix}"),
        SiteName::Trailing(prefix) => format!("{prefix}.*"),
        SiteName::Regex(pattern) => format!("~{}", pattern.expression),
    }
}

/// What the name is where it is the first.
fn shown(name: &SiteName) -> Option<String> {
    let written = written(name);
    Some(match name {
        SiteName::Leading { bare: true, .. } => written.strip_prefix('.')?.to_owned(),
        SiteName::Exact(_) | SiteName::Leading { .. } | SiteName::Trailing(_) | SiteName::Regex(_) => written,
    })
}
