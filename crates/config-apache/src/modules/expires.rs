//! The directives of `mod_expires`: when responses expire.

use crate::table::{ANYWHERE, Module, Row, pending};

pub(crate) static MODULE: Module =
    Module { name: "mod_expires", identifier: "expires_module", built: false, rows: ROWS };

const ROWS: &[Row] =
    &[pending("ExpiresActive", ANYWHERE), pending("ExpiresByType", ANYWHERE), pending("ExpiresDefault", ANYWHERE)];
