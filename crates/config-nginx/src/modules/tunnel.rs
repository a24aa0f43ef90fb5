//! The directives of `ngx_http_tunnel_module`.

use crate::table::{IF_LOCATION, LEVELS, LOCATION, Module, Row, SERVER, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_tunnel_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("tunnel_bind", LEVELS, between(1, 2)),
    pending("tunnel_buffer_size", LEVELS, take(1)),
    pending("tunnel_connect_timeout", LEVELS, take(1)),
    pending("tunnel_next_upstream", LEVELS, at_least(1)),
    pending("tunnel_next_upstream_timeout", LEVELS, take(1)),
    pending("tunnel_next_upstream_tries", LEVELS, take(1)),
    pending("tunnel_pass", SERVER.or(LOCATION).or(IF_LOCATION), between(0, 1)),
    pending("tunnel_read_timeout", LEVELS, take(1)),
    pending("tunnel_send_lowat", LEVELS, take(1)),
    pending("tunnel_send_timeout", LEVELS, take(1)),
    pending("tunnel_socket_keepalive", LEVELS, take(1)),
    pending("tunnel_socket_rcvbuf", LEVELS, take(1)),
    pending("tunnel_socket_sndbuf", LEVELS, take(1)),
];
