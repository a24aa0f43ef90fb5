//! The directives of `mod_headers`: fields of requests and responses.

use crate::table::{ANYWHERE, Module, Row, pending};

pub(crate) static MODULE: Module =
    Module { name: "mod_headers", identifier: "headers_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[pending("Header", ANYWHERE), pending("RequestHeader", ANYWHERE)];
