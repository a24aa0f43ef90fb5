//! The directives of `ngx_mail_auth_http_module`.

use crate::table::{MAIL, MAIL_SERVER, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_auth_http_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("auth_http", MAIL.or(MAIL_SERVER), take(1)),
    pending("auth_http_header", MAIL.or(MAIL_SERVER), take(2)),
    pending("auth_http_pass_client_cert", MAIL.or(MAIL_SERVER), take(1)),
    pending("auth_http_timeout", MAIL.or(MAIL_SERVER), take(1)),
];
