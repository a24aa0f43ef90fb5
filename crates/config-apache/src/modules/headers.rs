//! The directives of `mod_headers`: fields of requests and responses.

use diagnostic::{Diagnostic, Origin};
use model::{Condition, EditScope, FieldAction, FieldEdit, Part, Pattern, Template};

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Scope, is_set, note, with_groups};
use crate::modules::ssl;
use crate::table::{ANYWHERE, Module, Outcome, Row, SERVER, at_least, row};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_headers", identifier: "headers_module", built: true, rows: ROWS };

const MISSING: &str = "no load averages (`%l`, `%i`, `%b`)";

const ROWS: &[Row] = &[
    row("Header", ANYWHERE, at_least(2), response).partial(MISSING),
    row("RequestHeader", ANYWHERE, at_least(2), request).partial(MISSING),
];

/// The words of a directive that are not read yet.
struct Words<'d> {
    rest: std::slice::Iter<'d, Word>,
    directive: &'d Directive,
}

impl<'d> Words<'d> {
    fn next(&mut self) -> Result<&'d Word, Diagnostic> {
        self.rest.next().ok_or_else(|| crate::check::missing_argument(self.directive))
    }
}

fn response(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut words = Words { rest: directive.arguments.iter(), directive };
    let first = value::first(directive)?.text.to_ascii_lowercase();
    let which = match first.as_str() {
        "always" => Some(EditScope::Apart),
        "onsuccess" => Some(EditScope::Served),
        _ => None,
    };
    if which.is_some() {
        words.next()?;
    }
    let edit = edit(lowering, scope, words, which.unwrap_or(EditScope::Served))?;
    scope.overrides.response_edits.extend(edit);
    Ok(())
}

fn request(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let words = Words { rest: directive.arguments.iter(), directive };
    let edit = edit(lowering, scope, words, EditScope::All)?;
    if edit.as_ref().is_some_and(|edit| matches!(edit.action, FieldAction::Echo { .. } | FieldAction::Note { .. })) {
        return Err(value::bad(value::first(directive)?, "this is done with fields of responses only"));
    }
    scope.overrides.request_edits.extend(edit);
    Ok(())
}

const ACTIONS: [&str; 10] = ["set", "append", "merge", "add", "unset", "echo", "edit", "edit*", "setifempty", "note"];

fn edit(
    lowering: &mut Lowering<'_>,
    scope: &Scope,
    mut words: Words<'_>,
    which: EditScope,
) -> Result<Option<FieldEdit>, Diagnostic> {
    let verb = words.next()?;
    let name_word = words.next()?;
    let name = name_word.text.strip_suffix(':').unwrap_or(&name_word.text).to_owned();
    let pattern =
        |word: &Word, ignore_case| Pattern { expression: word.text.clone(), ignore_case, origin: word.origin };
    let mut value = Template::default();
    let action = match verb.text.to_ascii_lowercase().as_str() {
        "unset" => FieldAction::Remove,
        "echo" => FieldAction::Echo { pattern: pattern(name_word, true) },
        edit @ ("edit" | "edit*") => {
            let pattern = pattern(words.next()?, false);
            value = format(lowering, words.next()?, true)?;
            FieldAction::Edit { pattern, all: edit == "edit*" }
        }
        "note" => FieldAction::Note { variable: note(&words.next()?.text) },
        other => {
            let action = match other {
                "set" => FieldAction::Set,
                "append" => FieldAction::Append,
                "merge" => FieldAction::Merge,
                "add" => FieldAction::Add,
                "setifempty" => FieldAction::SetIfEmpty,
                _ => return Err(value::invalid(verb, &ACTIONS)),
            };
            value = format(lowering, words.next()?, false)?;
            action
        }
    };
    let (early, condition) = match words.rest.next() {
        Some(word) => when(lowering, scope, word)?,
        None => (false, None),
    };
    if ["content-length", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
        lowering.without_effect(&words.directive.name.text, name_word.origin, "this field frames the message");
        return Ok(None);
    }
    let origin = words.directive.origin();
    Ok(Some(FieldEdit { name, action, value, scope: which, condition, early, origin }))
}

