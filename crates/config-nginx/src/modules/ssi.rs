//! The directives of `ngx_http_ssi_filter_module`.

use super::verify;
use crate::table::{LEVELS, LEVELS_IF, Module, Row, at_least, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_ssi_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("ssi", LEVELS_IF, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("ssi_ignore_recycled_buffers", LEVELS, take(1)),
    pending("ssi_last_modified", LEVELS, take(1)),
    pending("ssi_min_file_chunk", LEVELS, take(1)),
    pending("ssi_silent_errors", LEVELS, take(1)),
    pending("ssi_types", LEVELS, at_least(1)),
    pending("ssi_value_length", LEVELS, take(1)),
];
