//! The directives of `ngx_http_split_clients_module`.

use crate::table::{HTTP, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_split_clients_module", rows: ROWS };

const ROWS: &[Row] = &[pending("split_clients", HTTP, take(2).block())];
