//! The directives of `ngx_mail_core_module`.

use crate::table::{MAIL, MAIL_SERVER, Module, Row, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_core_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("error_log", MAIL.or(MAIL_SERVER), at_least(1)),
    pending("listen", MAIL_SERVER, at_least(1)),
    pending("max_errors", MAIL.or(MAIL_SERVER), take(1)),
    pending("protocol", MAIL_SERVER, take(1)),
    pending("resolver", MAIL.or(MAIL_SERVER), at_least(1)),
    pending("resolver_timeout", MAIL.or(MAIL_SERVER), take(1)),
    pending("server", MAIL, take(0).block()),
    pending("server_name", MAIL.or(MAIL_SERVER), take(1)),
    pending("timeout", MAIL.or(MAIL_SERVER), take(1)),
];
