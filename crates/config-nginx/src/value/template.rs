//! Text with variables: `$name`, `${name}` and the captures `$1` to `$9`.

use diagnostic::Diagnostic;
use model::{Part, Template};

use crate::tree::Word;

/// Whether a text has variables, or what nginx takes for them.
pub(crate) fn has_variables(text: &str) -> bool {
    text.contains('$')
}

/// Cuts `text`, which is what a word says or a part of it.
pub(super) fn parse(word: &Word, text: &str) -> Result<Template, Diagnostic> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        push_text(&mut parts, before);
        let (part, after) = variable(after).map_err(|problem| report(&problem, word))?;
        parts.push(part);
        rest = after;
    }
    push_text(&mut parts, rest);
    Ok(Template { parts, origin: word.origin })
}

enum Problem<'a> {
    NoName,
    NoBracket(&'a str),
}

/// The variable at the beginning of what follows a `$`, and the rest.
fn variable(text: &str) -> Result<(Part, &str), Problem<'_>> {
    if let Some(digit) = text.chars().next().and_then(|first| first.to_digit(10)).filter(|&digit| digit > 0) {
        let rest = text.get(1..).unwrap_or_default();
        return Ok((Part::Capture(u8::try_from(digit).unwrap_or_default()), rest));
    }
    let bracketed = text.strip_prefix('{');
    let begin = bracketed.unwrap_or(text);
    let length = begin.bytes().take_while(|&byte| byte.is_ascii_alphanumeric() || byte == b'_').count();
    let (name, mut rest) = begin.split_at_checked(length).unwrap_or((begin, ""));
    if bracketed.is_some() {
        rest = rest.strip_prefix('}').ok_or(Problem::NoBracket(name))?;
    }
    if name.is_empty() { Err(Problem::NoName) } else { Ok((Part::Variable(name.to_owned()), rest)) }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
}

fn report(problem: &Problem<'_>, word: &Word) -> Diagnostic {
    match problem {
        Problem::NoName => Diagnostic::error("invalid-variable", "invalid variable name")
            .help("a `$` begins a variable; text cannot have one of its own"),
        Problem::NoBracket(name) => {
            Diagnostic::error("invalid-variable", format!("the closing bracket in \"{name}\" variable is missing"))
        }
    }
    .at(word.origin)
}
