//! The directives of `ngx_http_stub_status_module`.

use crate::table::{LOCATION, Module, Row, SERVER, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_http_stub_status_module", rows: ROWS };

const ROWS: &[Row] = &[pending("stub_status", SERVER.or(LOCATION), between(0, 1))];
