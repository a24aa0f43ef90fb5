//! The directives of `ngx_http_access_module`.

use crate::table::{LEVELS, LIMIT_EXCEPT, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_access_module", rows: ROWS };

const ROWS: &[Row] =
    &[pending("allow", LEVELS.or(LIMIT_EXCEPT), take(1)), pending("deny", LEVELS.or(LIMIT_EXCEPT), take(1))];
