//! `expires`: when a response expires.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::{ExpiresRule, ExpiresTime};

use crate::lower::{Level, Lowering};
use crate::modules::verify;
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

const DAY: Duration = Duration::from_hours(24);

/// `expires [modified] time`, or `epoch`, `max`, `off`
pub(super) fn expires(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let first = value::first(directive)?;
    let (word, modified) = match directive.argument(1) {
        None => (first, false),
        Some(word) if first.text == "modified" => (word, true),
        Some(_) => return Err(value::invalid(directive, first).help("it is `modified`")),
    };
    let rule = if value::has_variables(&word.text) {
        ExpiresRule::Variable(value::template(word)?)
    } else {
        ExpiresRule::Fixed(time(directive, word, modified)?)
    };
    let from_modified = modified && matches!(rule, ExpiresRule::Variable(_));
    level.headers.expires.put(directive, (rule, from_modified))
}

fn time(directive: &Directive, word: &Word, modified: bool) -> Result<ExpiresTime, Diagnostic> {
    let text = word.text.as_str();
    match text {
        "epoch" if !modified => return Ok(ExpiresTime::Epoch),
        "max" if !modified => return Ok(ExpiresTime::Max),
        "off" if !modified => return Ok(ExpiresTime::Off),
        _ => {}
    }
    let (sign, digits) = match text.chars().next() {
        Some(sign @ ('@' | '+' | '-')) => (sign, text.get(1..).unwrap_or_default()),
        _ => ('+', text),
    };
    let time = value::plain_seconds(digits).ok_or_else(|| {
        value::invalid(directive, word).help("it is a time as `1h`, `-1` or `@15h30m`, or `epoch`, `max` or `off`")
    })?;
    let wrong = |message: &str| Diagnostic::error("invalid-value", message).at(word.origin);
    match (sign, modified) {
        ('@', true) => Err(wrong("daily time cannot be used with \"modified\" parameter")),
        ('@', false) if time > DAY => Err(wrong("daily time value must be less than 24 hours")),
        ('@', false) => Ok(ExpiresTime::Daily(u32::try_from(time.as_secs()).unwrap_or_default())),
        ('-', true) => Err(verify::not_built("\"expires modified\" with a time before").at(word.origin)),
        ('-', false) => Ok(ExpiresTime::Before(time)),
        (_, true) => Ok(ExpiresTime::AfterModified(time)),
        (_, false) => Ok(ExpiresTime::After(time)),
    }
}
