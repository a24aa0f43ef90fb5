//! The directives of `ngx_http_flv_module`.

use crate::table::{LOCATION, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_flv_module", rows: ROWS };

const ROWS: &[Row] = &[pending("flv", LOCATION, take(0))];
