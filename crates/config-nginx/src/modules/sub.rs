//! The directives of `ngx_http_sub_filter_module`.

use crate::table::{LEVELS, Module, Row, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_sub_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("sub_filter", LEVELS, take(2)),
    pending("sub_filter_last_modified", LEVELS, take(1)),
    pending("sub_filter_once", LEVELS, take(1)),
    pending("sub_filter_types", LEVELS, at_least(1)),
];
