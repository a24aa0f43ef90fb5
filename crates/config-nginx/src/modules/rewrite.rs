//! The directives of `ngx_http_rewrite_module`: steps of a script.

mod condition;

use diagnostic::Diagnostic;
use model::{RewriteFlag, Step};

use super::verify;
use crate::lower::{If, Level, LocationKind, Lowering, RawStep};
use crate::table::{
    HTTP, IF_LOCATION, IF_SERVER, LOCATION, Module, Outcome, Row, SCRIPTS, SERVER, at_least, between, row, take,
};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_rewrite_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("break", SCRIPTS, take(0), |_, v, d| push(v, Step::Break { origin: d.origin() })),
    row("if", SERVER.or(LOCATION), at_least(1).block(), condition_block),
    row("return", SCRIPTS, between(1, 2), answer),
    row("rewrite", SCRIPTS, between(2, 3), rewrite),
    row("rewrite_log", HTTP.or(SCRIPTS), take(1), |_, v, d| v.logs.rewrite.flag(d)),
    row("set", SCRIPTS, take(2), set),
    row("uninitialized_variable_warn", HTTP.or(SCRIPTS), take(1), |_, v, d| v.logs.uninitialized.flag(d)),
];

#[expect(clippy::unnecessary_wraps, reason = "the form of all rows' functions")]
fn push(level: &mut Level, step: Step) -> Outcome {
    level.script.push(RawStep::Step(step));
    Ok(())
}

fn condition_block(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let contexts = if level.contexts.intersects(SERVER) { IF_SERVER } else { IF_LOCATION };
    let mut inner = Level::new(contexts, directive.origin());
    inner.location.kind = LocationKind::If;
    inner.location.name.clone_from(&level.location.name);
    let inner = verify::walk(lowering, inner, directive);
    let condition = condition::parse(directive)?;
    level.script.push(RawStep::If(If { condition, level: Box::new(inner) }));
    Ok(())
}

/// Whether a text is where nginx redirects to without being told so.
fn is_redirect(text: &str) -> bool {
    ["http://", "https://", "$scheme"].iter().any(|start| text.starts_with(start))
}

/// `return code [text]` or `return url`
fn answer(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let origin = directive.origin();
    let number = if word.text.is_empty() { None } else { value::decimal(&word.text) };
    let status = number.and_then(|code| u16::try_from(code).ok()).filter(|&code| code <= 999);
    let (status, text) = match status {
        Some(status) => (status, directive.argument(1)),
        None if number.is_none() && directive.arguments.len() == 1 && is_redirect(&word.text) => (302, Some(word)),
        None => {
            let message = format!("invalid return code \"{}\"", word.text);
            return Err(Diagnostic::error("invalid-value", message)
                .at(word.origin)
                .help("it is a status, or a URL that begins with http://, https:// or $scheme"));
        }
    };
    let text = text.map(value::template).transpose()?;
    push(level, Step::Return { status, text, origin })
}

/// `rewrite regex replacement [flag]`
fn rewrite(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let pattern = value::pattern(value::first(directive)?, 0, false);
    let word = value::argument(directive, 1)?;
    if word.text.is_empty() {
        return Err(Diagnostic::error("invalid-value", "empty replacement").at(word.origin));
    }
    // A `?` at the end says that the old arguments are not wanted.
    let (text, keep_arguments) = match word.text.strip_suffix('?') {
        Some(text) => (text, false),
        None => (word.text.as_str(), true),
    };
    let replacement = value::template(&Word { text: text.to_owned(), ..word.clone() })?;
    let flag = match directive.argument(2) {
        None if is_redirect(text) => RewriteFlag::Redirect(302),
        None => RewriteFlag::Continue,
        Some(flag) => match flag.text.as_str() {
            "permanent" => RewriteFlag::Redirect(301),
            "redirect" => RewriteFlag::Redirect(302),
            "last" | "break" if is_redirect(text) => RewriteFlag::Redirect(302),
            "last" => RewriteFlag::Last,
            "break" => RewriteFlag::Break,
            _ => return Err(value::invalid_parameter(flag, &["last", "break", "redirect", "permanent"])),
        },
    };
    let origin = directive.origin();
    push(level, Step::Rewrite { pattern, replacement, flag, keep_arguments, origin })
}

fn set(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let variable = variable_name(value::first(directive)?)?;
    let value = value::template(value::argument(directive, 1)?)?;
    push(level, Step::Set { variable, value, origin: directive.origin() })
}

/// The name in a word `$name`.
pub(crate) fn variable_name(word: &Word) -> Result<String, Diagnostic> {
    match word.text.strip_prefix('$') {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => {
            let message = format!("invalid variable name \"{}\"", word.text);
            Err(Diagnostic::error("invalid-variable", message)
                .at(word.origin)
                .help("a variable's name begins with `$`"))
        }
    }
}
