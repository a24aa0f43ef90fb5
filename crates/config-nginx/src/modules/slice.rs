//! The directives of `ngx_http_slice_filter_module`.

use crate::table::{LEVELS, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_slice_filter_module", rows: ROWS };

const ROWS: &[Row] = &[pending("slice", LEVELS, take(1))];
