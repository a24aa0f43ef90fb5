//! The condition of an `if`.

use diagnostic::Diagnostic;
use model::{Comparison, Condition, FileTest, Groups, Part, Template};

use crate::tree::{Directive, Word};
use crate::value;

/// Reads the words of `if (…)`.
pub(super) fn parse(directive: &Directive) -> Result<Condition, Diagnostic> {
    let words = without_brackets(directive)?;
    let words: Vec<&Word> = words.iter().collect();
    match words.as_slice() {
        [value] if is_variable(value) => Ok(Condition::True(variable(value)?)),
        [value, operator, with] if is_variable(value) => comparison(value, operator, with),
        [test, path] => file(test, path),
        [first, ..] => Err(invalid(first)),
        [] => Err(invalid(directive.arguments.last().unwrap_or(&directive.name))),
    }
}

/// The words between the brackets, which may be words of their own or joined to the first and last.
fn without_brackets(directive: &Directive) -> Result<Vec<Word>, Diagnostic> {
    let mut words = directive.arguments.clone();
    let first = words.first_mut().ok_or_else(|| invalid(&directive.name))?;
    let inner = first.text.strip_prefix('(').ok_or_else(|| invalid(first))?.to_owned();
    *first = Word { origin: first.part(1, inner.chars().count()), text: inner, ..first.clone() };
    let last = words.last_mut().ok_or_else(|| invalid(&directive.name))?;
    let inner = last.text.strip_suffix(')').ok_or_else(|| invalid(last))?.to_owned();
    *last = Word {
        origin: last.origin.slice(0, u32::try_from(inner.chars().count()).unwrap_or(u32::MAX)),
        text: inner,
        ..last.clone()
    };
    if words.first().is_some_and(|first| first.text.is_empty() && first.quote.is_none()) {
        words.remove(0);
    }
    if words.last().is_some_and(|last| last.text.is_empty() && last.quote.is_none()) {
        words.pop();
    }
    Ok(words)
}

fn is_variable(word: &Word) -> bool {
    word.text.len() > 1 && word.text.starts_with('$')
}

/// The whole word is one variable's name, whatever its characters.
fn variable(word: &Word) -> Result<Template, Diagnostic> {
    let name = word.text.trim_start_matches('$');
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        let problem = Diagnostic::error("invalid-variable", format!("unknown \"{name}\" variable")).at(word.origin);
        return Err(problem.help("the left side of a condition is one variable, as in `if ($name = value)`"));
    }
    let part = Part::Variable(name.to_owned());
    Ok(Template { parts: vec![part], origin: word.origin })
}

fn comparison(left: &Word, operator: &Word, right: &Word) -> Result<Condition, Diagnostic> {
    let value = variable(left)?;
    let compare = |value, comparison| Ok(Condition::Compare { value, comparison, with: value::template(right)? });
    let matches = |value, ignore_case, negated| {
        Ok(Condition::Match { value, pattern: value::pattern(right, 0, ignore_case), negated, groups: Groups::Latest })
    };
    match operator.text.as_str() {
        "=" => compare(value, Comparison::Equal),
        "!=" => compare(value, Comparison::Different),
        "~" => matches(value, false, false),
        "~*" => matches(value, true, false),
        "!~" => matches(value, false, true),
        "!~*" => matches(value, true, true),
        other => {
            let problem = Diagnostic::error("invalid-condition", format!("unexpected \"{other}\" in condition"));
            Err(problem.at(operator.origin).help("it is one of =, !=, ~, ~*, !~, !~*"))
        }
    }
}

fn file(test: &Word, path: &Word) -> Result<Condition, Diagnostic> {
    let (letter, negated) = match test.text.strip_prefix('!') {
        Some(letter) => (letter, true),
        None => (test.text.as_str(), false),
    };
    let test = match letter {
        "-f" => FileTest::File,
        "-d" => FileTest::Directory,
        "-e" => FileTest::Exists,
        "-x" => FileTest::Executable,
        _ => return Err(invalid(test)),
    };
    Ok(Condition::File { test, path: value::template(path)?, negated })
}

fn invalid(word: &Word) -> Diagnostic {
    Diagnostic::error("invalid-condition", format!("invalid condition \"{}\"", word.text))
        .at(word.origin)
        .help("a condition is `($variable)`, `($variable = value)`, `($variable ~ expression)` or `(-f path)`")
}
