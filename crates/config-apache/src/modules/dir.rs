//! The directives of `mod_dir`: what answers for a directory.

use model::{Given, Template};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{ANYWHERE, FLAG, Module, Outcome, Row, at_least, no_effect, row, take};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_dir", identifier: "dir_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    no_effect("DirectoryCheckHandler", ANYWHERE, FLAG, "no other module answers for directories"),
    row("DirectoryIndex", ANYWHERE, at_least(0), index),
    row("DirectoryIndexRedirect", ANYWHERE, take(1), index_redirect),
    row("DirectorySlash", ANYWHERE, FLAG, |_, s, d| {
        s.overrides.files.directory_redirect = Some(value::flag(d)?);
        Ok(())
    }),
    row("FallbackResource", ANYWHERE, take(1), fallback),
];

/// Several lines of one scope add up; one that names nothing says nothing.
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
fn index(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    for word in &directive.arguments {
        let names = scope.overrides.files.index.get_or_insert_default();
        if word.text.eq_ignore_ascii_case("disabled") {
            names.clear();
        } else {
            names.push(Template::text(word.text.clone(), word.origin));
        }
    }
    Ok(())
}

fn index_redirect(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const NAMES: [(&str, Option<u16>); 5] =
        [("on", Some(302)), ("off", None), ("temp", Some(302)), ("permanent", Some(301)), ("seeother", Some(303))];
    let word = value::first(directive)?;
    let number = word.text.parse().ok().filter(|status| (300..400).contains(status));
    let status = number.map_or_else(|| value::choice(word, &NAMES), |status| Ok(Some(status)))?;
    scope.overrides.files.index_redirect = status.map_or(Given::Nothing, Given::This);
    Ok(())
}

fn fallback(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let disabled = word.text.eq_ignore_ascii_case("disabled");
    let path = Template::text(word.text.clone(), word.origin);
    scope.overrides.files.fallback = if disabled { Given::Nothing } else { Given::This(path) };
    Ok(())
}
