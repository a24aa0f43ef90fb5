//! The directive of the third-party `ngx_http_brotli_static_module`.

use crate::lower::filters::STATIC;
use crate::table::{LEVELS, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_brotli_static_module", rows: ROWS };

const ROWS: &[Row] = &[row("brotli_static", LEVELS, take(1), |_, v, d| v.filters.brotli_static.choice(d, &STATIC))];
