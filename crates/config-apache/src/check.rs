//! What can be wrong with a directive before its values are looked at.

use config_source::closest;
use diagnostic::Diagnostic;

use crate::directive::Directive;
use crate::modules;
use crate::table::{Contexts, EVERYWHERE, Outcome, Row};

/// The number of arguments, and whether it is a section.
pub(crate) fn arity(row: &Row, directive: &Directive) -> Outcome {
    if row.arity.allows(directive.arguments.len()) {
        return Ok(());
    }
    let message = format!("invalid number of arguments for \"{}\"", row.name);
    let problem = Diagnostic::error("wrong-arity", message).at(directive.origin());
    let comment = directive.arguments.iter().skip(row.arity.least).find(|word| word.text.starts_with('#'));
    Err(match comment {
        Some(word) => problem
            .related(word.origin, "taken for an argument")
            .help("a comment stands on a line of its own: behind a directive, `#` is part of its arguments"),
        None => problem.help(row.arity.expected()),
    })
}

/// A directive without one of its arguments.
pub(crate) fn missing_argument(directive: &Directive) -> Diagnostic {
    let message = format!("\"{}\" needs an argument", directive.name.text);
    Diagnostic::error("wrong-arity", message).at(directive.origin())
}

/// A name that no table has.
pub(crate) fn unknown(directive: &Directive, here: Contexts) -> Diagnostic {
    let name = directive.name.text.as_str();
    if let Some(problem) = modules::elsewhere::directive(directive) {
        return problem;
    }
    let message = format!(
        "Invalid command '{name}', perhaps misspelled or defined by a module not included in the server configuration"
    );
    let problem = Diagnostic::error("unknown-directive", message).at(directive.origin());
    let close = closest(name, modules::names_in(here)).or_else(|| closest(name, modules::names_in(EVERYWHERE)));
    if name.ends_with(';') || directive.rest.text().ends_with([';', '{']) {
        return problem.help("is this nginx's language? `--syntax nginx` says so");
    }
    match close {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem,
    }
}

/// A directive that may not stand where it stands.
pub(crate) fn misplaced(directive: &Directive, allowed: Contexts) -> Diagnostic {
    let names: Vec<&str> = allowed.names().collect();
    Diagnostic::error("misplaced-directive", format!("\"{}\" is not allowed here", directive.name.text))
        .at(directive.origin())
        .help(format!("it may stand in: {}", names.join(", ")))
}

/// A directive whose feature is not built.
pub(crate) fn pending(directive: &Directive, module: &str) -> Diagnostic {
    let message = format!("\"{}\" of {module} is not built yet", directive.name.text);
    let help = "docs/compatibility-apache.md lists what is built";
    Diagnostic::error("not-built", message).at(directive.origin()).help(help)
}

/// A directive that is refused for good.
pub(crate) fn refused(directive: &Directive, why: &str) -> Diagnostic {
    Diagnostic::error("refused", format!("\"{}\" is not supported", directive.name.text))
        .at(directive.origin())
        .help(why)
}
