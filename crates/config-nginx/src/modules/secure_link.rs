//! The directives of `ngx_http_secure_link_module`.

use crate::table::{LEVELS, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_secure_link_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("secure_link", LEVELS, take(1)),
    pending("secure_link_md5", LEVELS, take(1)),
    pending("secure_link_secret", LEVELS, take(1)),
];
