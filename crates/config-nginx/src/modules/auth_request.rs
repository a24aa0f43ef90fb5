//! The directives of `ngx_http_auth_request_module`.

use super::verify;
use crate::table::{LEVELS, Module, Row, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_auth_request_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("auth_request", LEVELS, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("auth_request_set", LEVELS, take(2)),
];
