//! The directives of `mod_rewrite`: rewriting of requests.

use crate::table::{ANYWHERE, Module, Row, SERVER, pending};

pub(crate) static MODULE: Module =
    Module { name: "mod_rewrite", identifier: "rewrite_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[
    pending("RewriteBase", ANYWHERE),
    pending("RewriteCond", ANYWHERE),
    pending("RewriteEngine", ANYWHERE),
    pending("RewriteMap", SERVER),
    pending("RewriteOptions", ANYWHERE),
    pending("RewriteRule", ANYWHERE),
];
