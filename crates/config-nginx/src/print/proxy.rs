//! How requests are forwarded, as settings; where to, as `proxy_pass`.

use diagnostic::Origin;
use model::{
    Bind, Buffering, ByteSize, CookieFlags, CookieRule, CookieRules, Destination, FiledAnswers, Http, NextUpstream,
    PassedFields, Proxy, ProxyTimeouts, Scheme, ServerAddress, SetField, Target, Template, TextMatch, Trouble,
};

use super::http::Names;
use super::item::Item;
use super::level::{Forwarding, Setting};
use super::names;
use super::rules::prefix;
use super::section::{rate, single, switch};
use super::upstream_tls;
use super::word::{self, Word};
use crate::modules::{address, gateway, proxy as language};

/// What a proxy says, but for where requests go and which answers' `Location` is replaced.
pub(super) fn settings(proxy: &Proxy, names: &Names<'_>) -> Vec<Setting> {
    let Proxy {
        target,
        tls,
        resolver,
        version,
        gateway,
        for_files: _,
        method,
        set_fields,
        pass_request_fields,
        pass_request_body,
        body,
        fields,
        redirects: _,
        cookies,
        buffering,
        limit_rate,
        intercept_errors,
        intercepted,
        timeouts,
        ignore_client_abort,
        next,
        bind,
        socket_keep_alive,
        force_ranges,
        pass_trailers,
        early_hints,
        cache,
        filed,
        origin: _,
    } = proxy;
    let version = match version {
        10 => Ok("1.0".to_owned()),
        11 => Ok("1.1".to_owned()),
        20 => Ok("2".to_owned()),
        other => Err(format!("the version {}.{}", other / 10, other % 10)),
    };
    let mut settings = vec![
        single("proxy_http_version", version),
        optional("proxy_method", method.as_ref()),
        self::set_fields(set_fields),
        switch("proxy_pass_request_headers", *pass_request_fields),
        switch("proxy_pass_request_body", *pass_request_body),
        optional("proxy_set_body", body.as_ref()),
    ];
    settings.extend(passed(fields, if gateway.is_some() { &gateway::HIDDEN } else { &language::HIDDEN }));
    settings.extend(self::cookies(cookies));
    settings.extend(self::buffering(buffering));
    settings.push(rate("proxy_limit_rate", limit_rate.as_ref()));
    settings.push(self::intercept(*intercept_errors, intercepted));
    settings.extend(self::timeouts(*timeouts));
    settings.push(switch("proxy_ignore_client_abort", *ignore_client_abort));
    settings.extend(self::next(next));
    settings.push(self::bind(bind.as_ref()));
    settings.push(switch("proxy_socket_keepalive", *socket_keep_alive));
    settings.push(switch("proxy_force_ranges", *force_ranges));
    settings.push(switch("proxy_pass_trailers", *pass_trailers));
    settings.push(optional("early_hints", early_hints.as_ref()));
    settings.extend(super::cache::settings(cache.as_deref(), names));
    settings.extend(self::filed(filed.as_deref()));
    settings.extend(tls.as_deref().map(upstream_tls::settings).unwrap_or_default());
    if target.is_evaluated() || resolver.is_some() {
        settings.extend(names::settings(resolver.as_ref()));
    }
    settings
}

/// Answers that are written into files.
fn filed(filed: Option<&FiledAnswers>) -> [Setting; 2] {
    let (path, access) = match filed {
        None => (Item::one("proxy_store", "off"), None),
        Some(FiledAnswers { path, mode, origin }) => {
            let path = path.as_ref().map_or_else(|| Ok("on".to_owned()), word::template);
            let parts = [("user", 6), ("group", 3), ("all", 0)].into_iter().filter_map(|(name, shift)| {
                let rights = match mode >> shift & 6 {
                    6 => "rw",
                    4 => "r",
                    _ => return None,
                };
                Some(Ok(format!("{name}:{rights}")))
            });
            (Item::new("proxy_store", [path], *origin), Some(Item::new("proxy_store_access", parts, *origin)))
        }
    };
    [Setting::one("proxy_store", path), Setting::maybe("proxy_store_access", access, None)]
}

/// A value that is not there unless it is written.
fn optional(name: &'static str, value: Option<&Template>) -> Setting {
    Setting::maybe(name, value.map(|value| Item::new(name, [word::template(value)], value.origin)), None)
}

