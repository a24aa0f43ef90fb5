//! The directives of `ngx_http_try_files_module`.

use diagnostic::Diagnostic;
use model::{Fallback, TryFiles};

use crate::lower::{Level, Lowering};
use crate::table::{LOCATION, Module, Outcome, Row, SERVER, at_least, row};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_try_files_module", rows: ROWS };

const ROWS: &[Row] = &[row("try_files", SERVER.or(LOCATION), at_least(2), try_files)];

/// The largest code that `=code` may give.
const LARGEST_CODE: u64 = 999;

fn try_files(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let Some((last, words)) = directive.arguments.split_last() else {
        return value::first(directive).map(drop);
    };
    let candidates = words.iter().map(value::template).collect::<Result<_, _>>()?;
    let try_files = TryFiles { candidates, fallback: fallback(last)?, origin: directive.origin() };
    level.files.try_files.put(directive, try_files)
}

fn fallback(word: &Word) -> Result<Fallback, Diagnostic> {
    if let Some(code) = word.text.strip_prefix('=') {
        let number = if code.is_empty() { None } else { value::decimal(code).filter(|&code| code <= LARGEST_CODE) };
        return number.and_then(|number| u16::try_from(number).ok()).map(Fallback::Status).ok_or_else(|| {
            Diagnostic::error("invalid-value", format!("invalid code \"{}\"", word.text)).at(word.origin)
        });
    }
    if word.text.starts_with('@') && !value::has_variables(&word.text) {
        return Ok(Fallback::Named(word.text.clone()));
    }
    Ok(Fallback::Path(value::template(word)?))
}
