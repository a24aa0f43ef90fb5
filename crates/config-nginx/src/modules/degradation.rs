//! The directives of `ngx_http_degradation_module`.

use crate::table::{HTTP, LEVELS, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_degradation_module", rows: ROWS };

const ROWS: &[Row] = &[pending("degradation", HTTP, take(1)), pending("degrade", LEVELS, take(1))];
