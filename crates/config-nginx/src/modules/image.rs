//! The directives of `ngx_http_image_filter_module`.

use crate::table::{LEVELS, LOCATION, Module, Row, between, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_image_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("image_filter", LOCATION, between(1, 3)),
    pending("image_filter_buffer", LEVELS, take(1)),
    pending("image_filter_interlace", LEVELS, take(1)),
    pending("image_filter_jpeg_quality", LEVELS, take(1)),
    pending("image_filter_sharpen", LEVELS, take(1)),
    pending("image_filter_transparency", LEVELS, take(1)),
    pending("image_filter_webp_quality", LEVELS, take(1)),
];
