//! The directives of `ngx_http_core_module`: servers, locations, clients, files, error pages.

pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod files;
pub(crate) mod gzip;
pub(crate) mod listen;
mod location;
pub(crate) mod names;
pub(crate) mod open_files;
pub(crate) mod pages;
pub(crate) mod server_name;

use super::{access, log, verify};
use crate::lower::slot::duplicate;
use crate::lower::{Level, Lowering};
use crate::table::{
    HTTP, LEVELS, LEVELS_IF, LOCATION, MAIN, Module, Outcome, Row, SERVER, SITES, at_least, between, no_effect,
    pending, row, take,
};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_core_module", rows: ROWS };

const DISK: &str = "disk never blocks a worker: files go through the ring or a small pool of threads";
const HASH: &str = "tables size themselves";
const MEMORY: &str = "memory is not taken from pools of a fixed size";
const OPENED: &str = "a path is looked at again when it is asked for, as `open_file_cache_valid` says";
const OUTPUT: &str = "output is gathered and sent once in each turn of a worker's loop";
const SENDING: &str = "how files reach the socket is chosen by the transport";

const ROWS: &[Row] = &[
    row("absolute_redirect", LEVELS, take(1), |_, v, d| v.pages.absolute_redirect.flag(d)),
    no_effect("aio", LEVELS, take(1), verify::ANY, DISK),
    no_effect("aio_write", LEVELS, take(1), verify::FLAG, DISK),
    row("alias", LOCATION, take(1), files::set_root),
    row("auth_delay", LEVELS, take(1), |_, v, d| v.access.delay.time(d)),
    row("chunked_transfer_encoding", LEVELS, take(1), |_, v, d| v.connection.chunked.flag(d)),
    row("client_body_buffer_size", LEVELS, take(1), |_, v, d| v.client.body_buffer.size(d)),
    pending("client_body_early_read", SITES, at_least(1)),
    row("client_body_in_file_only", LEVELS, take(1), |_, v, d| v.client.body_in_file.choice(d, &client::BODY_IN_FILE)),
    no_effect("client_body_in_single_buffer", LEVELS, take(1), verify::FLAG, MEMORY),
    row("client_body_temp_path", LEVELS, between(1, 4), |l, v, d| client::temp_path(l, &mut v.client.temp_path, d)),
    row("client_body_timeout", LEVELS, take(1), |_, v, d| v.client.body_timeout.time(d)),
    row("client_header_buffer_size", SITES, take(1), |_, v, d| v.head.buffer.size(d)),
    row("client_header_timeout", SITES, take(1), |_, v, d| v.head.timeout.time(d)),
    row("client_max_body_size", LEVELS, take(1), |_, v, d| v.client.max_body.offset(d)),
    no_effect("connection_pool_size", SITES, take(1), verify::SIZE, MEMORY),
    row("default_type", LEVELS, take(1), |_, v, d| v.files.shared.default_type.text(d)),
    no_effect("directio", LEVELS, take(1), verify::ANY, DISK),
    no_effect("directio_alignment", LEVELS, take(1), verify::ANY, DISK),
    row("disable_symlinks", LEVELS, between(1, 2), files::symlinks),
    row("early_hints", LEVELS, at_least(1), early_hints).partial("one value"),
    row("error_log", LEVELS, at_least(1), error_log),
    row("error_page", LEVELS_IF, at_least(2), pages::error_page),
    row("etag", LEVELS, take(1), |_, v, d| v.files.shared.etag.flag(d)),
    row("gzip_disable", LEVELS, at_least(1), gzip::disable),
    row("gzip_http_version", LEVELS, take(1), |_, v, d| v.filters.gzip_version.choice(d, &gzip::VERSIONS)),
    row("gzip_proxied", LEVELS, at_least(1), gzip::proxied),
    row("gzip_vary", LEVELS, take(1), |_, v, d| v.filters.vary.flag(d)),
    row("http", MAIN, take(0).block(), http),
    row("if_modified_since", LEVELS, take(1), |_, v, d| v.files.shared.since.choice(d, &files::SINCE)),
    row("ignore_invalid_headers", SITES, take(1), |_, v, d| v.head.drop_invalid.flag(d)),
    row("internal", LOCATION, take(0), |_, v, d| v.location.internal.put(d, true)),
    row("keepalive_disable", LEVELS, between(1, 2), connection::keepalive_disable),
    row("keepalive_min_timeout", LEVELS, take(1), |_, v, d| v.connection.min_idle.time(d)),
    row("keepalive_requests", LEVELS, take(1), |_, v, d| v.connection.requests.number(d)),
    row("keepalive_time", LEVELS, take(1), |_, v, d| v.connection.time.time(d)),
    row("keepalive_timeout", LEVELS, between(1, 2), connection::idle),
    row("large_client_header_buffers", SITES, take(2), client::large_buffers),
    row("limit_except", LOCATION, at_least(1).block(), location::limit_except),
    row("limit_rate", LEVELS_IF, take(1), |_, v, d| connection::rate(&mut v.connection.limit_rate, d)),
    row("limit_rate_after", LEVELS_IF, take(1), |_, v, d| connection::rate(&mut v.connection.limit_rate_after, d)),
    row("lingering_close", LEVELS, take(1), |_, v, d| v.connection.linger.choice(d, &connection::LINGER)),
    row("lingering_time", LEVELS, take(1), |_, v, d| v.connection.linger_time.time(d)),
    row("lingering_timeout", LEVELS, take(1), |_, v, d| v.connection.linger_timeout.time(d)),
    row("listen", SERVER, at_least(1), listen::listen).partial("`quic` and `multipath` are not built yet"),
    row("location", SERVER.or(LOCATION), between(1, 2).block(), location::location),
    row("log_not_found", LEVELS, take(1), |_, v, d| v.logs.not_found.flag(d)),
    row("log_subrequest", LEVELS, take(1), |_, v, d| v.logs.subrequests.flag(d)),
    row("max_headers", SITES, take(1), |_, v, d| v.head.max_fields.small_number(d)),
    row("max_ranges", LEVELS, take(1), |_, v, d| v.files.shared.max_ranges.small_number(d)),
    row("merge_slashes", SITES, take(1), |_, v, d| v.head.merge_slashes.flag(d)),
    row("msie_padding", LEVELS, take(1), |_, v, d| v.pages.padding.flag(d)),
    row("msie_refresh", LEVELS, take(1), |_, v, d| v.pages.refresh.flag(d)),
    row("open_file_cache", LEVELS, between(1, 2), open_files::size),
    row("open_file_cache_errors", LEVELS, take(1), |_, v, d| v.files.shared.open_files.errors.flag(d)),
    no_effect("open_file_cache_events", LEVELS, take(1), verify::FLAG, OPENED),
    row("open_file_cache_min_uses", LEVELS, take(1), |_, v, d| v.files.shared.open_files.least_uses.number(d)),
    row("open_file_cache_valid", LEVELS, take(1), |_, v, d| {
        let valid = value::seconds(d, value::first(d)?)?;
        v.files.shared.open_files.valid.put(d, valid)
    }),
    no_effect("output_buffers", LEVELS, take(2), verify::BUFFERS, OUTPUT),
    row("port_in_redirect", LEVELS, take(1), |_, v, d| v.pages.port_in_redirect.flag(d)),
    row("post_action", LEVELS_IF, take(1), |_, v, d| {
        let word = value::first(d)?;
        v.pages.afterwards.put(d, (word.text != "off").then(|| word.text.clone()))
    }),
    no_effect("postpone_output", LEVELS, take(1), verify::SIZE, OUTPUT),
    no_effect("read_ahead", LEVELS, take(1), verify::SIZE, DISK),
    row("recursive_error_pages", LEVELS, take(1), |_, v, d| v.pages.recursive.flag(d)),
    no_effect("request_pool_size", SITES, take(1), verify::SIZE, MEMORY),
    row("reset_timedout_connection", LEVELS, take(1), |_, v, d| v.client.reset_timed_out.flag(d)),
    row("resolver", LEVELS, at_least(1), names::resolver).partial("`status_zone=` is not built yet"),
    row("resolver_timeout", LEVELS, take(1), |_, v, d| v.names.timeout.time(d)),
    row("root", LEVELS_IF, take(1), files::set_root),
    row("satisfy", LEVELS, take(1), |_, v, d| v.access.satisfy.choice(d, &access::SATISFY)),
    no_effect("send_lowat", LEVELS, take(1), verify::SIZE, OUTPUT),
    row("send_timeout", LEVELS, take(1), |_, v, d| v.connection.send_timeout.time(d)),
    no_effect("sendfile", LEVELS_IF, take(1), verify::FLAG, SENDING),
    no_effect("sendfile_max_chunk", LEVELS, take(1), verify::SIZE, SENDING),
    row("server", HTTP, take(0).block(), server),
    row("server_name", SERVER, at_least(1), server_name::server_name),
    row("server_name_in_redirect", LEVELS, take(1), |_, v, d| v.pages.site_name_in_redirect.flag(d)),
    no_effect("server_names_hash_bucket_size", HTTP, take(1), verify::NUMBER, HASH),
    no_effect("server_names_hash_max_size", HTTP, take(1), verify::NUMBER, HASH),
    row("server_tokens", LEVELS, take(1), |_, v, d| v.pages.tokens.choice(d, &pages::TOKENS))
        .partial("`build` is `on`"),
    no_effect("subrequest_output_buffer_size", LEVELS, take(1), verify::SIZE, MEMORY),
    no_effect("tcp_nodelay", LEVELS, take(1), verify::FLAG, "small packets are never held back"),
    no_effect("tcp_nopush", LEVELS, take(1), verify::FLAG, OUTPUT),
    row("types", LEVELS, take(0).block(), files::types),
    no_effect("types_hash_bucket_size", LEVELS, take(1), verify::NUMBER, HASH),
    no_effect("types_hash_max_size", LEVELS, take(1), verify::NUMBER, HASH),
    row("underscores_in_headers", SITES, take(1), |_, v, d| v.head.underscores.flag(d)),
    no_effect("variables_hash_bucket_size", HTTP, take(1), verify::NUMBER, HASH),
    no_effect("variables_hash_max_size", HTTP, take(1), verify::NUMBER, HASH),
];

fn http(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let inner = verify::walk(lowering, Level::new(HTTP, directive.origin()), directive);
    if let Some(first) = &lowering.http {
        return Err(duplicate(directive, first.origin));
    }
    lowering.http = Some(inner);
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "the form of all rows' functions")]
fn server(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let mut inner = verify::walk(lowering, Level::new(SERVER, directive.origin()), directive);
    if inner.server.listens.is_empty() {
        let superuser = lowering.options.superuser;
        inner.server.listens.push(listen::Listen::default_port(superuser, directive.origin()));
    }
    if inner.server.names.is_empty() {
        inner.server.names.push(server_name::Name::none(directive.origin()));
    }
    level.children.push(inner);
    Ok(())
}

fn error_log(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let log = log::error_log(lowering, directive)?;
    level.logs.error.push(log);
    Ok(())
}

fn early_hints(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    if let Some(second) = directive.argument(1) {
        return Err(verify::not_built("a second value of \"early_hints\"").at(second.origin));
    }
    level.proxy.shared.early_hints.put(directive, value::template(value::first(directive)?)?)
}