/// When an edit is done: `early`, `env=…` or `expr=…`.
fn when(lowering: &mut Lowering<'_>, scope: &Scope, word: &Word) -> Result<(bool, Option<Condition>), Diagnostic> {
    if word.text.eq_ignore_ascii_case("early") {
        if !scope.contexts.intersects(SERVER) {
            let problem = value::bad(word, "early is not allowed in a section");
            return Err(problem.help("write it where the server's settings stand"));
        }
        return Ok((true, None));
    }
    if let Some(name) = word.text.strip_prefix("env=") {
        if name.trim_start_matches('!').is_empty() {
            let problem = value::bad(word, "missing environment variable name");
            return Err(problem.help("write `env=NAME`, or `env=!NAME` where it must not be set"));
        }
        return Ok((false, Some(is_set(name))));
    }
    if let Some(text) = word.text.strip_prefix("expr=") {
        let expression = Word { text: text.to_owned(), ..word.clone() };
        return Ok((false, Some(crate::expression::condition(lowering, &expression)?)));
    }
    Err(value::invalid(word, &["early", "env=", "expr="]))
}

/// A value with `%{NAME}e` and its like.
fn format(lowering: &mut Lowering<'_>, word: &Word, groups: bool) -> Result<Template, Diagnostic> {
    if let Some(text) = word.text.strip_prefix("expr=") {
        return crate::expression::text(lowering, &Word { text: text.to_owned(), ..word.clone() });
    }
    let mut template = Template { parts: Vec::new(), origin: word.origin };
    let mut rest = word.text.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        push(&mut template, before, groups, word)?;
        let (part, left) = tag(lowering, word, after)?;
        template.parts.push(part);
        rest = left;
    }
    push(&mut template, rest, groups, word)?;
    Ok(template)
}

fn push(template: &mut Template, text: &str, groups: bool, word: &Word) -> Outcome {
    if text.contains("\\n") || text.contains("\\r") {
        return Err(value::bad(word, "a field cannot have more than one line"));
    }
    let text = text.replace("\\t", "\t");
    if groups {
        template.parts.extend(with_groups(&text));
    } else if !text.is_empty() {
        template.parts.push(Part::Text(text));
    }
    Ok(())
}

/// What stands behind a `%`, and what follows it.
fn tag<'t>(lowering: &mut Lowering<'_>, word: &Word, text: &'t str) -> Result<(Part, &'t str), Diagnostic> {
    let unknown = || value::bad(word, "unknown header format: write `%%` for a percent sign");
    if let Some((name, after)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        let mut letters = after.chars();
        let part = match letters.next() {
            Some('e') => lowering.environment_or(name, "(null)"),
            Some('s') => ssl::or_else(lowering, name, "(null)"),
            _ => return Err(unknown()),
        };
        return Ok((part, letters.as_str()));
    }
    let mut letters = text.chars();
    let part = match letters.next() {
        Some('%') => Part::Text("%".to_owned()),
        Some('t') => prefixed(lowering, "t=", "usec"),
        Some('D') => prefixed(lowering, "D=", "request_time_us"),
        Some('l' | 'i' | 'b') => return Err(value::not_built("the machine's load in a field").at(word.origin)),
        _ => return Err(unknown()),
    };
    Ok((part, letters.as_str()))
}

fn prefixed(lowering: &mut Lowering<'_>, prefix: &str, name: &str) -> Part {
    let parts = vec![Part::Text(prefix.to_owned()), Part::Variable(name.to_owned())];
    let value = Template { parts, origin: Origin::default() };
    Part::Variable(lowering.lookup(crate::lower::variable(name), Vec::new(), value))
}
