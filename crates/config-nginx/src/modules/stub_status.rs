//! The directives of `ngx_http_stub_status_module`.

use crate::table::{LOCATION, Module, Row, SERVER, between, row};

pub(crate) static MODULE: Module = Module { name: "ngx_http_stub_status_module", rows: ROWS };

const ROWS: &[Row] =
    &[row("stub_status", SERVER.or(LOCATION), between(0, 1), |_, v, d| v.location.status_page.put(d, true))];
