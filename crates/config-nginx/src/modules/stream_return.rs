//! The directives of `ngx_stream_return_module`.

use crate::table::{Module, Row, STREAM_SERVER, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_return_module", rows: ROWS };

const ROWS: &[Row] = &[pending("return", STREAM_SERVER, take(1))];
