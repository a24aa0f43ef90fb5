//! The directives of `ngx_stream_split_clients_module`.

use crate::table::{Module, Row, STREAM, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_split_clients_module", rows: ROWS };

const ROWS: &[Row] = &[pending("split_clients", STREAM, take(2).block())];
