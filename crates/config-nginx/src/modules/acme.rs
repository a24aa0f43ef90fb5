//! The directives of `ngx_http_acme_module`.

use crate::table::{HTTP, Module, Row, SERVER, at_least, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_http_acme_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("acme_certificate", SERVER, at_least(0)),
    pending("acme_issuer", HTTP, at_least(0)),
    pending("acme_shared_zone", HTTP, at_least(0)),
];
