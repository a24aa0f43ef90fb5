//! The directives of `ngx_http_upstream_sticky_module`.

use crate::table::{Module, Row, UPSTREAM, at_least, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_sticky_module", rows: ROWS };

const ROWS: &[Row] = &[pending("sticky", UPSTREAM, at_least(2))];
