//! The directives of `mod_authn_file`: files of users and their passwords.

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{LIMIT, Module, Outcome, REQUIRE, Row, SECTION, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_authn_file", identifier: "authn_file_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[row("AuthUserFile", SECTION.or(LIMIT).or(REQUIRE), take(1), file)];

fn file(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.overrides.access.users = Some(lowering.path(&value::first(directive)?.text));
    Ok(())
}
