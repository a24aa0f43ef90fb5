//! The server that a rule forwards to: it is written out, and what follows it cannot become a part of it.

use diagnostic::Diagnostic;

use super::rule::{Rule, Test};
use crate::line::Word;
use crate::value;

/// The server of a URL that requests are forwarded to, and the path behind it.
pub(super) fn server<'r>(rule: &Rule, url: &'r str, in_section: bool) -> Result<(Word, &'r str), Diagnostic> {
    let at = url.find("://").map(|at| at + 3).ok_or_else(|| {
        value::not_built("a rule that forwards to a URL whose server is not written out").at(rule.substitution.origin)
    })?;
    let rest = url.get(at..).unwrap_or_default();
    let (server, path) = url.split_at(at + rest.find(['/', '$', '%']).unwrap_or(rest.len()));
    if !is_path(rule, path, in_section) {
        let problem = value::not_built("a rule that forwards to a server that a request names");
        return Err(problem
            .at(rule.substitution.origin)
            .help("write a rule for each server, and `/` or `%{REQUEST_URI}` behind it"));
    }
    Ok((Word { text: server.to_owned(), ..rule.substitution.clone() }, path))
}

/// Whether a text becomes nothing, or something that begins with a slash.
fn is_path(rule: &Rule, text: &str, in_section: bool) -> bool {
    const PATHS: [&str; 5] =
        ["%{REQUEST_URI}", "%{REQUEST_FILENAME}", "%{SCRIPT_FILENAME}", "%{DOCUMENT_ROOT}", "%{CONTEXT_DOCUMENT_ROOT}"];
    let mut letters = text.chars();
    let (first, second) = (letters.next(), letters.next());
    let number = second.and_then(|digit| digit.to_digit(10)).and_then(|digit| usize::try_from(digit).ok());
    let fits = match (first, number) {
        (None | Some('/'), _) => return true,
        (Some('$'), Some(number)) => is_path_of_rule(rule, number, in_section),
        (Some('%'), Some(number)) => is_path_of_tests(&rule.tests, number),
        _ => return PATHS.iter().any(|path| text.starts_with(path)),
    };
    // A group may be empty.
    fits && is_path(rule, letters.as_str(), in_section)
}

/// Whether a group of a rule's pattern is a path. What patterns of a server see is one.
fn is_path_of_rule(rule: &Rule, number: usize, in_section: bool) -> bool {
    !rule.pattern.text.starts_with('!') && group_is_path(&rule.pattern.text, number, !in_section)
}

/// Whether a group of the condition that held last is a path: any may be that one.
fn is_path_of_tests(tests: &[Test], number: usize) -> bool {
    let mut last = tests.iter().filter(|test| !test.pattern.text.starts_with('!')).peekable();
    last.peek().is_some()
        && last.all(|test| group_is_path(&test.pattern.text, number, test.subject.text.starts_with("%{REQUEST_URI}")))
}

/// Whether a group begins with a slash, or is empty. `of_path`: what is matched begins with one.
fn group_is_path(expression: &str, number: usize, of_path: bool) -> bool {
    let begins = expression.trim_start_matches('(');
    let anchored = expression.starts_with('^') || begins.starts_with(".*") || begins.starts_with(".+");
    let only = alternatives(expression).len() == 1;
    let Some((at, inside)) = group(expression, number) else { return false };
    let before = expression.get(..at).unwrap_or_default().trim_start_matches('^');
    let from_start = of_path && anchored && only && before.chars().all(|letter| letter == '(');
    from_start || begins_with_slash(inside)
}

