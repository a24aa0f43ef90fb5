//! The directives of `ngx_http_charset_filter_module`.

use super::verify;
use crate::table::{HTTP, LEVELS, LEVELS_IF, Module, Row, at_least, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_charset_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("charset", LEVELS_IF, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("charset_map", HTTP, take(2).block()),
    pending("charset_types", LEVELS, at_least(1)),
    pending("override_charset", LEVELS_IF, take(1)),
    pending("source_charset", LEVELS_IF, take(1)),
];
