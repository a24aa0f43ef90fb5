//! The directives of `ngx_http_scgi_module`.

use crate::table::{HTTP, IF_LOCATION, LEVELS, LOCATION, Module, Row, at_least, between, no_effect, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_scgi_module", rows: ROWS };

/// Why the directory for temporary files does not matter.
const NO_SUCH_REQUESTS: &str = "no request of this protocol is forwarded, so that nothing is written there";

const ROWS: &[Row] = &[
    pending("scgi_bind", LEVELS, between(1, 2)),
    pending("scgi_buffer_size", LEVELS, take(1)),
    pending("scgi_buffering", LEVELS, take(1)),
    pending("scgi_buffers", LEVELS, take(2)),
    pending("scgi_busy_buffers_size", LEVELS, take(1)),
    pending("scgi_cache", LEVELS, take(1)),
    pending("scgi_cache_background_update", LEVELS, take(1)),
    pending("scgi_cache_bypass", LEVELS, at_least(1)),
    pending("scgi_cache_key", LEVELS, take(1)),
    pending("scgi_cache_lock", LEVELS, take(1)),
    pending("scgi_cache_lock_age", LEVELS, take(1)),
    pending("scgi_cache_lock_timeout", LEVELS, take(1)),
    pending("scgi_cache_max_range_offset", LEVELS, take(1)),
    pending("scgi_cache_methods", LEVELS, at_least(1)),
    pending("scgi_cache_min_uses", LEVELS, take(1)),
    pending("scgi_cache_path", HTTP, at_least(2)),
    pending("scgi_cache_revalidate", LEVELS, take(1)),
    pending("scgi_cache_use_stale", LEVELS, at_least(1)),
    pending("scgi_cache_valid", LEVELS, at_least(1)),
    pending("scgi_connect_timeout", LEVELS, take(1)),
    pending("scgi_force_ranges", LEVELS, take(1)),
    pending("scgi_hide_header", LEVELS, take(1)),
    pending("scgi_ignore_client_abort", LEVELS, take(1)),
    pending("scgi_ignore_headers", LEVELS, at_least(1)),
    pending("scgi_intercept_errors", LEVELS, take(1)),
    pending("scgi_limit_rate", LEVELS, take(1)),
    pending("scgi_max_temp_file_size", LEVELS, take(1)),
    pending("scgi_next_upstream", LEVELS, at_least(1)),
    pending("scgi_next_upstream_timeout", LEVELS, take(1)),
    pending("scgi_next_upstream_tries", LEVELS, take(1)),
    pending("scgi_no_cache", LEVELS, at_least(1)),
    pending("scgi_param", LEVELS, between(2, 3)),
    pending("scgi_pass", LOCATION.or(IF_LOCATION), take(1)),
    pending("scgi_pass_header", LEVELS, take(1)),
    pending("scgi_pass_request_body", LEVELS, take(1)),
    pending("scgi_pass_request_headers", LEVELS, take(1)),
    pending("scgi_read_timeout", LEVELS, take(1)),
    pending("scgi_request_buffering", LEVELS, take(1)),
    pending("scgi_send_timeout", LEVELS, take(1)),
    pending("scgi_socket_keepalive", LEVELS, take(1)),
    pending("scgi_socket_rcvbuf", LEVELS, take(1)),
    pending("scgi_socket_sndbuf", LEVELS, take(1)),
    pending("scgi_store", LEVELS, take(1)),
    pending("scgi_store_access", LEVELS, between(1, 3)),
    pending("scgi_temp_file_write_size", LEVELS, take(1)),
    no_effect("scgi_temp_path", LEVELS, between(1, 4), |_, _, _| Ok(()), NO_SUCH_REQUESTS),
];
