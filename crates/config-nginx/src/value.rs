//! Reads the values of arguments: switches, numbers, sizes, times, choices, text with variables.

mod size;
mod template;
mod time;

use std::time::Duration;

use config_source::closest;
use diagnostic::Diagnostic;
use model::{ByteSize, Pattern, Template};

use crate::tree::{Directive, Word};

pub(crate) use template::has_variables;

/// The argument of a directive that its arity promises.
pub(crate) fn first(directive: &Directive) -> Result<&Word, Diagnostic> {
    argument(directive, 0)
}

/// The argument at `index`, from 0.
pub(crate) fn argument(directive: &Directive, index: usize) -> Result<&Word, Diagnostic> {
    directive.argument(index).ok_or_else(|| {
        let message = format!("invalid number of arguments in \"{}\" directive", directive.name.text);
        Diagnostic::error("wrong-arity", message).at(directive.origin())
    })
}

/// Methods that a configuration may name, as nginx has them.
pub(crate) const METHODS: [&str; 14] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "MKCOL",
    "COPY",
    "MOVE",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "LOCK",
    "UNLOCK",
    "PATCH",
];

/// A word that a directive cannot take.
pub(crate) fn invalid(directive: &Directive, word: &Word) -> Diagnostic {
    let message = format!("invalid value \"{}\" in \"{}\" directive", word.text, directive.name.text);
    Diagnostic::error("invalid-value", message).at(word.origin)
}

/// A word that is none of a directive's parameters.
pub(crate) fn invalid_parameter(word: &Word, known: &[&str]) -> Diagnostic {
    let problem =
        Diagnostic::error("invalid-parameter", format!("invalid parameter \"{}\"", word.text)).at(word.origin);
    let name = word.text.split('=').next().unwrap_or_default();
    match closest(name, known.iter().map(|known| known.trim_end_matches('='))) {
        Some(close) if close == name => problem.help(format!("`{name}` is known here, but not with this value")),
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None if known.is_empty() => problem,
        None => problem.help(format!("known here: {}", known.join(", "))),
    }
}

/// `on` or `off`, in any case of letters.
pub(crate) fn flag(directive: &Directive, word: &Word) -> Result<bool, Diagnostic> {
    match word.text.to_ascii_lowercase().as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => {
            let message = format!(
                "invalid value \"{}\" in \"{}\" directive, it must be \"on\" or \"off\"",
                word.text, directive.name.text
            );
            Err(Diagnostic::error("invalid-value", message).at(word.origin))
        }
    }
}

/// A number without sign or unit.
pub(crate) fn number(directive: &Directive, word: &Word) -> Result<u64, Diagnostic> {
    decimal(&word.text).ok_or_else(|| invalid(directive, word).help("a number has digits only"))
}

/// A number that fits 32 bits.
pub(crate) fn small_number(directive: &Directive, word: &Word) -> Result<u32, Diagnostic> {
    let number = number(directive, word)?;
    u32::try_from(number).map_err(|_| invalid(directive, word).help(format!("it is at most {}", u32::MAX)))
}

/// Digits only, as nginx reads numbers.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    // nginx's numbers are signed, though none may carry a sign.
    let number: i64 = if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok()? } else { return None };
    u64::try_from(number).ok()
}

/// A size with `k` or `m`.
pub(crate) fn size(directive: &Directive, word: &Word) -> Result<ByteSize, Diagnostic> {
    size::parse(&word.text, "km").ok_or_else(|| {
        invalid(directive, word).help("a size is a number of bytes, or one with k (kilobytes) or m (megabytes)")
    })
}

/// A size with `k`, `m` or `g`.
pub(crate) fn offset(directive: &Directive, word: &Word) -> Result<ByteSize, Diagnostic> {
    size::parse(&word.text, "kmg").ok_or_else(|| {
        invalid(directive, word)
            .help("a size is a number of bytes, or one with k (kilobytes), m (megabytes) or g (gigabytes)")
    })
}

/// A size without a directive to name: `None` if it is none.
pub(crate) fn plain_size(text: &str) -> Option<ByteSize> {
    size::parse(text, "km")
}

/// A size with `k`, `m` or `g` without a directive to name: `None` if it is none.
pub(crate) fn plain_offset(text: &str) -> Option<ByteSize> {
    size::parse(text, "kmg")
}

/// A time, down to milliseconds.
pub(crate) fn time(directive: &Directive, word: &Word) -> Result<Duration, Diagnostic> {
    time::parse(&word.text, time::Finest::Milliseconds).ok_or_else(|| {
        invalid(directive, word)
            .help("a time is a number of seconds, or numbers with ms, s, m, h, d or w, as in `1h 30m`")
    })
}

/// A time in whole seconds.
pub(crate) fn seconds(directive: &Directive, word: &Word) -> Result<Duration, Diagnostic> {
    plain_seconds(&word.text).ok_or_else(|| {
        invalid(directive, word)
            .help("a time is a number of seconds, or numbers with s, m, h, d, w, M (30 days) or y, as in `1h 30m`")
    })
}

/// A time in whole seconds without a directive to name.
pub(crate) fn plain_seconds(text: &str) -> Option<Duration> {
    time::parse(text, time::Finest::Seconds)
}

/// A time down to milliseconds without a directive to name.
pub(crate) fn plain_time(text: &str) -> Option<Duration> {
    time::parse(text, time::Finest::Milliseconds)
}

/// One of several words, in any case of letters.
pub(crate) fn choice<T: Copy>(directive: &Directive, word: &Word, choices: &[(&str, T)]) -> Result<T, Diagnostic> {
    let known = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word.text));
    known.map(|(_, value)| *value).ok_or_else(|| {
        let names = choices.iter().map(|(name, _)| *name);
        let help = match closest(&word.text, names.clone()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("it is one of {}", names.collect::<Vec<_>>().join(", ")),
        };
        invalid(directive, word).help(help)
    })
}

/// Text with variables.
pub(crate) fn template(word: &Word) -> Result<Template, Diagnostic> {
    template::parse(word, &word.text)
}

/// Text with variables that is a part of a word: what is left of it after `skip` characters.
pub(crate) fn template_after(word: &Word, skip: usize) -> Result<Template, Diagnostic> {
    let text: String = word.text.chars().skip(skip).collect();
    let length = text.chars().count();
    let mut template = template::parse(word, &text)?;
    template.origin = word.part(skip, length);
    Ok(template)
}

/// A regular expression that begins after `skip` characters of a word.
pub(crate) fn pattern(word: &Word, skip: usize, ignore_case: bool) -> Pattern {
    let expression: String = word.text.chars().skip(skip).collect();
    let origin = word.part(skip, expression.chars().count());
    Pattern { expression, ignore_case, origin }
}
