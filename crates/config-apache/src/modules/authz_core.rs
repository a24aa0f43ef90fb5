//! The directives of `mod_authz_core`: who may come in.

use crate::table::{Module, Row, SECTION, SERVER, pending};

pub(crate) static MODULE: Module =
    Module { name: "mod_authz_core", identifier: "authz_core_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[
    pending("<AuthzProviderAlias>", SERVER),
    pending("<RequireAll>", SECTION),
    pending("<RequireAny>", SECTION),
    pending("<RequireNone>", SECTION),
    pending("AuthMerging", SECTION),
    pending("AuthzSendForbiddenOnFailure", SECTION),
    pending("Require", SECTION),
];
