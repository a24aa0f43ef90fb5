//! The directives of `ngx_stream_upstream_zone_module`.

use crate::table::{Module, Row, STREAM_UPSTREAM, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_upstream_zone_module", rows: ROWS };

const ROWS: &[Row] = &[pending("zone", STREAM_UPSTREAM, between(1, 2))];
