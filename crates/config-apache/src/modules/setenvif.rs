//! The directives of `mod_setenvif`: variables by what a request says.

use diagnostic::Origin;
use model::{Condition, Groups, Part, Pattern, Step, Template};

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Scope, environment as environment_name};
use crate::request::{self, environment};
use crate::table::{ANYWHERE, Module, Outcome, Row, SERVER, at_least, row};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_setenvif", identifier: "setenvif_module", built: true, rows: ROWS };

const NOTE: &str = "of variables that change how httpd itself works, only `nokeepalive` and `no-cache`";

const ROWS: &[Row] = &[
    row("BrowserMatch", ANYWHERE, at_least(2), |l, s, d| browser(l, s, d, false)).partial(NOTE),
    row("BrowserMatchNoCase", ANYWHERE, at_least(2), |l, s, d| browser(l, s, d, true)).partial(NOTE),
    row("SetEnvIf", ANYWHERE, at_least(3), |l, s, d| by_attribute(l, s, d, false)).partial(NOTE),
    row("SetEnvIfExpr", ANYWHERE, at_least(2), by_expression),
    row("SetEnvIfNoCase", ANYWHERE, at_least(3), |l, s, d| by_attribute(l, s, d, true)).partial(NOTE),
];

fn browser(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive, ignore_case: bool) -> Outcome {
    let subject = request::field("User-Agent");
    let condition = matching(subject, value::first(directive)?, ignore_case);
    push((lowering, scope), condition, directive.arguments.get(1..).unwrap_or_default(), directive.origin());
    Ok(())
}

fn by_attribute(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive, ignore_case: bool) -> Outcome {
    let (name, expression) = (value::first(directive)?, value::argument(directive, 1)?);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let condition = if name.text.chars().all(plain) {
        matching(attribute(lowering, &name.text), expression, ignore_case)
    } else {
        Condition::Field { name: pattern(name, true), value: pattern(expression, ignore_case) }
    };
    push((lowering, scope), condition, directive.arguments.get(2..).unwrap_or_default(), directive.origin());
    Ok(())
}

fn by_expression(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let condition = crate::expression::condition(lowering, value::first(directive)?)?;
    push((lowering, scope), condition, directive.arguments.get(1..).unwrap_or_default(), directive.origin());
    Ok(())
}

/// What is looked at: a part of the request, a field, or else a variable that was set before.
fn attribute(lowering: &mut Lowering<'_>, name: &str) -> Vec<Part> {
    let variable = match name.to_ascii_lowercase().as_str() {
        "remote_host" | "remote_addr" => "remote_addr",
        "server_addr" => "server_addr",
        "request_method" => "request_method",
        "request_protocol" => "server_protocol",
        "request_uri" => "uri",
        _ => {
            let other = vec![environment(lowering, name)];
            return vec![Part::Else { variable: request::field_name(name), other }];
        }
    };
    vec![Part::Variable(variable.to_owned())]
}

fn matching(subject: Vec<Part>, word: &Word, ignore_case: bool) -> Condition {
    Condition::Match {
        value: Template { parts: subject, origin: word.origin },
        pattern: pattern(word, ignore_case),
        negated: false,
        groups: Groups::Latest,
    }
}

fn pattern(word: &Word, ignore_case: bool) -> Pattern {
    Pattern { expression: word.text.clone(), ignore_case, origin: word.origin }
}

/// `NAME`, `NAME=VALUE` or `!NAME`.
fn push((lowering, scope): (&mut Lowering<'_>, &mut Scope), condition: Condition, words: &[Word], origin: Origin) {
    for word in words {
        lowering.note_variable(scope, word.text.split('=').next().unwrap_or_default(), false, word.origin);
    }
    let steps = words.iter().map(|word| match (word.text.strip_prefix('!'), word.text.split_once('=')) {
        (Some(name), _) => Step::Unset { variable: environment_name(name), origin },
        (None, Some((name, text))) => {
            Step::Set { variable: environment_name(name), value: captures(text, origin), origin }
        }
        (None, None) => {
            Step::Set { variable: environment_name(&word.text), value: Template::text("1", origin), origin }
        }
    });
    let steps: Vec<Step> = steps.collect();
    for step in &steps {
        if let Step::Set { variable, .. } = step {
            lowering.shared.given.insert(variable.clone());
        }
    }
    let step = Step::If { condition, steps, section: None, origin };
    if scope.contexts.intersects(SERVER) {
        scope.server.matched.push(step);
    } else {
        scope.overrides.moments.entered.push(step);
    }
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
