//! The tests of `RewriteCond`.

use diagnostic::Diagnostic;
use model::{Comparison, Condition, FileTest, Function, Groups, Measured, Orders, Part, Pattern, Template};

use super::rule::Test;
use super::text::Reading;
use crate::line::Word;
use crate::lower::Lowering;
use crate::request::{field_name, is_told, named_field};
use crate::value;

/// All tests of a rule: those with `OR` between them count as one.
pub(super) fn all(
    lowering: &mut Lowering<'_>,
    reading: Reading<'_>,
    tests: &[Test],
) -> Result<Vec<Condition>, Diagnostic> {
    let mut all = Vec::new();
    let mut any = Vec::new();
    let mut told = Vec::new();
    for test in tests {
        let condition = one(lowering, reading, test)?;
        let own = told_to_caches(test);
        if test.or || !any.is_empty() {
            any.push(Condition::All([vec![condition], own].concat()));
        } else {
            any.push(condition);
            told.extend(own);
        }
        if !test.or {
            let only = if any.len() == 1 { any.pop() } else { None };
            all.push(only.unwrap_or_else(|| Condition::Any(std::mem::take(&mut any))));
        }
    }
    // Behind the last there is nothing else that could fail.
    if !any.is_empty() {
        any.push(Condition::All(Vec::new()));
        all.push(Condition::Any(any));
    }
    all.extend(told);
    Ok(all)
}

/// Says that the response depends on the fields that a test looks at, those of them that the request has; these always hold.
fn told_to_caches(test: &Test) -> Vec<Condition> {
    let names = test.subject.text.split("%{").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let fields = names.filter_map(named_field).filter(|field| is_told(field));
    let tell = |field: &str| {
        let missing = Condition::Not(Box::new(Condition::Defined(field_name(field))));
        let fields = vec![field.to_owned()];
        Condition::Any(vec![missing, Condition::Varies { fields, condition: Box::new(Condition::All(Vec::new())) }])
    };
    if test.silent { Vec::new() } else { fields.map(tell).collect() }
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
        "-l" | "-L" | "-h" => Ok(FileTest::Link),
        "-F" | "-U" => Err(value::not_built(&format!("the test `{pattern}`"))),
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

/// Takes over the flags of a condition.
pub(super) fn flags(test: &mut Test, word: Option<&Word>) -> Result<(), Diagnostic> {
    let Some(word) = word else { return Ok(()) };
    for flag in super::flags::split(word)? {
        match flag.to_ascii_uppercase().as_str() {
            "OR" | "ORNEXT" => test.or = true,
            "NC" | "NOCASE" => test.ignore_case = true,
            "NV" | "NOVARY" => test.silent = true,
            _ => return Err(value::bad(word, format!("there is no flag \"{flag}\" of a condition"))),
        }
    }
    Ok(())
}
