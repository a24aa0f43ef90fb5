//! The directives of `ngx_http_random_index_module`.

use crate::table::{LOCATION, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_random_index_module", rows: ROWS };

const ROWS: &[Row] = &[row("random_index", LOCATION, take(1), |_, v, d| v.files.shared.random.flag(d))];
