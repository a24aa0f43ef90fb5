//! The directives of `ngx_mail_imap_module`.

use crate::table::{MAIL, MAIL_SERVER, Module, Row, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_imap_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("imap_auth", MAIL.or(MAIL_SERVER), at_least(1)),
    pending("imap_capabilities", MAIL.or(MAIL_SERVER), at_least(1)),
    pending("imap_client_buffer", MAIL.or(MAIL_SERVER), take(1)),
];
