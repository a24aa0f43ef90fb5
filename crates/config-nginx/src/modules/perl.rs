//! The directives of `ngx_http_perl_module`.

use crate::table::{HTTP, LIMIT_EXCEPT, LOCATION, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_perl_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("perl", LOCATION.or(LIMIT_EXCEPT), take(1)),
    pending("perl_modules", HTTP, take(1)),
    pending("perl_require", HTTP, take(1)),
    pending("perl_set", HTTP, take(2)),
];
