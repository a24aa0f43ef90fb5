//! The directives of `mod_authn_core`: what clients are told that they may enter, and how they prove who they are.

use model::Template;

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::modules::elsewhere;
use crate::table::{LIMIT, Module, Outcome, REQUIRE, Row, SECTION, SERVER, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_authn_core", identifier: "authn_core_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    pending("<AuthnProviderAlias>", SERVER),
    row("AuthName", SECTION.or(LIMIT).or(REQUIRE), take(1), name),
    row("AuthType", SECTION.or(LIMIT).or(REQUIRE), take(1), kind).partial("only `Basic` and `None`"),
];

fn name(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    scope.overrides.access.realm = Some(Template::text(word.text.clone(), word.origin));
    Ok(())
}

fn kind(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const KINDS: [(&str, bool); 2] = [("Basic", true), ("None", false)];
    let word = value::first(directive)?;
    if let Some(problem) = elsewhere::authentication(word) {
        return Err(problem);
    }
    if ["Digest", "Form"].iter().any(|kind| kind.eq_ignore_ascii_case(&word.text)) {
        return Err(value::not_built(&format!("AuthType {}", word.text)).at(word.origin));
    }
    scope.overrides.access.passwords = Some(value::choice(word, &KINDS)?);
    Ok(())
}
