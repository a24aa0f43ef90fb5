//! The directives of `ngx_stream_log_module`.

use crate::table::{Module, Row, STREAM, STREAM_SERVER, at_least, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_log_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("access_log", STREAM.or(STREAM_SERVER), at_least(1)),
    pending("log_format", STREAM, at_least(2)),
    pending("open_log_file_cache", STREAM.or(STREAM_SERVER), between(1, 4)),
];
