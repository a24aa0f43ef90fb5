//! The tests of `RewriteCond`.

use diagnostic::Diagnostic;
use model::{Comparison, Condition, FileTest, Function, Groups, Measured, Orders, Part, Pattern, Template};

use super::rule::Test;
use super::text::Reading;
use crate::line::Word;
use crate::lower::Lowering;
use crate::value;

/// All tests of a rule: those with `OR` between them count as one.
pub(super) fn all(
    lowering: &mut Lowering<'_>,
    reading: Reading<'_>,
    tests: &[Test],
) -> Result<Vec<Condition>, Diagnostic> {
    let mut all = Vec::new();
    let mut any = Vec::new();
    for test in tests {
        any.push(one(lowering, reading, test)?);
        if !test.or {
            let only = if any.len() == 1 { any.pop() } else { None };
            all.push(only.unwrap_or_else(|| Condition::Any(std::mem::take(&mut any))));
        }
    }
    if !any.is_empty() {
        all.push(Condition::Any(any));
    }
    Ok(all)
}

fn one(lowering: &mut Lowering<'_>, reading: Reading<'_>, test: &Test) -> Result<Condition, Diagnostic> {
    let origin = test.pattern.origin;
    if test.subject.text.eq_ignore_ascii_case("expr") {
        return crate::expression::condition(lowering, &test.pattern);
    }
    let reading = Reading { origin: test.subject.origin, escape: None, ..reading };
    let subject = Template { parts: reading.parts(lowering, &test.subject.text)?, origin: test.subject.origin };
    let (negated, pattern) = match test.pattern.text.strip_prefix('!') {
        Some(pattern) => (true, pattern),
        None => (false, test.pattern.text.as_str()),
    };
    let other = Reading { origin, ..reading };
    let condition = if let Some(test) = file_test(pattern) {
        let test = test.map_err(|problem| problem.at(origin))?;
        return Ok(Condition::File { test, path: subject, negated });
    } else if let Some((by, fits, with)) = order(pattern) {
        let with = Template { parts: other.parts(lowering, with)?, origin };
        let lower = |text: Template| {
            if test.ignore_case {
                Template { parts: vec![Part::Made { by: Function::Lower, of: text.parts }], origin }
            } else {
                text
            }
        };
        let (value, with) = (lower(subject), lower(with));
        match (by, fits) {
            (Measured::Length, Orders { before: false, same: true, behind: false }) => {
                Condition::Compare { value, comparison: Comparison::Equal, with }
            }
            _ => Condition::Order { value, with, by, fits },
        }
    } else {
        return Ok(Condition::Match {
            value: subject,
            pattern: Pattern { expression: pattern.to_owned(), ignore_case: test.ignore_case, origin },
            negated,
            groups: if negated { Groups::Latest } else { Groups::Matched },
        });
    };
    Ok(if negated { Condition::Not(Box::new(condition)) } else { condition })
}

fn file_test(pattern: &str) -> Option<Result<FileTest, Diagnostic>> {
    Some(match pattern {
        "-d" => Ok(FileTest::Directory),
        "-f" => Ok(FileTest::File),
        "-s" => Ok(FileTest::Filled),
        "-x" => Ok(FileTest::Executable),
        "-F" | "-U" | "-l" | "-L" | "-h" => Err(value::not_built(&format!("the test `{pattern}`"))),
        _ => return None,
    })
}

/// A comparison: what is compared, which orders fit, and with what.
fn order(pattern: &str) -> Option<(Measured, Orders, &str)> {
    const NUMBERS: [(&str, Orders); 6] = [
        ("-eq", orders(false, true, false)),
        ("-ne", orders(true, false, true)),
        ("-lt", orders(true, false, false)),
        ("-le", orders(true, true, false)),
        ("-gt", orders(false, false, true)),
        ("-ge", orders(false, true, true)),
    ];
    const TEXTS: [(&str, Orders); 5] = [
        ("<=", orders(true, true, false)),
        (">=", orders(false, true, true)),
        ("<", orders(true, false, false)),
        (">", orders(false, false, true)),
        ("=", orders(false, true, false)),
    ];
    let of =
        |known: &[(&str, Orders)]| known.iter().find_map(|(sign, fits)| Some((*fits, pattern.strip_prefix(*sign)?)));
    if let Some((fits, with)) = of(&NUMBERS) {
        return Some((Measured::Number, fits, with));
    }
    let (fits, with) = of(&TEXTS)?;
    // `=""` compares with nothing.
    Some((Measured::Length, fits, if with == "\"\"" { "" } else { with }))
}

const fn orders(before: bool, same: bool, behind: bool) -> Orders {
    Orders { before, same, behind }
}

/// The flags of a condition: whether the next one may hold instead, whether case is ignored.
pub(super) fn flags(word: Option<&Word>) -> Result<(bool, bool), Diagnostic> {
    let Some(word) = word else { return Ok((false, false)) };
    let (mut or, mut ignore_case) = (false, false);
    for flag in super::flags::split(word)? {
        match flag.to_ascii_uppercase().as_str() {
            "OR" | "ORNEXT" => or = true,
            "NC" | "NOCASE" => ignore_case = true,
            // Nothing is said to caches of what conditions look at.
            "NV" | "NOVARY" => {}
            _ => return Err(value::bad(word, format!("there is no flag \"{flag}\" of a condition"))),
        }
    }
    Ok((or, ignore_case))
}
