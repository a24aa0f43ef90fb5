//! The directives of `ngx_mail_pop3_module`.

use crate::table::{MAIL, MAIL_SERVER, Module, Row, at_least, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_pop3_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("pop3_auth", MAIL.or(MAIL_SERVER), at_least(1)),
    pending("pop3_capabilities", MAIL.or(MAIL_SERVER), at_least(1)),
];
