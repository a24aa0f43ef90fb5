//! The directives of `ngx_stream_geoip_module`.

use crate::table::{Module, Row, STREAM, between, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_geoip_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("geoip_city", STREAM, between(1, 2)),
    pending("geoip_country", STREAM, between(1, 2)),
    pending("geoip_org", STREAM, between(1, 2)),
];
