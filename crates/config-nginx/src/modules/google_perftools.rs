//! The directives of `ngx_google_perftools_module`.

use crate::table::{MAIN, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_google_perftools_module", rows: ROWS };

const ROWS: &[Row] = &[pending("google_perftools_profiles", MAIN, take(1))];
