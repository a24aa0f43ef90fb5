//! Values of directives: numbers, times, switches, words of a list.

use std::time::Duration;

use config_source::closest;
use diagnostic::Diagnostic;

use crate::check::missing_argument;
use crate::directive::Directive;
use crate::line::Word;

/// The first argument.
pub(crate) fn first(directive: &Directive) -> Result<&Word, Diagnostic> {
    argument(directive, 0)
}

/// The argument at `index`, from 0.
pub(crate) fn argument(directive: &Directive, index: usize) -> Result<&Word, Diagnostic> {
    directive.argument(index).ok_or_else(|| missing_argument(directive))
}

/// A value that cannot be.
pub(crate) fn bad(word: &Word, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("invalid-value", message).at(word.origin)
}

/// A word that is none of those that may stand there.
pub(crate) fn invalid(word: &Word, known: &[&str]) -> Diagnostic {
    let problem = bad(word, format!("invalid value \"{}\"", word.text));
    let name = word.text.split('=').next().unwrap_or_default();
    match closest(name, known.iter().map(|known| known.trim_end_matches('='))) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None if known.is_empty() => problem,
        None => problem.help(format!("it is one of: {}", known.join(", "))),
    }
}

/// A part of a directive that is not built.
pub(crate) fn not_built(what: &str) -> Diagnostic {
    Diagnostic::error("not-built", format!("{what} is not built yet"))
        .help("docs/compatibility-apache.md lists what is built")
}

/// One of several words, in whatever case of letters.
pub(crate) fn choice<T: Copy>(word: &Word, choices: &[(&str, T)]) -> Result<T, Diagnostic> {
    let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word.text));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        invalid(word, &names)
    })
}

/// `On` or `Off`.
pub(crate) fn flag(directive: &Directive) -> Result<bool, Diagnostic> {
    let word = first(directive)?;
    choice(word, &[("On", true), ("Off", false)]).map_err(|problem| {
        let message = format!("{} must be On or Off", directive.name.text);
        Diagnostic { message, ..problem }
    })
}

/// A whole number.
pub(crate) fn number(word: &Word) -> Result<u64, Diagnostic> {
    word.text.parse().map_err(|_| bad(word, format!("\"{}\" is no number", word.text)))
}

/// A whole number of 32 bits.
pub(crate) fn small_number(word: &Word) -> Result<u32, Diagnostic> {
    word.text.parse().map_err(|_| bad(word, format!("\"{}\" is no number, or too large", word.text)))
}

/// A whole number of seconds.
pub(crate) fn seconds(word: &Word) -> Result<Duration, Diagnostic> {
    number(word).map(Duration::from_secs)
}

/// A time: seconds, or a number with `ms`, `s`, `min` or `h`.
pub(crate) fn time(word: &Word) -> Result<Duration, Diagnostic> {
    parse_time(&word.text).ok_or_else(|| {
        bad(word, format!("\"{}\" is no time", word.text))
            .help("write seconds, or a number with `ms`, `s`, `min` or `h`")
    })
}

/// [`time`] of a text.
pub(crate) fn parse_time(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().ok()?;
    let unit = unit.to_ascii_lowercase();
    Some(match unit.as_str() {
        "" => Duration::from_secs(number),
        _ if unit.starts_with('s') => Duration::from_secs(number),
        _ if unit.starts_with('h') => Duration::from_secs(number.checked_mul(3600)?),
        _ if unit.starts_with("ms") => Duration::from_millis(number),
        _ if unit.starts_with("mi") => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    })
}
