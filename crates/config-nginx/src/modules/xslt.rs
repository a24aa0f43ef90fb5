//! The directives of `ngx_http_xslt_filter_module`.

use crate::table::{LEVELS, LOCATION, Module, Row, at_least, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_xslt_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("xml_entities", LEVELS, take(1)),
    pending("xml_external_entities", LEVELS, take(1)),
    pending("xslt_last_modified", LEVELS, take(1)),
    pending("xslt_param", LEVELS, take(2)),
    pending("xslt_string_param", LEVELS, take(2)),
    pending("xslt_stylesheet", LOCATION, at_least(1)),
    pending("xslt_types", LEVELS, at_least(1)),
];
