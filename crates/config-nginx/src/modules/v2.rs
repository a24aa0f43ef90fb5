//! The directives of `ngx_http_v2_module`.

use super::verify;
use crate::table::{HTTP, LEVELS, Module, Row, SITES, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_v2_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("http2", SITES, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("http2_body_preread_size", SITES, take(1)),
    pending("http2_chunk_size", LEVELS, take(1)),
    pending("http2_idle_timeout", SITES, take(1)),
    pending("http2_max_concurrent_pushes", SITES, take(1)),
    pending("http2_max_concurrent_streams", SITES, take(1)),
    pending("http2_max_field_size", SITES, take(1)),
    pending("http2_max_header_size", SITES, take(1)),
    pending("http2_max_requests", SITES, take(1)),
    pending("http2_pool_size", SITES, take(1)),
    pending("http2_push", LEVELS, take(1)),
    pending("http2_push_preload", LEVELS, take(1)),
    pending("http2_recv_buffer_size", HTTP, take(1)),
    pending("http2_recv_timeout", SITES, take(1)),
    pending("http2_streams_index_size", SITES, take(1)),
];
