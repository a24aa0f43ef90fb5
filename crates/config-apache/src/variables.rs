//! `${NAME}`: names that the configuration, the command line or the environment defines.

use std::collections::BTreeMap;

use diagnostic::Diagnostic;

use crate::line::Line;

/// What `${…}` and conditions look up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    /// Names that are defined; some have a value.
    defined: BTreeMap<String, Option<String>>,
    environment: BTreeMap<String, String>,
}

impl Variables {
    /// `defines` are those of the command line: `NAME` or `NAME=VALUE`.
    pub(crate) fn new(defines: &[String], environment: &BTreeMap<String, String>) -> Self {
        let defined = defines.iter().map(|define| match define.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (define.clone(), None),
        });
        Self { defined: defined.collect(), environment: environment.clone() }
    }

    pub(crate) fn define(&mut self, name: &str, value: Option<String>) {
        let kept = self.defined.entry(name.to_owned()).or_default();
        if value.is_some() {
            *kept = value;
        }
    }

    pub(crate) fn undefine(&mut self, name: &str) {
        self.defined.remove(name);
    }

    pub(crate) fn is_defined(&self, name: &str) -> bool {
        self.defined.contains_key(name)
    }

    fn value(&self, name: &str) -> Option<&str> {
        let defined = self.defined.get(name).and_then(Option::as_deref);
        defined.or_else(|| self.environment.get(name).map(String::as_str))
    }

    /// The line with values in place of variables; what is not defined stays as it is written, with a warning.
    pub(crate) fn substitute(&self, line: &Line, problems: &mut Vec<Diagnostic>) -> Line {
        let mut line = line.clone();
        let mut from = 0;
        while let Some((start, length, name)) = next_variable(&line, from) {
            let (name, default) =
                name.split_once("?=").map_or((name.as_str(), None), |(name, text)| (name, Some(text)));
            if let Some(value) = self.value(name).or(default) {
                line = line.replace(start, length, value);
                from = start + value.chars().count();
                continue;
            }
            // `${name:…}` is how other directives write lookups of their own.
            if !name.contains(':') {
                problems.push(undefined(&line, start, name));
            }
            from = start + length;
        }
        line
    }
}

fn undefined(line: &Line, start: usize, name: &str) -> Diagnostic {
    let origin = line.place(start);
    let length = u32::try_from(name.chars().count() + 3).unwrap_or(u32::MAX);
    Diagnostic::warning("undefined-variable", format!("Config variable ${{{name}}} is not defined"))
        .at(diagnostic::Origin { length, ..origin })
        .help(format!("write `Define {name} VALUE` before it, or set {name} in the environment or in a file `envvars`"))
}

/// Where the next `${…}` begins, how many characters it has, and what stands between its braces.
fn next_variable(line: &Line, from: usize) -> Option<(usize, usize, String)> {
    let text: Vec<char> = line.characters().iter().map(|character| character.letter).collect();
    let mut start = from;
    loop {
        let found = text.get(start..)?.iter().position(|&character| character == '$')?;
        start += found;
        let inner = text.get(start + 2..).unwrap_or_default();
        let end = inner.iter().position(|&character| character == '}');
        match end {
            Some(end) if text.get(start + 1) == Some(&'{') => {
                return Some((start, end + 3, inner.iter().take(end).collect()));
            }
            _ => start += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::Lexer;

    #[test]
    fn values_replace_names() {
        let environment = BTreeMap::from([("HOME".to_owned(), "/home".to_owned()), ("A".to_owned(), "env".to_owned())]);
        let mut variables = Variables::new(&["A=cli".to_owned(), "B".to_owned()], &environment);
        variables.define("C", Some("${A}".to_owned()));
        let check = |text: &str, expected: &str, warnings: usize| {
            let (line, _) = Lexer::new(diagnostic::FileId(0), text).next().unwrap();
            let mut problems = Vec::new();
            assert_eq!(variables.substitute(&line, &mut problems).text(), expected, "{text}");
            assert_eq!(problems.len(), warnings, "{text}");
        };
        check("x ${A}/${HOME}", "x cli//home", 0);
        check("x ${C}", "x ${A}", 0);
        check("x ${B} ${D}", "x ${B} ${D}", 2);
        check("x ${D?=fallback} ${A?=no}", "x fallback cli", 0);
        check("x ${prg:D} $A ${ $", "x ${prg:D} $A ${ $", 0);
        check("x $${A}", "x $cli", 0);
        assert!(variables.is_defined("B") && !variables.is_defined("HOME"));
    }
}
