//! The directives of `ngx_http_userid_filter_module`.

use super::verify;
use crate::table::{LEVELS, Module, Row, between, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_userid_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("userid", LEVELS, take(1), |_, _, d| verify::only(d, &["off"])).partial("only `off`"),
    pending("userid_domain", LEVELS, take(1)),
    pending("userid_expires", LEVELS, take(1)),
    pending("userid_flags", LEVELS, between(1, 3)),
    pending("userid_mark", LEVELS, take(1)),
    pending("userid_name", LEVELS, take(1)),
    pending("userid_p3p", LEVELS, take(1)),
    pending("userid_path", LEVELS, take(1)),
    pending("userid_service", LEVELS, take(1)),
];
