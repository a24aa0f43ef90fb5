//! The directives of `ngx_http_gunzip_filter_module`.

use super::verify;
use crate::table::{LEVELS, Module, Row, no_effect, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_gunzip_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("gunzip", LEVELS, take(1), |_, v, d| v.filters.gunzip.flag(d)),
    no_effect("gunzip_buffers", LEVELS, take(2), verify::BUFFERS, "memory is not taken from pools of a fixed size"),
];
