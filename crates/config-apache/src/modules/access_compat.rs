//! The directives of `mod_access_compat`: who may come in, as httpd 2.2 wrote it.

use crate::table::{Module, Row, SECTION, pending};

pub(crate) static MODULE: Module =
    Module { name: "mod_access_compat", identifier: "access_compat_module", built: false, rows: ROWS };

const ROWS: &[Row] =
    &[pending("Satisfy", SECTION), pending("allow", SECTION), pending("deny", SECTION), pending("order", SECTION)];
