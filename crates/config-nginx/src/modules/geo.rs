//! The directives of `ngx_http_geo_module`.

use crate::table::{HTTP, Module, Row, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_http_geo_module", rows: ROWS };

const ROWS: &[Row] = &[pending("geo", HTTP, between(1, 2).block())];
