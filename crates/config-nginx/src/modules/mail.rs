//! The directives of `ngx_mail_module`.

use crate::table::{MAIN, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_mail_module", rows: ROWS };

const ROWS: &[Row] = &[pending("mail", MAIN, take(0).block())];
