//! The directives of `ngx_http_limit_conn_module`.

use crate::table::{HTTP, LEVELS, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_limit_conn_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("limit_conn", LEVELS, take(2)),
    pending("limit_conn_dry_run", LEVELS, take(1)),
    pending("limit_conn_log_level", LEVELS, take(1)),
    pending("limit_conn_status", LEVELS, take(1)),
    pending("limit_conn_zone", HTTP, take(2)),
];
