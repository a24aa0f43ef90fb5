//! Texts and wildcards of sections as expressions.

use diagnostic::Origin;
use model::Pattern;

/// What matches a text that is all of it.
pub(crate) fn whole(text: &str) -> Pattern {
    pattern(format!("^{}\\z", escape(text)))
}

/// What matches whatever begins with a text.
pub(crate) fn from_start(text: &str) -> Pattern {
    pattern(format!("^{}", escape(text)))
}

/// What matches a text with `*`, `?` and `[…]`, which stand for no slash where it is a `path`; `end` is what follows it.
pub(crate) fn expression(glob: &str, path: bool, end: &str) -> Pattern {
    pattern(format!("(?s)^{}{end}", inside(glob, path)))
}

/// What matches paths that fit wildcards.
pub(crate) fn wildcards(glob: &str) -> Pattern {
    expression(glob, true, "$")
}

/// What matches all that may follow `start` in a text with wildcards; `None`: that begins otherwise.
pub(crate) fn everything(glob: &str, start: &str) -> Option<String> {
    let literal = glob.split(['*', '?', '[', '\\']).next().unwrap_or_default();
    if let Some(rest) = literal.strip_prefix(start) {
        let wild = glob.get(literal.len()..).unwrap_or_default();
        return Some(format!("{}{}\\z", escape(rest), inside(wild, false)));
    }
    (start.starts_with(literal) && glob.get(literal.len()..) == Some("*")).then(String::new)
}

fn pattern(expression: String) -> Pattern {
    Pattern { expression, ignore_case: false, origin: Origin::default() }
}

fn inside(glob: &str, path: bool) -> String {
    let mut expression = String::new();
    let mut rest = glob;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        match letter {
            '*' => expression.push_str(if path { "[^/]*" } else { ".*" }),
            '?' => expression.push_str(if path { "[^/]" } else { "." }),
            '[' => match rest.split_once(']') {
                Some((set, after)) => {
                    let (not, set) = set.strip_prefix(['!', '^']).map_or(("", set), |set| ("^", set));
                    let set = set.replace('\\', "\\\\").replace('[', "\\[");
                    expression.extend(["[", not, &set, "]"]);
                    rest = after;
                }
                None => expression.push_str("\\["),
            },
            '\\' => {
                let next: String = rest.chars().take(1).collect();
                rest = rest.get(next.len()..).unwrap_or_default();
                expression.push_str(&escape(&next));
            }
            letter => expression.push_str(&escape(letter.encode_utf8(&mut [0; 4]))),
        }
    }
    expression
}

/// A text in which nothing has a meaning of its own.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() && !letter.is_ascii_alphanumeric() && letter != '_' && letter != '/' {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_become_expressions() {
        assert_eq!(inside("/a*/?.[!b]", true), r"/a[^/]*/[^/]\.[^b]");
        assert_eq!(inside(r"*\*[x", false), r".*\*\[x");
        assert_eq!(whole("a.b").expression, r"^a\.b\z");
        assert_eq!(everything("http://o/*", "http://o/x").as_deref(), Some(""));
        assert_eq!(everything("http://o/x/*.txt", "http://o/").as_deref(), Some(r"x/.*\.txt\z"));
        assert_eq!(everything("http://p/*", "http://o/"), None);
    }
}