/// As few fields as yield all: the others are what is sent anyway.
fn set_fields(fields: &[SetField]) -> Setting {
    const NAME: &str = "proxy_set_header";
    let lines = |fields: &[SetField]| -> Vec<Item> {
        let line = |SetField { name, value, origin }: &SetField| {
            Item::new(NAME, [word::text(name), word::template(value)], *origin)
        };
        fields.iter().map(line).collect()
    };
    // The order of different fields means nothing, nor does leaving out what is never passed on.
    let effect = |fields: &[SetField]| {
        let mut fields: Vec<SetField> = fields.to_vec();
        fields.retain(|field| !language::is_idle(field));
        fields.sort_by_key(|field| field.name.to_ascii_lowercase());
        lines(&fields)
    };
    let all = effect(fields);
    let yields = |some: &[SetField]| effect(&language::complete_fields(some)) == all;
    let mut least = fields.to_vec();
    if !yields(&least) {
        let mut lines = lines(&least);
        lines.push(Item::unsaid("a request without a `Host` of its own", Origin::default()));
        return Setting::many(NAME, lines, Vec::new());
    }
    for index in (0..fields.len()).rev() {
        let mut fewer = least.clone();
        fewer.remove(index);
        if yields(&fewer) {
            least = fewer;
        }
    }
    // Where others are inherited, at least one must be written to have none of them.
    let none =
        least.is_empty().then(|| vec![Item::new(NAME, [Ok("TE".to_owned()), word::text("")], Origin::default())]);
    Setting::many(NAME, lines(&least), none.unwrap_or_default())
}

/// `usual`: the names of fields that are not passed where nothing is said.
fn passed(fields: &PassedFields, usual: &[&str]) -> Vec<Setting> {
    let PassedFields { hidden, ignored, added } = fields;
    let line = |directive: &'static str| move |name: &String| Item::one(directive, word::quote(name));
    let is_usual = |name: &&String| usual.contains(&name.as_str());
    let mut hide: Vec<Item> = hidden.iter().filter(|name| !is_usual(name)).map(line("proxy_hide_header")).collect();
    let unsaid = |field: &SetField| Item::unsaid(format!("answers get the field `{}`", field.name), field.origin);
    hide.extend(added.iter().map(unsaid));
    let pass = usual.iter().map(|name| (*name).to_owned()).filter(|name| !hidden.contains(name));
    let pass: Vec<Item> = pass.collect::<Vec<_>>().iter().map(line("proxy_pass_header")).collect();
    // A list of one's own with nothing new in it.
    let known = if usual.contains(&"x-pad") { "X-Pad" } else { "Status" };
    let hide_none = vec![Item::one("proxy_hide_header", known)];
    let pass_none = vec![Item::one("proxy_pass_header", "Content-Type")];
    let names = ignored.iter().map(|name| Ok(word::quote(name)));
    let ignore = (!ignored.is_empty()).then(|| Item::new("proxy_ignore_headers", names, Origin::default()));
    vec![
        Setting::many("proxy_hide_header", hide, hide_none),
        Setting::many("proxy_pass_header", pass, pass_none),
        Setting::maybe("proxy_ignore_headers", ignore, None),
    ]
}

fn cookies(rules: &CookieRules) -> Vec<Setting> {
    let CookieRules { domains, paths, flags, whole } = rules;
    let whole = (*whole && !(domains.is_empty() && paths.is_empty()))
        .then(|| Item::unsaid("paths and domains of cookies are replaced as a whole", Origin::default()));
    let setting = |name: &'static str, lines: Vec<Item>| {
        let undo = if lines.is_empty() { vec![Item::one(name, "off")] } else { Vec::new() };
        Setting::many(name, lines, undo)
    };
    vec![
        setting("proxy_cookie_domain", domains.iter().map(cookie_domain).collect()),
        setting("proxy_cookie_path", paths.iter().map(cookie_path).chain(whole).collect()),
        setting("proxy_cookie_flags", flags.iter().map(cookie_flags).collect()),
    ]
}

fn cookie_domain(CookieRule { from, to }: &CookieRule) -> Item {
    // One leading dot is not read.
    let dotted = |template: &Template| {
        let raw = word::raw(template)?;
        Ok(word::quote(&if raw.starts_with('.') { format!(".{raw}") } else { raw }))
    };
    match from {
        TextMatch::Text(text) => {
            let from = prefix(text).and_then(|_| dotted(text));
            Item::new("proxy_cookie_domain", [from, dotted(to)], text.origin)
        }
        TextMatch::Regex(pattern) => {
            let words = [word::matching_any_case(pattern), word::template(to)];
            Item::new("proxy_cookie_domain", words, pattern.origin)
        }
    }
}

