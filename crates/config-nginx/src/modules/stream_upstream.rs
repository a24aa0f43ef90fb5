//! The directives of `ngx_stream_upstream_module`.

use crate::table::{Module, Row, STREAM, STREAM_UPSTREAM, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_upstream_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("resolver", STREAM_UPSTREAM, at_least(1)),
    pending("resolver_timeout", STREAM_UPSTREAM, take(1)),
    pending("server", STREAM_UPSTREAM, at_least(1)),
    pending("upstream", STREAM, take(1).block()),
];
