//! The directives of `ngx_http_auth_request_module`.

use model::Template;

use super::rewrite::variable_name;
use crate::lower::{Level, Lowering};
use crate::table::{LEVELS, Module, Outcome, Row, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_auth_request_module", rows: ROWS };

const ROWS: &[Row] = &[row("auth_request", LEVELS, take(1), request), row("auth_request_set", LEVELS, take(2), set)];

fn request(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    // nginx takes the path as it is written: `$` is a letter in it.
    let path = (word.text != "off").then(|| Template::text(word.text.clone(), word.origin));
    level.access.request.put(directive, path)
}

fn set(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let variable = variable_name(value::first(directive)?)?;
    let value = value::template(value::argument(directive, 1)?)?;
    level.access.request_set.push((variable, value));
    Ok(())
}
