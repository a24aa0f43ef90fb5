//! Texts of directives as templates: values that are looked up for each request.

use diagnostic::Origin;
use model::{Condition, MapKey, Part, Template};

use super::Lowering;

/// The variable that is the address of a server's administrator.
pub(crate) const SERVER_ADMIN: &str = "server_admin";

/// A variable of the environment.
pub(crate) fn environment(name: &str) -> String {
    let known = OF_ENGINE.iter().find(|(known, _)| *known == name);
    known.map_or_else(|| format!("env_{name}"), |(_, variable)| (*variable).to_owned())
}

/// What the engine itself knows: what a balancer says of its choice, and how a request stood that began anew.
const OF_ENGINE: [(&str, &str); 5] = [
    ("BALANCER_ROUTE_CHANGED", "upstream_route_changed"),
    ("BALANCER_SESSION_ROUTE", "upstream_named_route"),
    ("BALANCER_WORKER_NAME", "upstream_server"),
    ("BALANCER_WORKER_ROUTE", "upstream_route"),
    ("REDIRECT_STATUS", "redirect_status"),
];

/// Whether a variable is of the environment or a note, rather than one that the engine itself knows.
pub(super) fn is_own(variable: &str) -> bool {
    variable.starts_with("env_") || variable.starts_with("note_")
}

/// Whether a variable of the environment is set, or is not where a `!` stands before its name.
pub(crate) fn is_set(name: &str) -> Condition {
    match name.strip_prefix('!') {
        Some(name) => Condition::Not(Box::new(Condition::Defined(environment(name)))),
        None => Condition::Defined(environment(name)),
    }
}

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

    /// The variable that is the address of a server's administrator.
    pub(crate) fn server_admin(&mut self) -> &'static str {
        self.shared.asks_admin = true;
        SERVER_ADMIN
    }

    /// The value of a variable of the environment, or another text where it has none.
    pub(crate) fn environment_or(&mut self, name: &str, instead: &str) -> Part {
        let variable = environment(name);
        self.shared.environment.insert(variable.clone());
        Part::Else { variable, other: vec![Part::Text(instead.to_owned())] }
    }
}
