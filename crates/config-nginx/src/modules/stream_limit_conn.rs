//! The directives of `ngx_stream_limit_conn_module`.

use crate::table::{Module, Row, STREAM, STREAM_SERVER, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_limit_conn_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("limit_conn", STREAM.or(STREAM_SERVER), take(2)),
    pending("limit_conn_dry_run", STREAM.or(STREAM_SERVER), take(1)),
    pending("limit_conn_log_level", STREAM.or(STREAM_SERVER), take(1)),
    pending("limit_conn_zone", STREAM, take(2)),
];
