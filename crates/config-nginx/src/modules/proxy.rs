//! The directives of `ngx_http_proxy_module`: forwarding requests.

pub(crate) mod cache;
pub(crate) mod purge;
mod rules;
mod settings;
pub(crate) mod store;
pub(crate) mod target;

use diagnostic::Diagnostic;
use model::{Bind, SetField, Trouble};

use super::http_core::client::temp_path;
use super::http_core::connection::rate;
use super::{upstream_ssl, verify};
use crate::lower::Lowering;
use crate::lower::slot::{List, Slot};
use crate::table::{
    HTTP, IF_LOCATION, LEVELS, LIMIT_EXCEPT, LOCATION, Module, Outcome, Row, at_least, between, no_effect, pending,
    row, take,
};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) use settings::{HIDDEN, ProxySettings, complete_fields, is_idle};

pub(crate) static MODULE: Module = Module { name: "ngx_http_proxy_module", rows: ROWS };

const HASH: &str = "tables size themselves";

const ROWS: &[Row] = &[
    row("proxy_bind", LEVELS, between(1, 2), |_, v, d| bind(&mut v.proxy.shared.bind, d)),
    row("proxy_buffer_size", LEVELS, take(1), |_, v, d| v.proxy.shared.buffer_size.size(d)),
    row("proxy_buffering", LEVELS, take(1), |_, v, d| v.proxy.shared.buffering.flag(d)),
    row("proxy_buffers", LEVELS, take(2), |_, v, d| v.proxy.shared.buffers.put(d, verify::buffers(d)?)),
    row("proxy_busy_buffers_size", LEVELS, take(1), |_, v, d| v.proxy.shared.busy_size.size(d)),
    row("proxy_cache", LEVELS, take(1), |_, v, d| store::cache(&mut v.proxy.shared, d)),
    row("proxy_cache_background_update", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.background.flag(d)),
    row("proxy_cache_bypass", LEVELS, at_least(1), |_, v, d| cache::conditions(&mut v.proxy.shared.cache.bypass, d)),
    row("proxy_cache_convert_head", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.head_as_get.flag(d)),
    row("proxy_cache_key", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.key.template(d)),
    row("proxy_cache_lock", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.lock.flag(d)),
    row("proxy_cache_lock_age", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.lock_age.time(d)),
    row("proxy_cache_lock_timeout", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.lock_timeout.time(d)),
    row("proxy_cache_max_range_offset", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.most_offset.offset(d)),
    row("proxy_cache_methods", LEVELS, at_least(1), |_, v, d| v.proxy.shared.cache.methods(d)),
    row("proxy_cache_min_uses", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.least_uses.small_number(d)),
    row("proxy_cache_path", HTTP, at_least(2), cache::path).partial(cache::PATH),
    row("proxy_cache_purge", LEVELS, at_least(1), |l, v, d| purge::purge(l, v, |v| &mut v.proxy.shared.cache, d)),
    row("proxy_cache_revalidate", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.revalidate.flag(d)),
    row("proxy_cache_rules", LEVELS, take(1), |_, v, d| v.proxy.shared.cache.standard.choice(d, &cache::RULES)),
    row("proxy_cache_use_stale", LEVELS, at_least(1), |l, v, d| v.proxy.shared.cache.use_stale(l, d)),
    row("proxy_cache_valid", LEVELS, at_least(1), |_, v, d| v.proxy.shared.cache.valid(d)),
    row("proxy_connect_timeout", LEVELS, take(1), |_, v, d| v.proxy.shared.connect_timeout.time(d)),
    row("proxy_cookie_domain", LEVELS, between(1, 2), rules::cookie_domain),
    row("proxy_cookie_flags", LEVELS, between(1, 4), rules::cookie_flags),
    row("proxy_cookie_path", LEVELS, between(1, 2), rules::cookie_path),
    row("proxy_force_ranges", LEVELS, take(1), |_, v, d| v.proxy.shared.force_ranges.flag(d)),
    no_effect("proxy_headers_hash_bucket_size", LEVELS, take(1), verify::NUMBER, HASH),
    no_effect("proxy_headers_hash_max_size", LEVELS, take(1), verify::NUMBER, HASH),
    row("proxy_hide_header", LEVELS, take(1), |_, v, d| {
        v.proxy.shared.hide.push(lower_case(d)?);
        Ok(())
    }),
    row("proxy_http_version", LEVELS, take(1), |_, v, d| v.proxy.shared.version.choice(d, &VERSIONS)),
    row("proxy_ignore_client_abort", LEVELS, take(1), |_, v, d| v.proxy.shared.ignore_client_abort.flag(d)),
    row("proxy_ignore_headers", LEVELS, at_least(1), |l, v, d| ignore_headers(l, &mut v.proxy.shared.ignore, d)),
    row("proxy_intercept_errors", LEVELS, take(1), |_, v, d| v.proxy.shared.intercept_errors.flag(d)),
    row("proxy_limit_rate", LEVELS, take(1), |_, v, d| rate(&mut v.proxy.shared.limit_rate, d)),
    row("proxy_max_temp_file_size", LEVELS, take(1), |_, v, d| v.proxy.shared.max_file.size(d)),
    row("proxy_method", LEVELS, take(1), |_, v, d| v.proxy.shared.method.template(d)),
    row("proxy_next_upstream", LEVELS, at_least(1), |l, v, d| next_upstream(l, &mut v.proxy.shared.next, d)),
    row("proxy_next_upstream_timeout", LEVELS, take(1), |_, v, d| v.proxy.shared.next_timeout.time(d)),
    row("proxy_next_upstream_tries", LEVELS, take(1), |_, v, d| v.proxy.shared.next_tries.small_number(d)),
    row("proxy_no_cache", LEVELS, at_least(1), |_, v, d| cache::conditions(&mut v.proxy.shared.cache.skip, d)),
    row("proxy_pass", LOCATION.or(IF_LOCATION).or(LIMIT_EXCEPT), take(1), target::proxy_pass),
    row("proxy_pass_header", LEVELS, take(1), |_, v, d| {
        v.proxy.shared.pass.push(lower_case(d)?);
        Ok(())
    }),
    row("proxy_pass_request_body", LEVELS, take(1), |_, v, d| v.proxy.shared.pass_body.flag(d)),
    row("proxy_pass_request_headers", LEVELS, take(1), |_, v, d| v.proxy.shared.pass_fields.flag(d)),
    row("proxy_pass_trailers", LEVELS, take(1), |_, v, d| v.proxy.shared.pass_trailers.flag(d)),
    row("proxy_read_timeout", LEVELS, take(1), |_, v, d| v.proxy.shared.read_timeout.time(d)),
    row("proxy_redirect", LEVELS, between(1, 2), rules::redirect),
    row("proxy_request_buffering", LEVELS, take(1), |_, v, d| v.proxy.shared.request_buffering.flag(d)),
    no_effect("proxy_send_lowat", LEVELS, take(1), verify::SIZE, "the kernel decides when a socket can be written to"),
    row("proxy_send_timeout", LEVELS, take(1), |_, v, d| v.proxy.shared.send_timeout.time(d)),
    row("proxy_set_body", LEVELS, take(1), |_, v, d| v.proxy.shared.body.template(d)),
    row("proxy_set_header", LEVELS, take(2), |_, v, d| set_header(&mut v.proxy.shared.set_fields, d)),
    row("proxy_socket_keepalive", LEVELS, take(1), |_, v, d| v.proxy.shared.socket_keepalive.flag(d)),
    pending("proxy_socket_rcvbuf", LEVELS, take(1)),
    pending("proxy_socket_sndbuf", LEVELS, take(1)),
    row("proxy_ssl_certificate", LEVELS, take(1), |l, v, d| v.proxy.shared.tls.certificate(l, d)),
    row("proxy_ssl_certificate_cache", LEVELS, between(1, 3), |_, v, d| v.proxy.shared.tls.cache(d)),
    row("proxy_ssl_certificate_key", LEVELS, take(1), |l, v, d| v.proxy.shared.tls.key(l, d))
        .partial(upstream_ssl::KEYS),
    row("proxy_ssl_ciphers", LEVELS, take(1), |_, v, d| v.proxy.shared.tls.ciphers.text(d))
        .partial(upstream_ssl::SUITES),
    row("proxy_ssl_conf_command", LEVELS, take(2), |l, v, d| v.proxy.shared.tls.conf_command(l, d))
        .partial(upstream_ssl::COMMAND_NAMES),
    row("proxy_ssl_crl", LEVELS, take(1), |l, v, d| v.proxy.shared.tls.crl(l, d)),
    row("proxy_ssl_name", LEVELS, take(1), |_, v, d| v.proxy.shared.tls.name.template(d)),
    row("proxy_ssl_password_file", LEVELS, take(1), |l, v, d| v.proxy.shared.tls.password_file(l, d)),
    row("proxy_ssl_protocols", LEVELS, at_least(1), |l, v, d| v.proxy.shared.tls.protocols(l, d))
        .partial(upstream_ssl::VERSIONS),
    row("proxy_ssl_server_name", LEVELS, take(1), |_, v, d| v.proxy.shared.tls.sends_name.flag(d)),
    row("proxy_ssl_session_reuse", LEVELS, take(1), |_, v, d| v.proxy.shared.tls.resumes.flag(d)),
    row("proxy_ssl_trusted_certificate", LEVELS, take(1), |l, v, d| v.proxy.shared.tls.trusted_certificate(l, d)),
    row("proxy_ssl_verify", LEVELS, take(1), |_, v, d| v.proxy.shared.tls.verifies.flag(d)),
    row("proxy_ssl_verify_depth", LEVELS, take(1), |_, v, d| v.proxy.shared.tls.depth.small_number(d)),
    row("proxy_store", LEVELS, take(1), |_, v, d| store::store(&mut v.proxy.shared, d)),
    row("proxy_store_access", LEVELS, between(1, 3), |_, v, d| v.proxy.shared.filed_access.put(d, store::access(d)?)),
    row("proxy_temp_file_write_size", LEVELS, take(1), |_, v, d| v.proxy.shared.write_size.size(d)),
    row("proxy_temp_path", LEVELS, between(1, 4), |l, v, d| temp_path(l, &mut v.proxy.shared.temp_path, d)),
];

