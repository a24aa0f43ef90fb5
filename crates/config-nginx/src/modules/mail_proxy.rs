//! The directives of `ngx_mail_proxy_module`.

use crate::table::{MAIL, MAIL_SERVER, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_proxy_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("proxy", MAIL.or(MAIL_SERVER), take(1)),
    pending("proxy_buffer", MAIL.or(MAIL_SERVER), take(1)),
    pending("proxy_pass_error_message", MAIL.or(MAIL_SERVER), take(1)),
    pending("proxy_protocol", MAIL.or(MAIL_SERVER), take(1)),
    pending("proxy_smtp_auth", MAIL.or(MAIL_SERVER), take(1)),
    pending("proxy_timeout", MAIL.or(MAIL_SERVER), take(1)),
    pending("xclient", MAIL.or(MAIL_SERVER), take(1)),
];
