//! The directives of `ngx_stream_upstream_least_conn_module`.

use crate::table::{Module, Row, STREAM_UPSTREAM, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_upstream_least_conn_module", rows: ROWS };

const ROWS: &[Row] = &[pending("least_conn", STREAM_UPSTREAM, take(0))];
