//! The directives of `ngx_http_browser_module`.

use crate::table::{LEVELS, Module, Row, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_browser_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("ancient_browser", LEVELS, at_least(1)),
    pending("ancient_browser_value", LEVELS, take(1)),
    pending("modern_browser", LEVELS, between(1, 2)),
    pending("modern_browser_value", LEVELS, take(1)),
];
