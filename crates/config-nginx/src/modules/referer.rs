//! The directives of `ngx_http_referer_module`.

use crate::table::{LOCATION, Module, Row, SERVER, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_referer_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("referer_hash_bucket_size", SERVER.or(LOCATION), take(1)),
    pending("referer_hash_max_size", SERVER.or(LOCATION), take(1)),
    pending("valid_referers", SERVER.or(LOCATION), at_least(1)),
];
