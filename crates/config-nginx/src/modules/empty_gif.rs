//! The directives of `ngx_http_empty_gif_module`.

use crate::table::{LOCATION, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_empty_gif_module", rows: ROWS };

const ROWS: &[Row] = &[row("empty_gif", LOCATION, take(0), |_, v, d| {
    v.location.pixel.replace(true, d.origin());
    Ok(())
})];
