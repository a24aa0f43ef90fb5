//! The directives of `ngx_http_dav_module`.

use crate::table::{LEVELS, Module, Row, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_dav_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("create_full_put_path", LEVELS, take(1)),
    pending("dav_access", LEVELS, between(1, 3)),
    pending("dav_methods", LEVELS, at_least(1)),
    pending("min_delete_depth", LEVELS, take(1)),
];
