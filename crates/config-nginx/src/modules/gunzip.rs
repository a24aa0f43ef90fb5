//! The directives of `ngx_http_gunzip_filter_module`.

use super::verify;
use crate::table::{LEVELS, Module, Row, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_gunzip_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("gunzip", LEVELS, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("gunzip_buffers", LEVELS, take(2)),
];
