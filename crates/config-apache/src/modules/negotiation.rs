//! The directives of `mod_negotiation`: documents in several languages, of which none are looked for here.

use crate::table::{ANYWHERE, FLAG, Module, Row, SERVER, at_least, between, no_effect};

pub(crate) static MODULE: Module =
    Module { name: "mod_negotiation", identifier: "negotiation_module", built: false, rows: ROWS };

const WHY: &str = "documents are not chosen by language: the one that a request names is sent";

const ROWS: &[Row] = &[
    no_effect("CacheNegotiatedDocs", SERVER, FLAG, WHY),
    no_effect("ForceLanguagePriority", ANYWHERE, between(1, 3), WHY),
    no_effect("LanguagePriority", ANYWHERE, at_least(1), WHY),
];
