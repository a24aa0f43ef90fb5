//! The directive of the third-party `ngx_http_zstd_static_module`.

use crate::lower::filters::STATIC;
use crate::table::{LEVELS, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_zstd_static_module", rows: ROWS };

const ROWS: &[Row] = &[row("zstd_static", LEVELS, take(1), |_, v, d| v.filters.zstd_static.choice(d, &STATIC))];
