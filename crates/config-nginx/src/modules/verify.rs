//! Looks at the values of directives that have no effect here, so that a slip in them is found all the same.

use diagnostic::Diagnostic;

use crate::lower::{Level, Lowering};
use crate::table::{Lower, Outcome};
use crate::tree::Directive;
use crate::value;

/// Takes any value.
pub(crate) const ANY: Lower = |_, _, _| Ok(());
/// `on` or `off`.
pub(crate) const FLAG: Lower = |_, _, directive| value::flag(directive, value::first(directive)?).map(drop);
/// A number.
pub(crate) const NUMBER: Lower = |_, _, directive| value::number(directive, value::first(directive)?).map(drop);
/// A size.
pub(crate) const SIZE: Lower = |_, _, directive| value::size(directive, value::first(directive)?).map(drop);
/// A time.
pub(crate) const TIME: Lower = |_, _, directive| value::time(directive, value::first(directive)?).map(drop);
/// A number and a size.
pub(crate) const BUFFERS: Lower = |_, _, directive| buffers(directive).map(drop);

/// A number of buffers and the size of one.
pub(crate) fn buffers(directive: &Directive) -> Result<(u64, model::ByteSize), Diagnostic> {
    let word = value::first(directive)?;
    let number = value::number(directive, word)?;
    if number == 0 {
        return Err(value::invalid(directive, word));
    }
    let word = value::argument(directive, 1)?;
    let size = value::size(directive, word)?;
    if size.0 == 0 {
        return Err(value::invalid(directive, word));
    }
    Ok((number, size))
}

/// Accepts only the value that nginx has by default; another is a feature that is not built yet.
pub(crate) fn only(directive: &Directive, accepted: &[&str]) -> Outcome {
    let word = value::first(directive)?;
    if accepted.contains(&word.text.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    let message = format!("\"{} {}\" is not built yet", directive.name.text, word.text);
    let names: Vec<String> = accepted.iter().map(|accepted| format!("`{} {accepted}`", directive.name.text)).collect();
    Err(Diagnostic::error("not-built", message).at(word.origin).help(format!("only {} is accepted", names.join(", "))))
}

/// A part of a directive that is not built yet.
pub(crate) fn not_built(what: &str) -> Diagnostic {
    Diagnostic::error("not-built", format!("{what} is not built yet"))
}

/// Takes over a block's directives without more.
pub(crate) fn walk(lowering: &mut Lowering<'_>, mut inner: Level, directive: &Directive) -> Level {
    lowering.block(&mut inner, directive);
    inner
}