fn cookie_path(CookieRule { from, to }: &CookieRule) -> Item {
    let (from, origin) = match from {
        TextMatch::Text(text) => (prefix(text), text.origin),
        TextMatch::Regex(pattern) => (word::matching(pattern), pattern.origin),
    };
    Item::new("proxy_cookie_path", [from, word::template(to)], origin)
}

fn cookie_flags(CookieFlags { cookie, flags }: &CookieFlags) -> Item {
    let (cookie, origin) = match cookie {
        TextMatch::Text(text) => (prefix(text), text.origin),
        TextMatch::Regex(pattern) => (word::matching_any_case(pattern), pattern.origin),
    };
    let cookie = cookie.and_then(|cookie| match flags.len() {
        1..=3 => Ok(cookie),
        count => Err(format!("{count} flags at once for {cookie}")),
    });
    Item::new("proxy_cookie_flags", [cookie].into_iter().chain(flags.iter().map(word::template)), origin)
}

/// nginx replaces whichever answers an `error_page` is for.
fn intercept(on: bool, statuses: &[u16]) -> Setting {
    const NAME: &str = "proxy_intercept_errors";
    if !on || statuses.is_empty() {
        return switch(NAME, on);
    }
    let lines = vec![Item::unsaid("only some errors are replaced", Origin::default())];
    Setting::many(NAME, lines, vec![Item::one(NAME, "off")])
}

fn buffering(buffering: &Buffering) -> Vec<Setting> {
    let Buffering { response, request, head, memory, file, temp_directory } = buffering;
    let mut settings = vec![
        switch("proxy_buffering", *response),
        switch("proxy_request_buffering", *request),
        single("proxy_buffer_size", Ok(word::size(*head))),
    ];
    settings.extend(buffers(*head, *memory));
    settings.push(single("proxy_max_temp_file_size", Ok(word::size(*file))));
    settings.push(single("proxy_temp_path", word::path(temp_directory)));
    settings
}

/// A number of buffers of one size that hold so much, and fit nginx's rules for their sizes.
fn buffers(ByteSize(head): ByteSize, ByteSize(memory): ByteSize) -> [Setting; 2] {
    const NAME: &str = "proxy_buffers";
    const BUSY: &str = "proxy_busy_buffers_size";
    let eighth = Some(memory / 8).filter(|size| size.is_multiple_of(4096)).unwrap_or_default();
    let sizes = [eighth, 4096, 8192, 16384, 32768, 65536, memory / 8, memory / 4, memory / 2, 1024, 512, 1];
    let whole = || sizes.into_iter().filter(|&size| size > 0 && memory.is_multiple_of(size) && memory / size >= 2);
    let room = |size: u64| (memory / size - 1) * size;
    let twice = |size: u64| head.max(size).saturating_mul(2);
    let easy = whole().find(|&size| twice(size) <= room(size));
    let Some(size) = easy.or_else(|| whole().find(|&size| head.max(size) <= room(size))) else {
        let what = format!("{NAME}: {memory} bytes where a head may have {head}");
        return [
            Setting::one(NAME, Item::unsaid(what, Origin::default())),
            Setting::many(BUSY, Vec::new(), Vec::new()),
        ];
    };
    let count = Ok((memory / size).to_string());
    let buffers = Item::new(NAME, [count, Ok(word::size(ByteSize(size)))], Origin::default());
    let busy = Item::one(BUSY, word::size(ByteSize(twice(size).min(room(size)))));
    let (lines, undo) = if easy.is_some() { (Vec::new(), vec![busy]) } else { (vec![busy], Vec::new()) };
    [Setting::one(NAME, buffers), Setting::many(BUSY, lines, undo)]
}

fn timeouts(ProxyTimeouts { connect, send, read }: ProxyTimeouts) -> [Setting; 3] {
    [
        single("proxy_connect_timeout", word::time(connect)),
        single("proxy_send_timeout", word::time(send)),
        single("proxy_read_timeout", word::time(read)),
    ]
}

fn next(next: &NextUpstream) -> [Setting; 3] {
    let NextUpstream { when, non_idempotent, timeout, tries } = next;
    let off = when.is_empty().then(|| Ok("off".to_owned()));
    let repeat = non_idempotent.then(|| Ok("non_idempotent".to_owned()));
    let words = off.into_iter().chain(when.iter().copied().map(trouble)).chain(repeat);
    [
        Setting::one("proxy_next_upstream", Item::new("proxy_next_upstream", words, Origin::default())),
        single("proxy_next_upstream_timeout", word::time(*timeout)),
        single("proxy_next_upstream_tries", Ok(tries.to_string())),
    ]
}

