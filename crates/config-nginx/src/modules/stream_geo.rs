//! The directives of `ngx_stream_geo_module`.

use crate::table::{Module, Row, STREAM, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_geo_module", rows: ROWS };

const ROWS: &[Row] = &[pending("geo", STREAM, between(1, 2).block())];
