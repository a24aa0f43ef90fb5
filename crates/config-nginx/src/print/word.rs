//! Words of the language: quoting, text with variables, sizes, times.

use std::path::Path;
use std::time::Duration;

use model::{ByteSize, Part, Pattern, Template};

/// A word as it is written, or why there is none.
pub(super) type Word = Result<String, String>;

const DOLLAR: &str = "text with a `$` that is no variable's";

/// A word that says this text.
pub(super) fn quote(text: &str) -> String {
    if text.contains('\0') || needs_quotes(text) {
        let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
        return format!("{quote}{}{quote}", escape(text, Some(quote)));
    }
    escape(text, None)
}

fn needs_quotes(text: &str) -> bool {
    let special = |character: char| character.is_ascii_whitespace() || ";\"'\u{b}".contains(character);
    if text.is_empty() || text.starts_with(['#', '{', '}']) || text.contains(special) {
        return true;
    }
    // `${` opens no block.
    text.match_indices('{').any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with('$')))
}

/// A backslash stands for itself unless an escape would come of it.
fn escape(text: &str, quote: Option<char>) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.peek() {
                None | Some('\\' | '"' | '\'' | 't' | 'r' | 'n' | '\t' | '\r' | '\n') => escaped.push_str("\\\\"),
                Some(&next) => {
                    escaped.push('\\');
                    escaped.push(next);
                    characters.next();
                }
            },
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if Some(character) == quote => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A word where a `$` has no meaning.
#[expect(clippy::unnecessary_wraps, reason = "the form of all words")]
pub(super) fn text(text: &str) -> Word {
    Ok(quote(text))
}

/// A path where a `$` has no meaning.
pub(super) fn path(path: &Path) -> Word {
    path.to_str().map(quote).ok_or_else(|| format!("{} is not UTF-8", path.display()))
}

/// A word where a `$` would begin a variable, and none is meant.
pub(super) fn literal(text: &str) -> Word {
    if text.contains('$') { Err(DOLLAR.to_owned()) } else { Ok(quote(text)) }
}

/// Text with variables.
pub(super) fn template(template: &Template) -> Word {
    raw(template).map(|raw| quote(&raw))
}

/// Text with variables, before it is quoted.
pub(super) fn raw(template: &Template) -> Word {
    let mut raw = String::new();
    let mut parts = template.parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Text(text) if text.contains('$') => return Err(DOLLAR.to_owned()),
            Part::Text(text) => raw.push_str(text),
            Part::Capture(number @ 1..=9) => raw.extend(['$', char::from(b'0' + number)]),
            Part::Capture(number) => return Err(format!("the capture {number}: there are nine")),
            Part::Variable(name) => raw.push_str(&variable(name, parts.peek().copied())?),
            Part::Kept(number) => return Err(format!("the capture {number} of an earlier expression")),
            Part::Else { .. } => return Err("a value that stands where there is no other".to_owned()),
            Part::Made { .. } => return Err("a value that a function makes".to_owned()),
        }
    }
    Ok(raw)
}

/// A variable, with brackets where what follows would count as its name.
fn variable(name: &str, next: Option<&Part>) -> Word {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(format!("a variable called \"{name}\""));
    }
    let joined = matches!(next, Some(Part::Text(text)) if text.bytes().next().is_some_and(is_name));
    let digit = name.starts_with(|first: char| first.is_ascii_digit());
    Ok(if joined || digit { format!("${{{name}}}") } else { format!("${name}") })
}

/// An expression after the sign that says so: `~`, or `~*` where the case of letters is ignored.
pub(super) fn matching(pattern: &Pattern) -> Word {
    let sign = if pattern.ignore_case { "~*" } else { "~" };
    if !pattern.ignore_case && pattern.expression.starts_with('*') {
        return Err("an expression that begins with `*`".to_owned());
    }
    Ok(quote(&format!("{sign}{}", pattern.expression)))
}

/// An expression where the case of letters always counts, unless it says otherwise itself.
pub(super) fn expression(pattern: &Pattern) -> String {
    let ignore = if pattern.ignore_case { "(?i)" } else { "" };
    quote(&format!("{ignore}{}", pattern.expression))
}

/// An expression after `~` where the case of letters is always ignored.
pub(super) fn matching_any_case(pattern: &Pattern) -> Word {
    if !pattern.ignore_case && !pattern.expression.starts_with("(?i)") {
        return Err(format!("an expression for which the case of letters counts: {}", pattern.expression));
    }
    Ok(quote(&format!("~{}", pattern.expression.strip_prefix("(?i)").unwrap_or(&pattern.expression))))
}

/// A size with the largest unit in which it is whole.
pub(super) fn size(ByteSize(bytes): ByteSize) -> String {
    match bytes {
        0 => "0".to_owned(),
        _ if bytes.is_multiple_of(1 << 20) => format!("{}m", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{}k", bytes >> 10),
        _ => number(bytes),
    }
}

/// A number; the language's are signed.
pub(super) fn number(number: u64) -> String {
    number.min(i64::MAX.cast_unsigned()).to_string()
}

/// A time, down to milliseconds.
pub(super) fn time(time: Duration) -> Word {
    if !time.subsec_nanos().is_multiple_of(1_000_000) {
        return Err(format!("a time of {time:?}"));
    }
    Ok(match (time.subsec_millis(), time.as_secs()) {
        (0, _) => whole_seconds(time),
        (milliseconds, 0) => format!("{milliseconds}ms"),
        (milliseconds, seconds) => format!("{seconds}s{milliseconds}ms"),
    })
}

/// A time in whole seconds.
pub(super) fn seconds(time: Duration) -> Word {
    if time.subsec_nanos() != 0 {
        Err(format!("a time of {time:?}, which is no whole seconds"))
    } else {
        Ok(whole_seconds(time))
    }
}

/// The longest time that a signed number of milliseconds holds.
const LONGEST: u64 = i64::MAX.cast_unsigned() / 1000;

fn whole_seconds(time: Duration) -> String {
    match time.as_secs().min(LONGEST) {
        0 => "0".to_owned(),
        seconds if seconds.is_multiple_of(86400) => format!("{}d", seconds / 86400),
        seconds if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        seconds if seconds > 60 && seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests;
