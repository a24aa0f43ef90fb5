//! The directives of `ngx_mail_realip_module`.

use crate::table::{MAIL, MAIL_SERVER, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_realip_module", rows: ROWS };

const ROWS: &[Row] = &[pending("set_real_ip_from", MAIL.or(MAIL_SERVER), take(1))];
