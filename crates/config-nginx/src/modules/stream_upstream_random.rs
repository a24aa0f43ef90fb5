//! The directives of `ngx_stream_upstream_random_module`.

use crate::table::{Module, Row, STREAM_UPSTREAM, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_upstream_random_module", rows: ROWS };

const ROWS: &[Row] = &[pending("random", STREAM_UPSTREAM, between(0, 2))];
