//! The directives of `ngx_stream_upstream_least_time_module`.

use crate::table::{Module, Row, STREAM_UPSTREAM, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_upstream_least_time_module", rows: ROWS };

const ROWS: &[Row] = &[pending("least_time", STREAM_UPSTREAM, between(1, 2))];
