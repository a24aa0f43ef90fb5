//! The directives of `mod_dir`: what answers for a directory.

use model::{Given, Template};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{ANYWHERE, FLAG, Module, Outcome, Row, at_least, no_effect, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_dir", identifier: "dir_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    no_effect("DirectoryCheckHandler", ANYWHERE, FLAG, "no other module answers for directories"),
    row("DirectoryIndex", ANYWHERE, at_least(1), index),
    pending("DirectoryIndexRedirect", ANYWHERE),
    row("DirectorySlash", ANYWHERE, FLAG, |_, s, d| {
        s.overrides.files.directory_redirect = Some(value::flag(d)?);
        Ok(())
    }),
    row("FallbackResource", ANYWHERE, take(1), fallback),
];

/// Several lines of one scope add up.
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
fn index(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let names = scope.overrides.files.index.get_or_insert_default();
    for word in &directive.arguments {
        if word.text.eq_ignore_ascii_case("disabled") {
            names.clear();
        } else {
            names.push(Template::text(word.text.clone(), word.origin));
        }
    }
    Ok(())
}

fn fallback(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let disabled = word.text.eq_ignore_ascii_case("disabled");
    let path = Template::text(word.text.clone(), word.origin);
    scope.overrides.files.fallback = if disabled { Given::Nothing } else { Given::This(path) };
    Ok(())
}
