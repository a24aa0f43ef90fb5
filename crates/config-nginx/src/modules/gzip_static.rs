//! The directives of `ngx_http_gzip_static_module`.

use super::verify;
use crate::table::{LEVELS, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_gzip_static_module", rows: ROWS };

const ROWS: &[Row] = &[row("gzip_static", LEVELS, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`")];
