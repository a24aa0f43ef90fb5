//! The directives of `ngx_http_auth_basic_module`.

use super::verify;
use crate::table::{LEVELS, LIMIT_EXCEPT, Module, Row, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_auth_basic_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("auth_basic", LEVELS.or(LIMIT_EXCEPT), take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("auth_basic_user_file", LEVELS.or(LIMIT_EXCEPT), take(1)),
];
