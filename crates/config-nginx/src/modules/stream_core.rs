//! The directives of `ngx_stream_core_module`.

use crate::table::{Module, Row, STREAM, STREAM_SERVER, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_core_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("error_log", STREAM.or(STREAM_SERVER), at_least(1)),
    pending("listen", STREAM_SERVER, at_least(1)),
    pending("preread_buffer_size", STREAM.or(STREAM_SERVER), take(1)),
    pending("preread_timeout", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_protocol_timeout", STREAM.or(STREAM_SERVER), take(1)),
    pending("resolver", STREAM.or(STREAM_SERVER), at_least(1)),
    pending("resolver_timeout", STREAM.or(STREAM_SERVER), take(1)),
    pending("server", STREAM, take(0).block()),
    pending("server_name", STREAM_SERVER, at_least(1)),
    pending("server_names_hash_bucket_size", STREAM, take(1)),
    pending("server_names_hash_max_size", STREAM, take(1)),
    pending("tcp_nodelay", STREAM.or(STREAM_SERVER), take(1)),
    pending("variables_hash_bucket_size", STREAM, take(1)),
    pending("variables_hash_max_size", STREAM, take(1)),
];
