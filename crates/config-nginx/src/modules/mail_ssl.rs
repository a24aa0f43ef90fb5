//! The directives of `ngx_mail_ssl_module`.

use crate::table::{MAIL, MAIL_SERVER, Module, Row, at_least, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_ssl_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("ssl_certificate", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_certificate_compression", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_certificate_key", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_ciphers", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_client_certificate", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_conf_command", MAIL.or(MAIL_SERVER), take(2)),
    pending("ssl_crl", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_dhparam", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_ecdh_curve", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_password_file", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_prefer_server_ciphers", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_protocols", MAIL.or(MAIL_SERVER), at_least(1)),
    pending("ssl_session_cache", MAIL.or(MAIL_SERVER), between(1, 2)),
    pending("ssl_session_ticket_key", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_session_tickets", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_session_timeout", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_trusted_certificate", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_verify_client", MAIL.or(MAIL_SERVER), take(1)),
    pending("ssl_verify_depth", MAIL.or(MAIL_SERVER), take(1)),
    pending("starttls", MAIL.or(MAIL_SERVER), take(1)),
];
