//! The directives of `ngx_http_ssl_module`.

use crate::table::{Module, Row, SITES, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_ssl_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("ssl_buffer_size", SITES, take(1)),
    pending("ssl_certificate", SITES, take(1)),
    pending("ssl_certificate_cache", SITES, between(1, 3)),
    pending("ssl_certificate_compression", SITES, take(1)),
    pending("ssl_certificate_key", SITES, take(1)),
    pending("ssl_ciphers", SITES, take(1)),
    pending("ssl_client_certificate", SITES, take(1)),
    pending("ssl_conf_command", SITES, take(2)),
    pending("ssl_crl", SITES, take(1)),
    pending("ssl_dhparam", SITES, take(1)),
    pending("ssl_early_data", SITES, take(1)),
    pending("ssl_ecdh_curve", SITES, take(1)),
    pending("ssl_ech_file", SITES, take(1)),
    pending("ssl_ocsp", SITES, take(1)),
    pending("ssl_ocsp_cache", SITES, take(1)),
    pending("ssl_ocsp_responder", SITES, take(1)),
    pending("ssl_password_file", SITES, take(1)),
    pending("ssl_prefer_server_ciphers", SITES, take(1)),
    pending("ssl_protocols", SITES, at_least(1)),
    pending("ssl_reject_handshake", SITES, take(1)),
    pending("ssl_session_cache", SITES, between(1, 2)),
    pending("ssl_session_ticket_key", SITES, take(1)),
    pending("ssl_session_tickets", SITES, take(1)),
    pending("ssl_session_timeout", SITES, take(1)),
    pending("ssl_stapling", SITES, take(1)),
    pending("ssl_stapling_file", SITES, take(1)),
    pending("ssl_stapling_responder", SITES, take(1)),
    pending("ssl_stapling_verify", SITES, take(1)),
    pending("ssl_trusted_certificate", SITES, take(1)),
    pending("ssl_verify_client", SITES, take(1)),
    pending("ssl_verify_depth", SITES, take(1)),
];