const VERSIONS: [(&str, u8); 3] = [("1.0", 10), ("1.1", 11), ("2", 20)];

/// `…_set_header name value`
pub(crate) fn set_header(fields: &mut List<SetField>, directive: &Directive) -> Outcome {
    let name = value::first(directive)?.text.clone();
    let value = value::template(value::argument(directive, 1)?)?;
    fields.push(SetField { name, value, origin: directive.origin() });
    Ok(())
}

pub(crate) fn lower_case(directive: &Directive) -> Result<String, Diagnostic> {
    Ok(value::first(directive)?.text.to_ascii_lowercase())
}

const IGNORABLE: [&str; 9] = [
    "X-Accel-Redirect",
    "X-Accel-Expires",
    "X-Accel-Limit-Rate",
    "X-Accel-Buffering",
    "X-Accel-Charset",
    "Expires",
    "Cache-Control",
    "Set-Cookie",
    "Vary",
];

/// `…_ignore_headers name …`
pub(crate) fn ignore_headers(
    lowering: &mut Lowering<'_>,
    slot: &mut Slot<Vec<String>>,
    directive: &Directive,
) -> Outcome {
    let known = IGNORABLE.map(|name| (name, name));
    // Several of these at one level add up.
    let mut names = slot.or(Vec::new());
    for word in &directive.arguments {
        let named = IGNORABLE.iter().find(|name| name.eq_ignore_ascii_case(&word.text));
        let name = match named {
            Some(name) => name.to_ascii_lowercase(),
            None => value::choice(directive, word, &known)?.to_ascii_lowercase(),
        };
        if names.contains(&name) {
            repeated(lowering, directive, word);
        } else {
            names.push(name);
        }
    }
    slot.replace(names, directive.origin());
    Ok(())
}

