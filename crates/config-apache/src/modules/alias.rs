//! The directives of `mod_alias`: paths that lie elsewhere, and redirects.

use crate::table::{ANYWHERE, Module, Row, SERVER, pending};

pub(crate) static MODULE: Module = Module { name: "mod_alias", identifier: "alias_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[
    pending("Alias", ANYWHERE),
    pending("AliasMatch", SERVER),
    pending("AliasPreservePath", ANYWHERE),
    pending("Redirect", ANYWHERE),
    pending("RedirectMatch", ANYWHERE),
    pending("RedirectPermanent", ANYWHERE),
    pending("RedirectRelative", ANYWHERE),
    pending("RedirectTemp", ANYWHERE),
    pending("ScriptAlias", ANYWHERE),
    pending("ScriptAliasMatch", SERVER),
];