/// Trouble with a server, by name.
pub(super) fn trouble(trouble: Trouble) -> Word {
    match trouble {
        Trouble::Error => Ok("error".to_owned()),
        Trouble::Timeout => Ok("timeout".to_owned()),
        Trouble::InvalidHeader => Ok("invalid_header".to_owned()),
        Trouble::Unreachable => Err("another try only where nothing could be sent".to_owned()),
        Trouble::Status(status @ (403 | 404 | 429 | 500 | 502 | 503 | 504)) => Ok(format!("http_{status}")),
        Trouble::Status(status) => Err(format!("another try after {status}")),
    }
}

fn bind(bind: Option<&Bind>) -> Setting {
    let Some(Bind { address, transparent }) = bind else {
        return single("proxy_bind", Ok("off".to_owned()));
    };
    let transparent = transparent.then(|| Ok("transparent".to_owned()));
    let words = [word::template(address)].into_iter().chain(transparent);
    Setting::one("proxy_bind", Item::new("proxy_bind", words, address.origin))
}

impl Forwarding {
    /// Where a proxy forwards to.
    pub(super) fn of(proxy: &Proxy, http: &Http) -> Self {
        let redirects = proxy.redirects.clone();
        match &proxy.target {
            Target::Variable(template) => {
                let word = match template.as_text() {
                    Some(text) => Err(format!("{text} looked up for each request")),
                    None => word::template(template),
                };
                Self { target: vec![Item::new("proxy_pass", [word], proxy.origin)], url: None, redirects }
            }
            Target::Server(_) => {
                let word = Err("a server that is looked up for each request, whatever its protocol".to_owned());
                Self { target: vec![Item::new("proxy_pass", [word], proxy.origin)], url: None, redirects }
            }
            Target::Computed { scheme, authority, destination, target } => {
                let (server, told) = server(*scheme, destination, authority, http);
                let scheme = scheme.name();
                let word = match word::raw(target) {
                    Ok(path) if told == *authority => Ok(word::quote(&format!("{scheme}://{server}{path}"))),
                    Ok(_) => Err(format!("`$proxy_host` is {authority}, though {server} is asked")),
                    Err(why) => Err(why),
                };
                Self { target: vec![Item::new("proxy_pass", [word], proxy.origin)], url: None, redirects }
            }
            Target::Fixed { scheme, authority, destination, path } => {
                let (server, told) = server(*scheme, destination, authority, http);
                let scheme = scheme.name();
                let url = format!("{scheme}://{server}{}", path.as_deref().unwrap_or_default());
                let mut target = vec![Item::new("proxy_pass", [word::literal(&url)], proxy.origin)];
                if told != *authority {
                    let message = format!("proxy_pass: `$proxy_host` is {authority}, though {server} is asked");
                    target.push(Item::unsaid(message, proxy.origin));
                }
                Self { target, url: Some((url, path.is_some())), redirects }
            }
        }
    }
}

/// The server's part of a URL, and what `Host` says then.
pub(super) fn server(scheme: Scheme, destination: &Destination, authority: &str, http: &Http) -> (String, String) {
    let group = |name: &str| http.groups.iter().find(|group| group.name.eq_ignore_ascii_case(name));
    match destination {
        Destination::Group(id) => {
            let found = usize::try_from(id.0).ok().and_then(|index| http.groups.get(index));
            let name = found.map(|group| group.name.clone()).unwrap_or_default();
            // Its name in whatever case it was written.
            let name = if name.eq_ignore_ascii_case(authority) { authority.to_owned() } else { name };
            (name.clone(), name)
        }
        Destination::Server(ServerAddress::Unix(path)) => (format!("unix:{}:", path.display()), "localhost".to_owned()),
        Destination::Server(address @ ServerAddress::Host { host, port }) => {
            let told = authority_of(scheme, host, *port);
            // As it was written, unless that names a group.
            let as_told = address::server(authority, scheme.default_port()).is_ok_and(|found| found == *address);
            let written = if as_told { authority.to_owned() } else { told.clone() };
            // The name of a group with a port is no group.
            if group(&written).is_some() { (format!("{host}:{port}"), told) } else { (written.clone(), written) }
        }
    }
}

/// Host and port as `Host` has them.
pub(super) fn authority_of(scheme: Scheme, host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == scheme.default_port() { host } else { format!("{host}:{port}") }
}

/// An address as it is written for a server of a group.
pub(super) fn address(address: &ServerAddress) -> Word {
    match address {
        ServerAddress::Unix(path) => word::literal(&format!("unix:{}", path.display())),
        ServerAddress::Host { host, port } => word::literal(&authority_of(Scheme::Http, host, *port)),
    }
}
