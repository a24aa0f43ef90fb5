//! The directives of `ngx_stream_ssl_module`.

use crate::table::{Module, Row, STREAM, STREAM_SERVER, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_stream_ssl_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("ssl_alpn", STREAM.or(STREAM_SERVER), at_least(1)),
    pending("ssl_certificate", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_certificate_cache", STREAM.or(STREAM_SERVER), between(1, 3)),
    pending("ssl_certificate_compression", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_certificate_key", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_ciphers", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_client_certificate", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_conf_command", STREAM.or(STREAM_SERVER), take(2)),
    pending("ssl_crl", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_dhparam", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_ecdh_curve", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_ech_file", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_handshake_timeout", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_ocsp", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_ocsp_cache", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_ocsp_responder", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_password_file", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_prefer_server_ciphers", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_protocols", STREAM.or(STREAM_SERVER), at_least(1)),
    pending("ssl_reject_handshake", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_session_cache", STREAM.or(STREAM_SERVER), between(1, 2)),
    pending("ssl_session_ticket_key", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_session_tickets", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_session_timeout", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_stapling", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_stapling_file", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_stapling_responder", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_stapling_verify", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_trusted_certificate", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_verify_client", STREAM.or(STREAM_SERVER), take(1)),
    pending("ssl_verify_depth", STREAM.or(STREAM_SERVER), take(1)),
];