pub(super) fn repeated(lowering: &mut Lowering<'_>, directive: &Directive, word: &Word) {
    let message = format!("duplicate value \"{}\" in \"{}\" directive", word.text, directive.name.text);
    lowering.report(Diagnostic::warning("duplicate", message).at(word.origin));
}

/// Values of `proxy_next_upstream`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Next {
    When(Trouble),
    NonIdempotent,
    Updating,
    Off,
}

pub(super) const NEXT: [(&str, Next); 13] = [
    ("error", Next::When(Trouble::Error)),
    ("timeout", Next::When(Trouble::Timeout)),
    ("invalid_header", Next::When(Trouble::InvalidHeader)),
    ("non_idempotent", Next::NonIdempotent),
    ("http_500", Next::When(Trouble::Status(500))),
    ("http_502", Next::When(Trouble::Status(502))),
    ("http_503", Next::When(Trouble::Status(503))),
    ("http_504", Next::When(Trouble::Status(504))),
    ("http_403", Next::When(Trouble::Status(403))),
    ("http_404", Next::When(Trouble::Status(404))),
    ("http_429", Next::When(Trouble::Status(429))),
    ("updating", Next::Updating),
    ("off", Next::Off),
];

/// `…_next_upstream trouble …`
pub(crate) fn next_upstream(
    lowering: &mut Lowering<'_>,
    slot: &mut Slot<(Vec<Trouble>, bool)>,
    directive: &Directive,
) -> Outcome {
    // Several of these at one level add up.
    let (mut when, mut non_idempotent) = slot.or((Vec::new(), false));
    let mut off = slot.get().is_some_and(|(when, _)| when.is_empty());
    for word in &directive.arguments {
        match value::choice(directive, word, &NEXT)? {
            Next::When(trouble) if when.contains(&trouble) => repeated(lowering, directive, word),
            Next::When(trouble) => when.push(trouble),
            Next::NonIdempotent => non_idempotent = true,
            Next::Off => off = true,
            // It matters for caches only.
            Next::Updating => {}
        }
    }
    if off {
        when.clear();
    }
    slot.replace((when, non_idempotent), directive.origin());
    Ok(())
}

/// `…_bind off` or `address [transparent]`
pub(crate) fn bind(slot: &mut Slot<Option<Bind>>, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if word.text == "off" && directive.arguments.len() == 1 {
        return slot.put(directive, None);
    }
    let is_address = |text: &str| {
        text.parse::<std::net::SocketAddr>().is_ok()
            || text.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
    };
    if !value::has_variables(&word.text) && !is_address(&word.text) {
        let message = format!("invalid address \"{}\"", word.text);
        return Err(Diagnostic::error("invalid-address", message)
            .at(word.origin)
            .help("it is an IP address, with or without a port"));
    }
    let transparent = match directive.argument(1) {
        Some(word) if word.text != "transparent" => return Err(value::invalid_parameter(word, &["transparent"])),
        word => word.is_some(),
    };
    slot.put(directive, Some(Bind { address: value::template(word)?, transparent }))
}
