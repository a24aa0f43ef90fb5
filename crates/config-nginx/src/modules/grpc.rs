//! The directives of `ngx_http_grpc_module`: forwarding over HTTP/2, body by body as it comes.

use diagnostic::Diagnostic;
use model::{Buffering, ByteSize, Part, Proxy, Scheme, SetField, Template};

use super::proxy::target::{TargetSetting, Url};
use super::proxy::{HIDDEN, ProxySettings, bind, ignore_headers, lower_case, next_upstream, set_header};
use super::upstream_ssl;
use crate::lower::{Level, LocationKind, Lowering};
use crate::modules::http_core::listen::strip_prefix_ignoring_case;
use crate::table::{IF_LOCATION, LEVELS, LOCATION, Module, Outcome, Row, at_least, between, pending, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_grpc_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("grpc_bind", LEVELS, between(1, 2), |_, v, d| bind(&mut v.grpc.shared.bind, d)),
    row("grpc_buffer_size", LEVELS, take(1), |_, v, d| v.grpc.shared.buffer_size.size(d)),
    row("grpc_connect_timeout", LEVELS, take(1), |_, v, d| v.grpc.shared.connect_timeout.time(d)),
    row("grpc_hide_header", LEVELS, take(1), |_, v, d| {
        v.grpc.shared.hide.push(lower_case(d)?);
        Ok(())
    }),
    row("grpc_ignore_headers", LEVELS, at_least(1), |l, v, d| ignore_headers(l, &mut v.grpc.shared.ignore, d)),
    row("grpc_intercept_errors", LEVELS, take(1), |_, v, d| v.grpc.shared.intercept_errors.flag(d)),
    row("grpc_next_upstream", LEVELS, at_least(1), grpc_next_upstream),
    row("grpc_next_upstream_timeout", LEVELS, take(1), |_, v, d| v.grpc.shared.next_timeout.time(d)),
    row("grpc_next_upstream_tries", LEVELS, take(1), |_, v, d| v.grpc.shared.next_tries.small_number(d)),
    row("grpc_pass", LOCATION.or(IF_LOCATION), take(1), grpc_pass),
    row("grpc_pass_header", LEVELS, take(1), |_, v, d| {
        v.grpc.shared.pass.push(lower_case(d)?);
        Ok(())
    }),
    row("grpc_read_timeout", LEVELS, take(1), |_, v, d| v.grpc.shared.read_timeout.time(d)),
    row("grpc_send_timeout", LEVELS, take(1), |_, v, d| v.grpc.shared.send_timeout.time(d)),
    row("grpc_set_header", LEVELS, take(2), |_, v, d| set_header(&mut v.grpc.shared.set_fields, d)),
    row("grpc_socket_keepalive", LEVELS, take(1), |_, v, d| v.grpc.shared.socket_keepalive.flag(d)),
    pending("grpc_socket_rcvbuf", LEVELS, take(1)),
    pending("grpc_socket_sndbuf", LEVELS, take(1)),
    row("grpc_ssl_certificate", LEVELS, take(1), |l, v, d| v.grpc.shared.tls.certificate(l, d)),
    row("grpc_ssl_certificate_cache", LEVELS, between(1, 3), |_, v, d| v.grpc.shared.tls.cache(d)),
    row("grpc_ssl_certificate_key", LEVELS, take(1), |l, v, d| v.grpc.shared.tls.key(l, d)).partial(upstream_ssl::KEYS),
    row("grpc_ssl_ciphers", LEVELS, take(1), |_, v, d| v.grpc.shared.tls.ciphers.text(d)).partial(upstream_ssl::SUITES),
    row("grpc_ssl_conf_command", LEVELS, take(2), |l, v, d| v.grpc.shared.tls.conf_command(l, d))
        .partial(upstream_ssl::COMMAND_NAMES),
    row("grpc_ssl_crl", LEVELS, take(1), |l, v, d| v.grpc.shared.tls.crl(l, d)),
    row("grpc_ssl_name", LEVELS, take(1), |_, v, d| v.grpc.shared.tls.name.template(d)),
    row("grpc_ssl_password_file", LEVELS, take(1), |l, v, d| v.grpc.shared.tls.password_file(l, d)),
    row("grpc_ssl_protocols", LEVELS, at_least(1), |l, v, d| v.grpc.shared.tls.protocols(l, d))
        .partial(upstream_ssl::VERSIONS),
    row("grpc_ssl_server_name", LEVELS, take(1), |_, v, d| v.grpc.shared.tls.sends_name.flag(d)),
    row("grpc_ssl_session_reuse", LEVELS, take(1), |_, v, d| v.grpc.shared.tls.resumes.flag(d)),
    row("grpc_ssl_trusted_certificate", LEVELS, take(1), |l, v, d| v.grpc.shared.tls.trusted_certificate(l, d)),
    row("grpc_ssl_verify", LEVELS, take(1), |_, v, d| v.grpc.shared.tls.verifies.flag(d)),
    row("grpc_ssl_verify_depth", LEVELS, take(1), |_, v, d| v.grpc.shared.tls.depth.small_number(d)),
];

