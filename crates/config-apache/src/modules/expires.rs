//! The directives of `mod_expires`: when responses expire.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::ExpiresTime;

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Scope};
use crate::table::{ANYWHERE, FLAG, Module, Outcome, Row, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_expires", identifier: "expires_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    row("ExpiresActive", ANYWHERE, FLAG, |_, s, d| {
        s.overrides.expires.active = Some(value::flag(d)?);
        Ok(())
    }),
    row("ExpiresByType", ANYWHERE, take(2), by_type),
    row("ExpiresDefault", ANYWHERE, take(1), |_, s, d| {
        s.overrides.expires.default = Some(time(value::first(d)?)?);
        Ok(())
    }),
];

fn by_type(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let (name, time) = (value::first(directive)?.text.to_ascii_lowercase(), time(value::argument(directive, 1)?)?);
    let types = &mut scope.overrides.expires.types;
    types.retain(|(known, _)| *known != name);
    types.push((name, time));
    Ok(())
}

/// `A300`, `M300`, or `access plus 1 month 2 days` and its like.
fn time(word: &Word) -> Result<ExpiresTime, Diagnostic> {
    read(&word.text).ok_or_else(|| {
        value::bad(word, format!("\"{}\" is no time of expiry", word.text))
            .help("write `access plus 1 month`, `modification plus 2 hours`, `A300` or `M300`")
    })
}

fn read(text: &str) -> Option<ExpiresTime> {
    let after =
        |modified: bool, span| if modified { ExpiresTime::AfterModified(span) } else { ExpiresTime::After(span) };
    if let Some((code @ ("A" | "M"), seconds)) = text.split_at_checked(1)
        && let Ok(seconds) = seconds.parse()
    {
        return Some(after(code == "M", Duration::from_secs(seconds)));
    }
    let mut words = text.split_whitespace().map(str::to_ascii_lowercase).peekable();
    let modified = match words.next()?.as_str() {
        "access" | "now" => false,
        "modification" => true,
        _ => return None,
    };
    if words.peek().is_some_and(|word| word == "plus") {
        words.next();
    }
    let mut sum = 0_u64;
    while let Some(number) = words.next() {
        let number: u64 = number.parse().ok()?;
        let unit = match words.next()?.trim_end_matches('s') {
            "year" => 365 * 86_400,
            "month" => 30 * 86_400,
            "week" => 7 * 86_400,
            "day" => 86_400,
            "hour" => 3600,
            "minute" => 60,
            "second" => 1,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(unit)?)?;
    }
    Some(after(modified, Duration::from_secs(sum)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_expiry_are_read() {
        let after = |seconds| Some(ExpiresTime::After(Duration::from_secs(seconds)));
        assert_eq!(read("A300"), after(300));
        assert_eq!(read("M0"), Some(ExpiresTime::AfterModified(Duration::ZERO)));
        assert_eq!(read("access plus 1 month 2 days"), after(32 * 86_400));
        assert_eq!(read("now 15 Minutes"), after(900));
        for wrong in ["", "A", "soon", "access plus 1", "access plus x days", "access plus 1 moon"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
