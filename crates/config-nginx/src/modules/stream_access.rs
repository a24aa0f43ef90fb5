//! The directives of `ngx_stream_access_module`.

use crate::table::{Module, Row, STREAM, STREAM_SERVER, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_access_module", rows: ROWS };

const ROWS: &[Row] =
    &[pending("allow", STREAM.or(STREAM_SERVER), take(1)), pending("deny", STREAM.or(STREAM_SERVER), take(1))];
