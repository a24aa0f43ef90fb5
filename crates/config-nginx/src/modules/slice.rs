//! The directives of `ngx_http_slice_filter_module`.

use crate::table::{LEVELS, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_slice_filter_module", rows: ROWS };

const ROWS: &[Row] = &[row("slice", LEVELS, take(1), |_, v, d| v.connection.slice.size(d))];
