//! The directives of `mod_autoindex`: lists of what a directory holds, which are not built.

use crate::table::{ANYWHERE, FLAG, Module, Row, at_least, between, no_effect, take};

pub(crate) static MODULE: Module =
    Module { name: "mod_autoindex", identifier: "autoindex_module", built: false, rows: ROWS };

const WHY: &str = "directories are not listed: one without an index file is answered with 403 or 404";

const ROWS: &[Row] = &[
    no_effect("AddAlt", ANYWHERE, at_least(2), WHY),
    no_effect("AddAltByEncoding", ANYWHERE, at_least(2), WHY),
    no_effect("AddAltByType", ANYWHERE, at_least(2), WHY),
    no_effect("AddDescription", ANYWHERE, at_least(2), WHY),
    no_effect("AddIcon", ANYWHERE, at_least(2), WHY),
    no_effect("AddIconByEncoding", ANYWHERE, at_least(2), WHY),
    no_effect("AddIconByType", ANYWHERE, at_least(2), WHY),
    no_effect("DefaultIcon", ANYWHERE, take(1), WHY),
    no_effect("FancyIndexing", ANYWHERE, FLAG, WHY),
    no_effect("HeaderName", ANYWHERE, take(1), WHY),
    no_effect("IndexHeadInsert", ANYWHERE, at_least(1), WHY),
    no_effect("IndexIgnore", ANYWHERE, at_least(1), WHY),
    no_effect("IndexIgnoreReset", ANYWHERE, FLAG, WHY),
    no_effect("IndexOptions", ANYWHERE, at_least(0), WHY),
    no_effect("IndexOrderDefault", ANYWHERE, between(2, 2), WHY),
    no_effect("IndexStyleSheet", ANYWHERE, take(1), WHY),
    no_effect("ReadmeName", ANYWHERE, take(1), WHY),
];
