//! The directives of `ngx_http_realip_module`.

use crate::table::{LEVELS, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_realip_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("real_ip_header", LEVELS, take(1)),
    pending("real_ip_recursive", LEVELS, take(1)),
    pending("set_real_ip_from", LEVELS, take(1)),
];
