//! The directives of `ngx_http_upstream_keepalive_module`: idle connections that a group keeps.

use crate::lower::{Level, Lowering};
use crate::table::{Module, Outcome, Row, UPSTREAM, between, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_keepalive_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("keepalive", UPSTREAM, between(1, 2), keepalive),
    row("keepalive_requests", UPSTREAM, take(1), |_, v, d| v.group.idle_requests.number(d)),
    row("keepalive_time", UPSTREAM, take(1), |_, v, d| v.group.idle_time.time(d)),
    row("keepalive_timeout", UPSTREAM, take(1), |_, v, d| v.group.idle_timeout.time(d)),
];

/// `keepalive connections [local]`
fn keepalive(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let size = value::small_number(directive, value::first(directive)?)?;
    let per_location = match directive.argument(1) {
        Some(word) if word.text != "local" => return Err(value::invalid_parameter(word, &["local"])),
        word => word.is_some(),
    };
    level.group.idle.put(directive, (size, per_location))
}
