//! The directives of `ngx_http_gzip_filter_module`.

use super::verify;
use crate::table::{LEVELS, LEVELS_IF, Module, Row, at_least, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_gzip_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("gzip", LEVELS_IF, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("gzip_buffers", LEVELS, take(2)),
    pending("gzip_comp_level", LEVELS, take(1)),
    pending("gzip_hash", LEVELS, take(1)),
    pending("gzip_min_length", LEVELS, take(1)),
    pending("gzip_no_buffer", LEVELS, take(1)),
    pending("gzip_types", LEVELS, at_least(1)),
    pending("gzip_window", LEVELS, take(1)),
    pending("postpone_gzipping", LEVELS, take(1)),
];
