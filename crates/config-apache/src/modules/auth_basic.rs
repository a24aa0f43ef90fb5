//! The directives of `mod_auth_basic`: users prove themselves with a password.

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{FLAG, LIMIT, Module, Outcome, REQUIRE, Row, SECTION, at_least, no_effect, pending, row};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_auth_basic", identifier: "auth_basic_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    no_effect("AuthBasicAuthoritative", SECTION.or(LIMIT).or(REQUIRE), FLAG, "nobody else could be asked for a user"),
    pending("AuthBasicFake", SECTION),
    row("AuthBasicProvider", SECTION.or(LIMIT).or(REQUIRE), at_least(1), provider).partial("only `file`"),
    pending("AuthBasicUseDigestAlgorithm", SECTION),
];

fn provider(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    for word in &directive.arguments {
        if !value::choice(word, &[("file", true), ("anon", false), ("dbm", false), ("dbd", false), ("ldap", false)])? {
            return Err(value::not_built("looking up users elsewhere than in a file").at(word.origin));
        }
    }
    Ok(())
}
