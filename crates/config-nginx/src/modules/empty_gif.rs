//! The directives of `ngx_http_empty_gif_module`.

use crate::table::{LOCATION, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_empty_gif_module", rows: ROWS };

const ROWS: &[Row] = &[pending("empty_gif", LOCATION, take(0))];
