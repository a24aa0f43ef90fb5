//! The directives of `ngx_http_index_module`.

use diagnostic::Diagnostic;

use crate::lower::{Level, Lowering};
use crate::table::{LEVELS, Module, Outcome, Row, at_least, row};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_index_module", rows: ROWS };

const ROWS: &[Row] = &[row("index", LEVELS, at_least(1), index)];

fn index(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    for (position, word) in directive.arguments.iter().enumerate() {
        if word.text.is_empty() {
            let message = "index \"\" in \"index\" directive is invalid";
            return Err(Diagnostic::error("invalid-value", message).at(word.origin));
        }
        if word.text.starts_with('/') && position + 1 != directive.arguments.len() {
            let message = "only the last index in \"index\" directive should be absolute";
            lowering.report(Diagnostic::warning("absolute-index", message).at(word.origin));
        }
        level.files.shared.index.push(value::template(word)?);
    }
    Ok(())
}
