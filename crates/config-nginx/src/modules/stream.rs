//! The directives of `ngx_stream_module`.

use crate::table::{MAIN, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_module", rows: ROWS };

const ROWS: &[Row] = &[pending("stream", MAIN, take(0).block())];
