//! The directives of `ngx_otel_module`.

use crate::table::{HTTP, LEVELS, Module, Row, at_least, pending};

pub(crate) static MODULE: Module = Module { name: "ngx_otel_module", rows: ROWS };

const ROWS: &[Row] = &[
    pending("otel_exporter", HTTP, at_least(0)),
    pending("otel_resource_attr", HTTP, at_least(0)),
    pending("otel_service_name", HTTP, at_least(0)),
    pending("otel_span_attr", LEVELS, at_least(0)),
    pending("otel_span_name", LEVELS, at_least(0)),
    pending("otel_trace", LEVELS, at_least(0)),
    pending("otel_trace_context", LEVELS, at_least(0)),
];
