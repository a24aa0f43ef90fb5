//! What can be wrong with a directive before its values are looked at.

use diagnostic::{Diagnostic, Origin};

use super::foreign;
use super::slot::duplicate;
use crate::modules;
use crate::table::{Contexts, Outcome, Row};
use crate::tree::{Directive, Word};

/// The number of arguments, and whether there is a block.
pub(super) fn arity(row: &Row, directive: &Directive) -> Outcome {
    let name = row.name;
    let problem = if row.arity.block && directive.block.is_none() {
        Diagnostic::error("no-block", format!("directive \"{name}\" has no opening \"{{\""))
            .help(format!("write `{name} … {{ … }}`"))
    } else if !row.arity.block && directive.block.is_some() {
        Diagnostic::error("unexpected-block", format!("directive \"{name}\" is not terminated by \";\""))
            .help("it takes no block; an expression with `{` in it must stand in quotes")
    } else if row.arity.allows(directive.arguments.len()) {
        return Ok(());
    } else {
        Diagnostic::error("wrong-arity", format!("invalid number of arguments in \"{name}\" directive"))
            .help(row.arity.expected())
    };
    Err(problem.at(directive.origin()))
}

/// Directives without effect that may stand several times in a block.
const REPEATABLE: [&str; 1] = ["thread_pool"];

/// A directive without effect that stands twice in its block.
pub(super) fn repeated(row: &Row, idle: &mut Vec<(&'static str, Origin)>, directive: &Directive) -> Outcome {
    if REPEATABLE.contains(&row.name) {
        return Ok(());
    }
    if let Some((_, first)) = idle.iter().find(|(name, _)| *name == row.name) {
        return Err(duplicate(directive, *first));
    }
    idle.push((row.name, directive.origin()));
    Ok(())
}

/// A name that no table has.
pub(super) fn unknown(directive: &Directive, close: Option<&str>) -> Diagnostic {
    let message = format!("unknown directive \"{}\"", directive.name.text);
    let problem = Diagnostic::error("unknown-directive", message).at(directive.origin());
    match (foreign::advice(&directive.name.text), close) {
        (Some(advice), _) => problem.help(advice),
        (None, Some(close)) => problem.help(format!("did you mean `{close}`?")),
        (None, None) => problem,
    }
}

/// A directive that may not stand in its block.
pub(super) fn misplaced(directive: &Directive, allowed: Contexts) -> Diagnostic {
    let message = format!("\"{}\" directive is not allowed here", directive.name.text);
    let names: Vec<&str> = allowed.names().collect();
    Diagnostic::error("misplaced-directive", message)
        .at(directive.origin())
        .help(format!("it may stand in: {}", names.join(", ")))
}

/// A directive whose feature is not built.
pub(super) fn pending(directive: &Directive) -> Diagnostic {
    Diagnostic::error("not-built", format!("\"{}\" is not built yet", directive.name.text))
        .at(directive.origin())
        .help("docs/compatibility.md lists what is built")
}

/// A directive that is refused for good.
pub(super) fn refused(directive: &Directive, why: &str) -> Diagnostic {
    Diagnostic::error("refused", format!("\"{}\" is not supported", directive.name.text))
        .at(directive.origin())
        .help(why)
}

/// The word that is taken for an argument because a `;` is missing before it: a directive's name at the beginning of a line.
pub(super) fn missing_semicolon(directive: &Directive, contexts: Contexts) -> Option<&Word> {
    let mut line = directive.origin().line;
    directive.arguments.iter().find(|word| {
        let begins_line = word.origin.line > std::mem::replace(&mut line, word.origin.line);
        begins_line && word.quote.is_none() && modules::rows(&word.text).any(|row| row.contexts.intersects(contexts))
    })
}
