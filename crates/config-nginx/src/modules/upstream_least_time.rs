//! The directives of `ngx_http_upstream_least_time_module`.

use crate::table::{Module, Row, UPSTREAM, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_least_time_module", rows: ROWS };

const ROWS: &[Row] = &[pending("least_time", UPSTREAM, between(1, 2))];
