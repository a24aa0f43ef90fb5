//! The directives of `ngx_http_uwsgi_module`: asking programs over uwsgi.

use model::{GatewayProtocol, Proxy, Scheme};

use super::gateway::{self, merged, shared_rows};
use super::http_core::client::temp_path;
use super::http_core::connection::rate;
use super::proxy::{self, cache, purge, store};
use super::upstream_ssl;
use super::verify;
use crate::lower::slot::Slot;
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, IF_LOCATION, LEVELS, LOCATION, Module, Outcome, Row, at_least, between, pending, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "ngx_http_uwsgi_module", rows: &merged::<{ SHARED.len() + ROWS.len() }>(&SHARED, ROWS) };

const SHARED: [Row; 48] = shared_rows!("uwsgi", uwsgi, &[Scheme::Uwsgi, Scheme::SecureUwsgi]);

const ROWS: &[Row] = &[
    row("uwsgi_modifier1", LEVELS, take(1), |_, v, d| modifier(&mut v.uwsgi.first_modifier, d)),
    row("uwsgi_modifier2", LEVELS, take(1), |_, v, d| modifier(&mut v.uwsgi.second_modifier, d)),
    row("uwsgi_ssl_certificate", LEVELS, take(1), |l, v, d| v.uwsgi.proxy.shared.tls.certificate(l, d)),
    row("uwsgi_ssl_certificate_cache", LEVELS, between(1, 3), |_, v, d| v.uwsgi.proxy.shared.tls.cache(d)),
    row("uwsgi_ssl_certificate_key", LEVELS, take(1), |l, v, d| v.uwsgi.proxy.shared.tls.key(l, d))
        .partial(upstream_ssl::KEYS),
    row("uwsgi_ssl_ciphers", LEVELS, take(1), |_, v, d| v.uwsgi.proxy.shared.tls.ciphers.text(d))
        .partial(upstream_ssl::SUITES),
    row("uwsgi_ssl_conf_command", LEVELS, take(2), |l, v, d| v.uwsgi.proxy.shared.tls.conf_command(l, d))
        .partial(upstream_ssl::COMMAND_NAMES),
    row("uwsgi_ssl_crl", LEVELS, take(1), |l, v, d| v.uwsgi.proxy.shared.tls.crl(l, d)),
    row("uwsgi_ssl_name", LEVELS, take(1), |_, v, d| v.uwsgi.proxy.shared.tls.name.template(d)),
    row("uwsgi_ssl_password_file", LEVELS, take(1), |l, v, d| v.uwsgi.proxy.shared.tls.password_file(l, d)),
    row("uwsgi_ssl_protocols", LEVELS, at_least(1), |l, v, d| v.uwsgi.proxy.shared.tls.protocols(l, d))
        .partial(upstream_ssl::VERSIONS),
    row("uwsgi_ssl_server_name", LEVELS, take(1), |_, v, d| v.uwsgi.proxy.shared.tls.sends_name.flag(d)),
    row("uwsgi_ssl_session_reuse", LEVELS, take(1), |_, v, d| v.uwsgi.proxy.shared.tls.resumes.flag(d)),
    row("uwsgi_ssl_trusted_certificate", LEVELS, take(1), |l, v, d| v.uwsgi.proxy.shared.tls.trusted_certificate(l, d)),
    row("uwsgi_ssl_verify", LEVELS, take(1), |_, v, d| v.uwsgi.proxy.shared.tls.verifies.flag(d)),
    row("uwsgi_ssl_verify_depth", LEVELS, take(1), |_, v, d| v.uwsgi.proxy.shared.tls.depth.small_number(d)),
    pending("uwsgi_string", LEVELS, take(1)),
];

/// `uwsgi_modifier1 number`
fn modifier(slot: &mut Slot<u8>, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let number = word.text.parse().map_err(|_| value::invalid(directive, word).help("it is a number up to 255"))?;
    slot.put(directive, number)
}

/// The model of a level that asks programs so.
pub(crate) fn finish(lowering: &mut Lowering<'_>, level: &Level) -> Option<Proxy> {
    gateway::finish(lowering, &level.uwsgi, "uwsgi", |settings| GatewayProtocol::Uwsgi {
        modifiers: [settings.first_modifier.or(0), settings.second_modifier.or(0)],
    })
}
