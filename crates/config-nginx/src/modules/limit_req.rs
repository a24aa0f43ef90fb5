//! The directives of `ngx_http_limit_req_module`.

use crate::table::{HTTP, LEVELS, Module, Row, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_limit_req_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("limit_req", LEVELS, between(1, 3)),
    pending("limit_req_dry_run", LEVELS, take(1)),
    pending("limit_req_log_level", LEVELS, take(1)),
    pending("limit_req_status", LEVELS, take(1)),
    pending("limit_req_zone", HTTP, take(3)),
];
