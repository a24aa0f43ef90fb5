//! Sections that are decided while the text is read: `<IfDefine>` and its like.

use diagnostic::Diagnostic;
use regex_automata::meta::Regex;

use super::{Expander, word};
use crate::directive::Directive;
use crate::modules;

/// The version of httpd whose language this is.
const VERSION: [u32; 3] = [2, 4, 66];

impl Expander<'_> {
    /// Whether a section's inside is read; `None`: it is no section of this kind.
    pub(super) fn condition(&self, section: &Directive) -> Option<Result<bool, Diagnostic>> {
        let test: fn(&Self, &str) -> bool = match section.name.text.to_ascii_lowercase().as_str() {
            "<ifdefine>" => |expander, name| expander.known.variables.is_defined(name),
            "<iffile>" => |expander, path| expander.files.exists(&expander.path(path)),
            "<ifdirective>" => |_, name| modules::is_known(name),
            "<ifsection>" => |_, name| modules::is_known(&format!("<{name}>")),
            "<ifversion>" => return Some(version(section)),
            _ => return None,
        };
        Some(word(section, 0).map(|word| match word.text.strip_prefix('!') {
            Some(name) => !test(self, name.trim_start()),
            None => test(self, &word.text),
        }))
    }
}

fn version(section: &Directive) -> Result<bool, Diagnostic> {
    let (operator, version) = match section.arguments.as_slice() {
        [version] => ("=", version),
        [operator, version] => (operator.text.as_str(), version),
        _ => return Err(crate::check::missing_argument(section)),
    };
    let (operator, negated) = operator.strip_prefix('!').map_or((operator, false), |rest| (rest, true));
    if let Some(expression) = expression(operator, &version.text) {
        let compiled = Regex::new(expression).map_err(|_| {
            Diagnostic::error("invalid-value", format!("\"{expression}\" is no expression")).at(version.origin)
        })?;
        let [major, minor, patch] = VERSION;
        return Ok(compiled.is_match(&format!("{major}.{minor}.{patch}")) != negated);
    }
    let wanted = numbers(&version.text).ok_or_else(|| {
        Diagnostic::error("invalid-value", format!("\"{}\" is no version", version.text))
            .at(version.origin)
            .help("write `major.minor.patch`, or an expression between slashes")
    })?;
    let holds = match operator {
        "=" | "==" => VERSION == wanted,
        "<" => VERSION < wanted,
        "<=" => VERSION <= wanted,
        ">" => VERSION > wanted,
        ">=" => VERSION >= wanted,
        _ => {
            let problem = Diagnostic::error("invalid-value", format!("unrecognized operator '{operator}'"));
            return Err(problem
                .at(section.origin())
                .help("it is one of =, ~, <, <=, > and >=, or one of these after `!`"));
        }
    };
    Ok(holds != negated)
}

/// `= /…/` or `~ …`
fn expression<'v>(operator: &str, version: &'v str) -> Option<&'v str> {
    match operator {
        "~" => Some(version),
        "=" | "==" => version.strip_prefix('/')?.strip_suffix('/'),
        _ => None,
    }
}

fn numbers(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.split('.');
    let mut next = || parts.next().map_or(Some(0), |part| part.parse().ok());
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}
