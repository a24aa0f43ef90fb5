//! The directive of `ngx_http_gzip_static_module`.

use crate::lower::filters::STATIC;
use crate::table::{LEVELS, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_gzip_static_module", rows: ROWS };

const ROWS: &[Row] = &[row("gzip_static", LEVELS, take(1), |_, v, d| v.filters.gzip_static.choice(d, &STATIC))];
