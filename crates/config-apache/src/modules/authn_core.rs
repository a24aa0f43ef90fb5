//! The directives of `mod_authn_core`: what clients are told that they may enter, and how they prove who they are.

use model::Template;

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{LIMIT, Module, Outcome, Row, SECTION, SERVER, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_authn_core", identifier: "authn_core_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    pending("<AuthnProviderAlias>", SERVER),
    row("AuthName", SECTION.or(LIMIT), take(1), name),
    row("AuthType", SECTION.or(LIMIT), take(1), kind).partial("only `Basic` and `None`"),
];

fn name(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    scope.overrides.access.realm = Some(Template::text(word.text.clone(), word.origin));
    Ok(())
}

fn kind(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const KINDS: [(&str, Option<bool>); 4] =
        [("Basic", Some(true)), ("None", Some(false)), ("Digest", None), ("Form", None)];
    let word = value::first(directive)?;
    match value::choice(word, &KINDS)? {
        Some(passwords) => scope.overrides.access.passwords = Some(passwords),
        None => return Err(value::not_built(&format!("AuthType {}", word.text)).at(word.origin)),
    }
    Ok(())
}
