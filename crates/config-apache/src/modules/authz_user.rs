//! `mod_authz_user`: `Require user` and `Require valid-user`, which `mod_authz_core` reads.

use crate::table::Module;

pub(crate) static MODULE: Module =
    Module { name: "mod_authz_user", identifier: "authz_user_module", built: true, rows: &[] };
