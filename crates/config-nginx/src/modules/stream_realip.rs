//! The directives of `ngx_stream_realip_module`.

use crate::table::{Module, Row, STREAM, STREAM_SERVER, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_realip_module", rows: ROWS };

const ROWS: &[Row] = &[pending("set_real_ip_from", STREAM.or(STREAM_SERVER), take(1))];