/// Whether whatever an expression matches begins with a slash, or is empty.
fn begins_with_slash(expression: &str) -> bool {
    alternatives(expression).into_iter().all(|alternative| {
        let alternative = alternative.trim_start_matches('^');
        let rest = alternative.strip_prefix('/').or_else(|| alternative.strip_prefix("\\/"));
        match (rest, alternative) {
            (Some(rest), _) => !rest.starts_with(['?', '*', '{']),
            (None, "" | "$") => true,
            (None, _) => {
                alternative.starts_with('(') && {
                    let inside = inside(alternative, 0);
                    let rest = alternative.get(inside.len() + 2..).unwrap_or_default();
                    let inside = inside.strip_prefix("?:").unwrap_or(inside);
                    let optional = rest.starts_with(['?', '*', '{']) || alternatives(inside).contains(&"");
                    !optional && !inside.starts_with('?') && begins_with_slash(inside)
                }
            }
        }
    })
}

/// Where a numbered group of an expression begins, and what stands in it; 0 is all of it.
fn group(expression: &str, number: usize) -> Option<(usize, &str)> {
    if number == 0 {
        return Some((0, expression));
    }
    let named = ["(?<", "(?P<", "(?'"].iter().any(|start| expression.contains(start));
    let opens = marks(expression).into_iter().filter(|(_, mark)| *mark == '(').map(|(at, _)| at);
    let mut counted = opens.filter(|at| !expression.get(at + 1..).unwrap_or_default().starts_with(['?', '*']));
    let at = counted.nth(number - 1).filter(|_| !named)?;
    Some((at, inside(expression, at)))
}

/// What stands between the parenthesis at a place and its closing one.
fn inside(expression: &str, open: usize) -> &str {
    let mut depth = 0_usize;
    for (at, mark) in marks(expression).into_iter().filter(|(at, _)| *at >= open) {
        match mark {
            '(' => depth += 1,
            ')' if depth == 1 => return expression.get(open + 1..at).unwrap_or_default(),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    expression.get(open + 1..).unwrap_or_default()
}

/// The alternatives that an expression is, outside its groups.
fn alternatives(expression: &str) -> Vec<&str> {
    let (mut found, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, mark) in marks(expression) {
        match mark {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                found.push(expression.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(expression.get(from..).unwrap_or_default());
    found
}

/// Parentheses and bars of an expression, neither escaped nor in a class.
fn marks(expression: &str) -> Vec<(usize, char)> {
    let mut marks = Vec::new();
    let mut letters = expression.char_indices().peekable();
    let mut in_class = false;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '[' if !in_class => {
                in_class = true;
                letters.next_if(|(_, next)| *next == '^');
                // There it is a member.
                letters.next_if(|(_, next)| *next == ']');
            }
            ']' => in_class = false,
            '(' | ')' | '|' if !in_class => marks.push((at, letter)),
            _ => {}
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_hold_a_host_are_told_from_paths() {
        let check = |expression: &str, number: usize, of_path: bool, expected: bool| {
            assert_eq!(group_is_path(expression, number, of_path), expected, "{expression} ${number}");
        };
        check("^(/.*)$", 1, true, true);
        check("^(/.*)$", 1, false, true);
        check("^(.*)$", 1, true, true);
        check("(.*)", 1, true, true);
        check("^(.*)$", 1, false, false);
        check("^/api", 0, true, true);
        check("^/api", 0, false, true);
        check("^/api|b", 0, true, false);
        check("^/api(.*)$", 1, true, false);
        check("^/api(/.*)?$", 1, true, true);
        check("^/api(/|$)(.*)", 1, true, true);
        check("^/api(/|$)(.*)", 2, true, false);
        check("^/a(/?.*)$", 1, true, false);
        check("^/a((/b|c)d)$", 1, true, false);
        check("^/a((?:/b|/c)d)$", 1, true, true);
        check("^/a((?:/b)?d)$", 1, true, false);
        check(r"^/a(\/b|[|]x)$", 1, true, false);
        check(r"^/[()](\(/)(/b)$", 2, true, true);
        check(r"^/[()](\(/)(/b)$", 1, true, false);
        check("^(?<host>a)(/b)$", 1, true, false);
        check("^/a", 1, true, false);
    }
}
