//! The directives of `ngx_stream_map_module`.

use crate::table::{Module, Row, STREAM, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_map_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("map", STREAM, take(2).block()),
    pending("map_hash_bucket_size", STREAM, take(1)),
    pending("map_hash_max_size", STREAM, take(1)),
];
