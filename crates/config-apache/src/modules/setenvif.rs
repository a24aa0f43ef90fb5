//! The directives of `mod_setenvif`: variables by what a request says.

use diagnostic::{Diagnostic, Origin};
use model::{Condition, Groups, Part, Pattern, Step, Template};

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Scope, environment as environment_name};
use crate::request::{self, environment};
use crate::table::{ANYWHERE, Module, Outcome, Row, at_least, row};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_setenvif", identifier: "setenvif_module", built: true, rows: ROWS };

const NOTE: &str = "no expression in place of a field's name; variables that change how httpd itself works do not";

const ROWS: &[Row] = &[
    row("BrowserMatch", ANYWHERE, at_least(2), |l, s, d| browser(l, s, d, false)).partial(NOTE),
    row("BrowserMatchNoCase", ANYWHERE, at_least(2), |l, s, d| browser(l, s, d, true)).partial(NOTE),
    row("SetEnvIf", ANYWHERE, at_least(3), |l, s, d| by_attribute(l, s, d, false)).partial(NOTE),
    row("SetEnvIfExpr", ANYWHERE, at_least(2), by_expression),
    row("SetEnvIfNoCase", ANYWHERE, at_least(3), |l, s, d| by_attribute(l, s, d, true)).partial(NOTE),
];

fn browser(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive, ignore_case: bool) -> Outcome {
    let subject = request::field("User-Agent");
    let condition = matching(subject, value::first(directive)?, ignore_case);
    push(scope, condition, directive.arguments.get(1..).unwrap_or_default(), directive.origin());
    Ok(())
}

fn by_attribute(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive, ignore_case: bool) -> Outcome {
    let subject = attribute(lowering, scope, value::first(directive)?)?;
    let condition = matching(subject, value::argument(directive, 1)?, ignore_case);
    push(scope, condition, directive.arguments.get(2..).unwrap_or_default(), directive.origin());
    Ok(())
}

fn by_expression(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let condition = crate::expression::condition(lowering, value::first(directive)?)?;
    push(scope, condition, directive.arguments.get(1..).unwrap_or_default(), directive.origin());
    Ok(())
}

/// What is looked at: a part of the request, a variable that was set before, or else a field.
fn attribute(lowering: &mut Lowering<'_>, scope: &Scope, word: &Word) -> Result<Vec<Part>, Diagnostic> {
    let variable = |name: &str| Ok(vec![Part::Variable(name.to_owned())]);
    match word.text.to_ascii_lowercase().as_str() {
        "remote_host" | "remote_addr" => return variable("remote_addr"),
        "server_addr" => return variable("server_addr"),
        "request_method" => return variable("request_method"),
        "request_protocol" => return variable("server_protocol"),
        "request_uri" => return variable("uri"),
        _ => {}
    }
    if word.text.contains(['*', '+', '?', '[', '(', '^', '$', '\\', '.']) {
        return Err(value::not_built("an expression in place of a field's name").at(word.origin));
    }
    let name = environment_name(&word.text);
    if sets(&scope.server.environment.matched, &name) {
        return Ok(vec![environment(lowering, &word.text)]);
    }
    Ok(request::field(&word.text))
}

/// Whether any of the steps sets a variable.
pub(crate) fn sets(steps: &[Step], name: &str) -> bool {
    steps.iter().any(|step| match step {
        Step::Set { variable, .. } | Step::Unset { variable, .. } => variable == name,
        Step::If { steps, .. } | Step::Block { steps, .. } => sets(steps, name),
        _ => false,
    })
}

fn matching(subject: Vec<Part>, word: &Word, ignore_case: bool) -> Condition {
    Condition::Match {
        value: Template { parts: subject, origin: word.origin },
        pattern: Pattern { expression: word.text.clone(), ignore_case, origin: word.origin },
        negated: false,
        groups: Groups::Latest,
    }
}

/// `NAME`, `NAME=VALUE` or `!NAME`.
fn push(scope: &mut Scope, condition: Condition, words: &[Word], origin: Origin) {
    let steps = words.iter().map(|word| match (word.text.strip_prefix('!'), word.text.split_once('=')) {
        (Some(name), _) => Step::Unset { variable: environment_name(name), origin },
        (None, Some((name, text))) => {
            Step::Set { variable: environment_name(name), value: captures(text, origin), origin }
        }
        (None, None) => {
            Step::Set { variable: environment_name(&word.text), value: Template::text("1", origin), origin }
        }
    });
    let step = Step::If { condition, steps: steps.collect(), section: None, origin };
    scope.server.environment.matched.push(step);
}

/// Text with `$1` and its like.
fn captures(text: &str, origin: Origin) -> Template {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let digit = letters.peek().and_then(|next| next.to_digit(10)).and_then(|digit| u8::try_from(digit).ok());
        match (letter, digit) {
            ('$', Some(digit)) => {
                letters.next();
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Capture(digit));
            }
            _ => plain.push(letter),
        }
    }
    parts.push(Part::Text(plain));
    parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    Template { parts, origin }
}
