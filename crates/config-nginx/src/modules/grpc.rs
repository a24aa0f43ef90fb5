//! The directives of `ngx_http_grpc_module`.

use crate::table::{IF_LOCATION, LEVELS, LOCATION, Module, Row, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_grpc_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("grpc_bind", LEVELS, between(1, 2)),
    pending("grpc_buffer_size", LEVELS, take(1)),
    pending("grpc_connect_timeout", LEVELS, take(1)),
    pending("grpc_hide_header", LEVELS, take(1)),
    pending("grpc_ignore_headers", LEVELS, at_least(1)),
    pending("grpc_intercept_errors", LEVELS, take(1)),
    pending("grpc_next_upstream", LEVELS, at_least(1)),
    pending("grpc_next_upstream_timeout", LEVELS, take(1)),
    pending("grpc_next_upstream_tries", LEVELS, take(1)),
    pending("grpc_pass", LOCATION.or(IF_LOCATION), take(1)),
    pending("grpc_pass_header", LEVELS, take(1)),
    pending("grpc_read_timeout", LEVELS, take(1)),
    pending("grpc_send_timeout", LEVELS, take(1)),
    pending("grpc_set_header", LEVELS, take(2)),
    pending("grpc_socket_keepalive", LEVELS, take(1)),
    pending("grpc_socket_rcvbuf", LEVELS, take(1)),
    pending("grpc_socket_sndbuf", LEVELS, take(1)),
    pending("grpc_ssl_certificate", LEVELS, take(1)),
    pending("grpc_ssl_certificate_cache", LEVELS, between(1, 3)),
    pending("grpc_ssl_certificate_key", LEVELS, take(1)),
    pending("grpc_ssl_ciphers", LEVELS, take(1)),
    pending("grpc_ssl_conf_command", LEVELS, take(2)),
    pending("grpc_ssl_crl", LEVELS, take(1)),
    pending("grpc_ssl_name", LEVELS, take(1)),
    pending("grpc_ssl_password_file", LEVELS, take(1)),
    pending("grpc_ssl_protocols", LEVELS, at_least(1)),
    pending("grpc_ssl_server_name", LEVELS, take(1)),
    pending("grpc_ssl_session_reuse", LEVELS, take(1)),
    pending("grpc_ssl_trusted_certificate", LEVELS, take(1)),
    pending("grpc_ssl_verify", LEVELS, take(1)),
    pending("grpc_ssl_verify_depth", LEVELS, take(1)),
];
