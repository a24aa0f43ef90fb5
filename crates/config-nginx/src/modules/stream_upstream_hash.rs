//! The directives of `ngx_stream_upstream_hash_module`.

use crate::table::{Module, Row, STREAM_UPSTREAM, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_upstream_hash_module", rows: ROWS };

const ROWS: &[Row] = &[pending("hash", STREAM_UPSTREAM, between(1, 2))];
