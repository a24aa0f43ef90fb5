//! The directives of `ngx_stream_ssl_preread_module`.

use crate::table::{Module, Row, STREAM, STREAM_SERVER, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_ssl_preread_module", rows: ROWS };

const ROWS: &[Row] = &[pending("ssl_preread", STREAM.or(STREAM_SERVER), take(1))];
