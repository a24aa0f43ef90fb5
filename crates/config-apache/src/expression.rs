//! httpd's expressions, as conditions of the model.

use diagnostic::Diagnostic;
use model::Condition;

use crate::line::Word;
use crate::lower::Lowering;
use crate::value;

/// The condition that an expression is.
pub(crate) fn condition(_: &mut Lowering<'_>, word: &Word) -> Result<Condition, Diagnostic> {
    Err(value::not_built("an expression here").at(word.origin))
}
