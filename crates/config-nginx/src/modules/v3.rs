//! The directives of `ngx_http_v3_module`.

use super::verify;
use crate::table::{Module, Row, SITES, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_v3_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("http3", SITES, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("http3_hq", SITES, take(1)),
    pending("http3_max_concurrent_streams", SITES, take(1)),
    pending("http3_stream_buffer_size", SITES, take(1)),
    pending("quic_active_connection_id_limit", SITES, take(1)),
    pending("quic_gso", SITES, take(1)),
    pending("quic_host_key", SITES, take(1)),
    pending("quic_retry", SITES, take(1)),
];
