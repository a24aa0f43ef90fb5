//! The directives of `ngx_http_memcached_module`.

use crate::table::{IF_LOCATION, LEVELS, LOCATION, Module, Row, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_memcached_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("memcached_bind", LEVELS, between(1, 2)),
    pending("memcached_buffer_size", LEVELS, take(1)),
    pending("memcached_connect_timeout", LEVELS, take(1)),
    pending("memcached_gzip_flag", LEVELS, take(1)),
    pending("memcached_next_upstream", LEVELS, at_least(1)),
    pending("memcached_next_upstream_timeout", LEVELS, take(1)),
    pending("memcached_next_upstream_tries", LEVELS, take(1)),
    pending("memcached_pass", LOCATION.or(IF_LOCATION), take(1)),
    pending("memcached_read_timeout", LEVELS, take(1)),
    pending("memcached_send_timeout", LEVELS, take(1)),
    pending("memcached_socket_keepalive", LEVELS, take(1)),
];
