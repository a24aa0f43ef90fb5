//! The directives of `mod_mime`: media types by extension.

use crate::table::{ANYWHERE, Module, Row, SECTION, SERVER, pending};

pub(crate) static MODULE: Module = Module { name: "mod_mime", identifier: "mime_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[
    pending("AddCharset", ANYWHERE),
    pending("AddEncoding", ANYWHERE),
    pending("AddHandler", ANYWHERE),
    pending("AddInputFilter", ANYWHERE),
    pending("AddLanguage", ANYWHERE),
    pending("AddOutputFilter", ANYWHERE),
    pending("AddType", ANYWHERE),
    pending("DefaultLanguage", ANYWHERE),
    pending("ModMimeUsePathInfo", SECTION),
    pending("MultiviewsMatch", ANYWHERE),
    pending("RemoveCharset", ANYWHERE),
    pending("RemoveEncoding", ANYWHERE),
    pending("RemoveHandler", ANYWHERE),
    pending("RemoveInputFilter", ANYWHERE),
    pending("RemoveLanguage", ANYWHERE),
    pending("RemoveOutputFilter", ANYWHERE),
    pending("RemoveType", ANYWHERE),
    pending("TypesConfig", SERVER),
];