/// nginx's page: the size of a buffer where none is given.
const PAGE: ByteSize = ByteSize(4096);

/// `grpc_pass [grpc://|grpcs://]server`
fn grpc_pass(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if !matches!(level.location.kind, LocationKind::Regex(_)) && level.location.name.ends_with('/') {
        level.location.redirect_bare = true;
    }
    let target = if value::has_variables(&word.text) {
        TargetSetting::Server(value::template(word)?)
    } else {
        let after = |start: &str| strip_prefix_ignoring_case(&word.text, start);
        let (scheme, server) = match (after("grpc://"), after("grpcs://")) {
            (Some(server), _) => (Scheme::Http, server),
            (None, Some(server)) => (Scheme::Https, server),
            (None, None) => (Scheme::Http, word.text.as_str()),
        };
        TargetSetting::Fixed(Url::server(word, scheme, server).map_err(|problem| {
            Diagnostic::error("invalid-address", format!("{problem} in upstream \"{server}\""))
                .at(word.origin)
                .help("write `grpc://HOST:PORT`, `grpcs://HOST:PORT`, or the name of an `upstream`")
        })?)
    };
    level.grpc.target.put(directive, target)
}

/// `grpc_next_upstream trouble …`: there is no cache that could be updating.
fn grpc_next_upstream(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    match directive.arguments.iter().find(|word| word.text == "updating") {
        Some(word) => Err(value::invalid(directive, word)),
        None => next_upstream(lowering, &mut level.grpc.shared.next, directive),
    }
}

/// The model of a level that forwards so.
pub(crate) fn finish(lowering: &mut Lowering<'_>, level: &Level) -> Option<Proxy> {
    let settings: &ProxySettings = &level.grpc;
    settings.target.get()?;
    let head = settings.shared.buffer_size.or(PAGE);
    let buffering = Buffering {
        response: false,
        request: false,
        head,
        // As a proxy has it that says no more: nothing is held but what comes at once.
        memory: ByteSize(head.max(PAGE).0.saturating_mul(8)),
        file: ByteSize(0),
        temp_directory: level.proxy.temp_directory(lowering, "proxy"),
    };
    let proxy = settings.model(lowering, "grpc", buffering, &HIDDEN)?;
    let mut set_fields = proxy.set_fields;
    pass_trailers_wish(&mut set_fields, settings.shared.set_fields.get().unwrap_or_default());
    // `early_hints` is the core's.
    let early_hints = level.proxy.shared.early_hints.get().cloned();
    Some(Proxy { version: 20, pass_trailers: true, early_hints, set_fields, ..proxy })
}

/// Where nothing else is said, a server is told whether the client takes trailers: gRPC has them (RFC 9110 §10.1.4).
fn pass_trailers_wish(fields: &mut [SetField], written: &[SetField]) {
    let is_te = |field: &&mut SetField| field.name.eq_ignore_ascii_case("TE");
    let is_written = written.iter().any(|field| field.name.eq_ignore_ascii_case("TE"));
    if let Some(field) = fields.iter_mut().find(is_te).filter(|_| !is_written) {
        field.value = Template { parts: vec![Part::Variable("http_te".to_owned())], origin: field.origin };
    }
}
