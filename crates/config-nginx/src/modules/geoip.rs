//! The directives of `ngx_http_geoip_module`.

use crate::table::{HTTP, Module, Row, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_geoip_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("geoip_city", HTTP, between(1, 2)),
    pending("geoip_country", HTTP, between(1, 2)),
    pending("geoip_org", HTTP, between(1, 2)),
    pending("geoip_proxy", HTTP, take(1)),
    pending("geoip_proxy_recursive", HTTP, take(1)),
];
