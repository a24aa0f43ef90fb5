//! The directives of `ngx_http_mp4_module`.

use crate::table::{LEVELS, LOCATION, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_mp4_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("mp4", LOCATION, take(0)),
    pending("mp4_buffer_size", LEVELS, take(1)),
    pending("mp4_max_buffer_size", LEVELS, take(1)),
    pending("mp4_start_key_frame", LEVELS, take(1)),
];
