//! Texts of directives as templates: values that are looked up for each request.

use diagnostic::Origin;
use model::{MapKey, Part, Template};

use super::Lowering;

/// A variable of the environment.
pub(crate) fn environment(name: &str) -> String {
    let known = OF_BALANCERS.iter().find(|(known, _)| *known == name);
    known.map_or_else(|| format!("env_{name}"), |(_, variable)| (*variable).to_owned())
}

/// What a balancer says of its choice.
const OF_BALANCERS: [(&str, &str); 4] = [
    ("BALANCER_ROUTE_CHANGED", "upstream_route_changed"),
    ("BALANCER_SESSION_ROUTE", "upstream_named_route"),
    ("BALANCER_WORKER_NAME", "upstream_server"),
    ("BALANCER_WORKER_ROUTE", "upstream_route"),
];

/// What one module leaves for another under a name.
pub(crate) fn note(name: &str) -> String {
    format!("note_{name}")
}

/// A template that is one variable.
pub(crate) fn variable(name: impl Into<String>) -> Template {
    Template { parts: vec![Part::Variable(name.into())], origin: Origin::default() }
}

/// A template that is only text.
pub(crate) fn text(text: &str) -> Template {
    Template::text(text, Origin::default())
}

/// `$1` is what a group of the expression matched; a backslash takes the meaning of a `$` away.
pub(crate) fn with_groups(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let digit = next.and_then(|next| next.to_digit(10)).and_then(|digit| u8::try_from(digit).ok());
        match (letter, next, digit) {
            ('$', _, Some(digit)) => {
                letters.next();
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Capture(digit));
            }
            ('\\', Some(next @ ('$' | '\\')), _) => {
                letters.next();
                plain.push(next);
            }
            _ => plain.push(letter),
        }
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    parts
}

impl Lowering<'_> {
    /// The variable whose value depends on another's: one of `entries`, or else `default`.
    pub(crate) fn lookup(&mut self, source: Template, entries: Vec<(&str, Template)>, default: Template) -> String {
        for part in &source.parts {
            if let Part::Variable(name) = part
                && name.starts_with("env_")
            {
                self.shared.environment.insert(name.clone());
            }
        }
        let entries: Vec<_> = entries.into_iter().map(|(key, value)| (MapKey::Text(key.to_owned()), value)).collect();
        let maps = &mut self.shared.maps;
        let same = |map: &&model::Map| {
            map.volatile && map.source == source && map.entries == entries && map.default == default
        };
        if let Some(map) = maps.iter().find(same) {
            return map.variable.clone();
        }
        let variable = format!("chosen_{}", maps.len());
        let origin = Origin::default();
        // The same may be asked before and behind the change of what it depends on.
        maps.push(model::Map { variable: variable.clone(), source, entries, default, volatile: true, origin });
        variable
    }

    /// A value, or another text where it is empty.
    pub(crate) fn or_text(&mut self, name: &str, instead: &str) -> Part {
        Part::Variable(self.lookup(variable(name), vec![("", text(instead))], variable(name)))
    }

    /// A template that is neither empty nor `0` if a variable is set, or if it is not.
    pub(crate) fn is_set(&mut self, name: &str, set: bool) -> Template {
        let (filled, empty) = if set { ("1", "") } else { ("", "1") };
        variable(self.lookup(variable(name), vec![("", text(empty))], text(filled)))
    }
}
