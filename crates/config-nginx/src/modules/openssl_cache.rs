//! The directives of `ngx_openssl_cache_module`.

use super::verify;
use crate::table::{MAIN, Module, Row, no_effect, take};

pub(crate) static MODULE: Module = Module { name: "ngx_openssl_cache_module", rows: ROWS };

const ANEW: &str = "certificates and keys are read anew with each configuration, so that what it names is what it has";

const ROWS: &[Row] = &[no_effect("ssl_object_cache_inheritable", MAIN, take(1), verify::FLAG, ANEW)];
