//! Finds files by a pattern with `*`, `?` and `[…]`, as a shell does.

use std::path::{Component, Path, PathBuf};

use crate::files::Files;

/// Whether a path is a pattern at all.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The files that match, sorted.
pub fn find(files: &dyn Files, pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str().to_string_lossy();
        found = match component {
            Component::Normal(_) if is_pattern(&name) => {
                found.iter().flat_map(|path| matching(files, path, &name)).collect()
            }
            _ => found.into_iter().map(|path| path.join(component)).collect(),
        };
    }
    found.retain(|path| files.exists(path));
    found.sort();
    found.dedup();
    found
}

fn matching(files: &dyn Files, directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let names = files.list(directory).unwrap_or_default();
    // Hidden files must be named with their dot.
    let visible = names.into_iter().filter(|name| pattern.starts_with('.') || !name.starts_with('.'));
    let pattern: Vec<char> = pattern.chars().collect();
    visible
        .filter(|name| matches(&pattern, &name.chars().collect::<Vec<_>>()))
        .map(|name| directory.join(name))
        .collect()
}

fn matches(pattern: &[char], name: &[char]) -> bool {
    let Some((&first, rest)) = pattern.split_first() else { return name.is_empty() };
    match first {
        '*' => (0..=name.len()).any(|skip| name.get(skip..).is_some_and(|name| matches(rest, name))),
        '?' => name.split_first().is_some_and(|(_, name)| matches(rest, name)),
        '[' => match (set(rest), name.split_first()) {
            (Some((set, rest)), Some((&character, name))) => set.contains(character) && matches(rest, name),
            (Some(_), None) => false,
            (None, _) => name.split_first().is_some_and(|(&character, name)| character == '[' && matches(rest, name)),
        },
        '\\' => match rest.split_first() {
            Some((escaped, rest)) => {
                name.split_first().is_some_and(|(character, name)| character == escaped && matches(rest, name))
            }
            None => name == ['\\'],
        },
        _ => name.split_first().is_some_and(|(&character, name)| character == first && matches(rest, name)),
    }
}

/// A bracket expression.
struct Set<'a> {
    negated: bool,
    inner: &'a [char],
}

impl Set<'_> {
    fn contains(&self, character: char) -> bool {
        let mut inner = self.inner;
        let mut found = false;
        while let Some((&low, rest)) = inner.split_first() {
            if let [dash, high, after @ ..] = rest
                && *dash == '-'
            {
                found |= (low..=*high).contains(&character);
                inner = after;
            } else {
                found |= low == character;
                inner = rest;
            }
        }
        found != self.negated
    }
}

/// The set that begins behind a `[`, and the pattern behind its `]`.
fn set(pattern: &[char]) -> Option<(Set<'_>, &[char])> {
    let negated = matches!(pattern.first(), Some('!' | '^'));
    let body = pattern.get(usize::from(negated)..)?;
    // A `]` that comes first belongs to the set.
    let end = 1 + body.get(1..)?.iter().position(|&character| character == ']')?;
    Some((Set { negated, inner: body.get(..end)? }, body.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;

    #[test]
    fn names_match_as_in_a_shell() {
        let check = |pattern: &str, name: &str, expected: bool| {
            let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
            assert_eq!(matches(&pattern, &name), expected, "{pattern:?} {name:?}");
        };
        check("*.conf", "a.conf", true);
        check("*.conf", "a.conf.bak", false);
        check("?.conf", "a.conf", true);
        check("?.conf", ".conf", false);
        check("[a-c]*", "bx", true);
        check("[!a-c]*", "bx", false);
        check("[]x]", "]", true);
        check("[abc", "[abc", true);
        check("\\*", "*", true);
        check("\\*", "a", false);
        check("**a", "bba", true);
    }

    #[test]
    fn found_files_are_sorted_and_hidden_ones_left_out() {
        let files = Memory::new()
            .with("/etc/b/2.conf", "")
            .with("/etc/a/1.conf", "")
            .with("/etc/a/.x.conf", "")
            .with("/etc/a/z", "");
        let found = find(&files, Path::new("/etc/*/*.conf"));
        assert_eq!(found, [PathBuf::from("/etc/a/1.conf"), PathBuf::from("/etc/b/2.conf")]);
        assert_eq!(find(&files, Path::new("/no/*.conf")), Vec::<PathBuf>::new());
        assert_eq!(find(&files, Path::new("/etc/a/[z]")), [PathBuf::from("/etc/a/z")]);
    }
}
