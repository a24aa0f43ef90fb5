//! The directives of `ngx_mail_smtp_module`.

use crate::table::{MAIL, MAIL_SERVER, Module, Row, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_smtp_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("smtp_auth", MAIL.or(MAIL_SERVER), at_least(1)),
    pending("smtp_capabilities", MAIL.or(MAIL_SERVER), at_least(1)),
    pending("smtp_client_buffer", MAIL.or(MAIL_SERVER), take(1)),
    pending("smtp_greeting_delay", MAIL.or(MAIL_SERVER), take(1)),
];
