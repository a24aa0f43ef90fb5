//! Texts of rules and conditions: `$1`, `%1`, `%{VARIABLE}`, `${map:key|default}`.

use diagnostic::{Diagnostic, Origin};
use model::{Function, Part};

use super::map::Table;
use crate::lower::Lowering;
use crate::request;
use crate::value;

/// The variable that holds the path, or URL, as the rules have made it up to now.
pub(super) const REWRITTEN: &str = "rewritten";

/// A variable that looks ahead.
pub(super) const AHEAD: &str = "%{LA-";
/// The variable that holds what is found so.
pub(super) const FOUND: &str = "rewritten_found";

/// How a text is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'t> {
    pub(super) maps: &'t [Table],
    /// Groups of the rule's pattern are escaped.
    pub(super) escape: Option<&'t Function>,
    pub(super) origin: Origin,
}

impl Reading<'_> {
    /// The parts of a text.
    pub(super) fn parts(&self, lowering: &mut Lowering<'_>, text: &str) -> Result<Vec<Part>, Diagnostic> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let after = rest.get(first.len_utf8()..).unwrap_or_default();
            let next = after.chars().next();
            let (found, left) = match (first, next) {
                ('\\', Some(letter)) => {
                    plain.push(letter);
                    rest = after.get(letter.len_utf8()..).unwrap_or_default();
                    continue;
                }
                ('$' | '%', Some(digit)) if digit.is_ascii_digit() => {
                    let number = digit.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
                    let part = if first == '$' { self.group(number) } else { Part::Capture(number) };
                    (vec![part], after.get(1..).unwrap_or_default())
                }
                ('$' | '%', Some('{')) => match inside(after) {
                    Some((name, left)) if first == '%' => (self.variable(lowering, name)?, left),
                    Some((call, left)) => match self.look_up(lowering, call)? {
                        Some(parts) => (parts, left),
                        None => {
                            (vec![Part::Text(rest.get(..rest.len() - left.len()).unwrap_or(rest).to_owned())], left)
                        }
                    },
                    None => (vec![Part::Text(first.to_string())], after),
                },
                _ => {
                    plain.push(first);
                    rest = after;
                    continue;
                }
            };
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.extend(found);
            rest = left;
        }
        parts.push(Part::Text(plain));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(parts)
    }

    fn group(&self, number: u8) -> Part {
        match self.escape {
            Some(by) => Part::Made { by: by.clone(), of: vec![Part::Kept(number)] },
            None => Part::Kept(number),
        }
    }

    /// What no variable is called has no value.
    fn variable(&self, lowering: &mut Lowering<'_>, name: &str) -> Result<Vec<Part>, Diagnostic> {
        match name {
            "REQUEST_FILENAME" | "SCRIPT_FILENAME" => Ok(vec![Part::Variable(REWRITTEN.to_owned())]),
            "LA-U:REQUEST_FILENAME" | "LA-U:SCRIPT_FILENAME" => Ok(vec![Part::Variable(FOUND.to_owned())]),
            _ if name.starts_with("LA-U:") || name.starts_with("LA-F:") => {
                Err(value::not_built(&format!("`%{{{name}}}`, which looks ahead,")).at(self.origin))
            }
            _ => Ok(request::variable(lowering, name).unwrap_or_default()),
        }
    }

    /// `map:key|default`; `None`: there is no such map, and the text stands for itself.
    fn look_up(&self, lowering: &mut Lowering<'_>, call: &str) -> Result<Option<Vec<Part>>, Diagnostic> {
        let Some((name, rest)) = call.split_once(':') else { return Ok(None) };
        let Some(table) = self.maps.iter().find(|table| table.name == name) else { return Ok(None) };
        let (key, default) = split_default(rest);
        let key = self.parts(lowering, key)?;
        let default = self.parts(lowering, default)?;
        Ok(Some(table.look_up(lowering, key, default)))
    }
}

/// What stands in the braces that a text begins with, and what follows them.
fn inside(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return Some((text.get(1..at)?, text.get(at + 1..)?)),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// A key and the default behind its `|`, which may stand in braces of its own inside the key.
fn split_default(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return (text.get(..at).unwrap_or(text), text.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
    }
    (text, "")
}
