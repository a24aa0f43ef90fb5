//! The directives of `ngx_http_auth_basic_module`.

use crate::table::{LEVELS, LIMIT_EXCEPT, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_auth_basic_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("auth_basic", LEVELS.or(LIMIT_EXCEPT), take(1), |_, v, d| v.access.realm.template(d)),
    row("auth_basic_user_file", LEVELS.or(LIMIT_EXCEPT), take(1), |_, v, d| v.access.users.template(d)),
];
