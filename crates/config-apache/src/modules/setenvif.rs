//! The directives of `mod_setenvif`: variables by what a request says.

use crate::table::{ANYWHERE, Module, Row, pending};

pub(crate) static MODULE: Module =
    Module { name: "mod_setenvif", identifier: "setenvif_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[
    pending("BrowserMatch", ANYWHERE),
    pending("BrowserMatchNoCase", ANYWHERE),
    pending("SetEnvIf", ANYWHERE),
    pending("SetEnvIfExpr", ANYWHERE),
    pending("SetEnvIfNoCase", ANYWHERE),
];
