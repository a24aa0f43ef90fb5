//! The directives of `ngx_stream_proxy_module`.

use crate::table::{Module, Row, STREAM, STREAM_SERVER, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_proxy_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("proxy_bind", STREAM.or(STREAM_SERVER), between(1, 2)),
    pending("proxy_buffer_size", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_connect_timeout", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_download_rate", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_downstream_buffer", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_half_close", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_next_upstream", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_next_upstream_timeout", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_next_upstream_tries", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_pass", STREAM_SERVER, take(1)),
    pending("proxy_protocol", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_requests", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_responses", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_socket_keepalive", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_socket_rcvbuf", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_socket_sndbuf", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_alpn", STREAM.or(STREAM_SERVER), at_least(1)),
    pending("proxy_ssl_certificate", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_certificate_cache", STREAM.or(STREAM_SERVER), between(1, 3)),
    pending("proxy_ssl_certificate_key", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_ciphers", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_conf_command", STREAM.or(STREAM_SERVER), take(2)),
    pending("proxy_ssl_crl", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_name", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_password_file", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_protocols", STREAM.or(STREAM_SERVER), at_least(1)),
    pending("proxy_ssl_server_name", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_session_reuse", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_trusted_certificate", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_verify", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_ssl_verify_depth", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_timeout", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_upload_rate", STREAM.or(STREAM_SERVER), take(1)),
    pending("proxy_upstream_buffer", STREAM.or(STREAM_SERVER), take(1)),
];
