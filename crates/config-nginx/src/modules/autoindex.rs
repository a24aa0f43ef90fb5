//! The directives of `ngx_http_autoindex_module`.

use super::verify;
use crate::table::{LEVELS, Module, Row, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_autoindex_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("autoindex", LEVELS, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("autoindex_exact_size", LEVELS, take(1)),
    pending("autoindex_format", LEVELS, take(1)),
    pending("autoindex_localtime", LEVELS, take(1)),
];
