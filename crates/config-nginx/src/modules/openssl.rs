//! The directives of `ngx_openssl_module`.

use crate::table::{MAIN, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_openssl_module", rows: ROWS };

const ROWS: &[Row] = &[pending("ssl_engine", MAIN, take(1))];
