//! The directives of `ngx_http_mirror_module`.

use super::verify;
use crate::table::{LEVELS, Module, Row, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_mirror_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("mirror", LEVELS, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("mirror_request_body", LEVELS, take(1)),
];
