//! The directives of `ngx_http_addition_filter_module`.

use crate::table::{LEVELS, Module, Row, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_addition_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("add_after_body", LEVELS, take(1)),
    pending("add_before_body", LEVELS, take(1)),
    pending("addition_types", LEVELS, at_least(1)),
];
