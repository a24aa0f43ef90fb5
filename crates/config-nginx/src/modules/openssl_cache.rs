//! The directives of `ngx_openssl_cache_module`.

use crate::table::{MAIN, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_openssl_cache_module", rows: ROWS };

const ROWS: &[Row] = &[pending("ssl_object_cache_inheritable", MAIN, take(1))];
