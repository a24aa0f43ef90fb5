//! Paths to ask for that each request makes anew: out of what an expression matched, or out of the path as it came.

use std::fmt::Write as _;

use diagnostic::Origin;
use model::{Function, Map, MapKey, Part, Pattern, Template};

use super::pass::{Pass, Paths};
use super::url::Url;
use crate::lower::{Lowering, escape, variable, with_groups};
use crate::request::IN_PATHS;

/// What requests ask for, where that is more than another beginning of their path.
pub(super) fn target(lowering: &mut Lowering<'_>, pass: &Pass, url: &Url) -> Option<Template> {
    let parts = match (&pass.paths, pass.raw) {
        (Paths::From(_), false) => return None,
        (Paths::From(path), true) => {
            let rest = escaped_part(Part::Variable("uri_rest".to_owned()));
            let plain = [vec![Part::Text(escaped(&url.path)), rest], query(lowering)].concat();
            // What is not the path as it was found in any other form goes on as every path does.
            let end = if path.ends_with('/') { "((?!/).*)" } else { "((?:/.*)?)" };
            let raw = vec![Part::Text(url.path.clone()), Part::Capture(1)];
            chosen(lowering, "request_uri", &format!("^{}{end}\\z", escape(path)), raw, plain, pass.origin)
        }
        (Paths::Matching(pattern), raw) => {
            let plain = [of_groups(url, true), query(lowering)].concat();
            let expression = &pattern.expression;
            let plain = chosen(lowering, "uri", expression, plain, vec![Part::Text("-".to_owned())], pass.origin);
            if raw {
                chosen(lowering, "request_uri", expression, of_groups(url, false), plain, pass.origin)
            } else {
                plain
            }
        }
    };
    Some(Template { parts, origin: pass.origin })
}

/// The path of a request behind the server of a URL, escaped, without arguments.
pub(super) fn path(lowering: &mut Lowering<'_>, pass: &Pass, url: &Url) -> Vec<Part> {
    match &pass.paths {
        Paths::Matching(pattern) => {
            chosen(lowering, "uri", &pattern.expression, of_groups(url, true), Vec::new(), pass.origin)
        }
        Paths::From(_) => {
            let rest = || escaped_part(Part::Variable("uri_rest".to_owned()));
            let start = escaped(&url.path);
            if !start.is_empty() {
                return vec![Part::Text(start), rest()];
            }
            let (slash, own) =
                (Template::text("/", pass.origin), Template { parts: vec![rest()], origin: pass.origin });
            vec![Part::Variable(lowering.lookup(variable("uri_rest"), vec![("", slash)], own))]
        }
    }
}

/// A path with groups of the expression in it, or with all of the path behind it where it names none.
fn of_groups(url: &Url, escape: bool) -> Vec<Part> {
    let parts = with_groups(&url.path);
    if parts.is_empty() || parts == [Part::Text(url.path.clone())] {
        return whole_behind(&url.path, escape);
    }
    if !escape {
        return parts;
    }
    let escape = |part| match part {
        Part::Text(text) => Part::Text(escaped(&text)),
        other => escaped_part(other),
    };
    parts.into_iter().map(escape).collect()
}

fn whole_behind(path: &str, escape: bool) -> Vec<Part> {
    if escape {
        vec![Part::Text(escaped(path)), escaped_part(Part::Variable("uri".to_owned()))]
    } else {
        vec![Part::Text(path.to_owned()), Part::Variable("request_uri".to_owned())]
    }
}

/// The arguments with their `?`; one behind which nothing stands goes on, too.
fn query(lowering: &mut Lowering<'_>) -> Vec<Part> {
    let origin = Origin::default();
    let text = |text: &str| vec![Part::Text(text.to_owned())];
    let bare = chosen(lowering, "request_uri", "^[^?]*\\?\\z", text("?"), Vec::new(), origin);
    let given = [text("?"), vec![Part::Variable("args".to_owned())]].concat();
    let template = |parts| Template { parts, origin };
    let arguments = variable("args");
    vec![Part::Variable(lowering.lookup(arguments, vec![("", template(bare))], template(given)))]
}

/// One of two texts, by whether a variable matches an expression, whose groups the first may name.
fn chosen(
    lowering: &mut Lowering<'_>,
    variable: &str,
    expression: &str,
    matched: Vec<Part>,
    otherwise: Vec<Part>,
    origin: Origin,
) -> Vec<Part> {
    let template = |parts| Template { parts, origin };
    let pattern = Pattern { expression: expression.to_owned(), ignore_case: false, origin };
    let source = template(vec![Part::Variable(variable.to_owned())]);
    let entries = vec![(MapKey::Regex(pattern), template(matched))];
    let default = template(otherwise);
    let maps = &mut lowering.shared.maps;
    let same = |map: &&Map| map.volatile && map.source == source && map.entries == entries && map.default == default;
    if let Some(map) = maps.iter().find(same) {
        return vec![Part::Variable(map.variable.clone())];
    }
    let variable = format!("chosen_{}", maps.len());
    maps.push(Map { variable: variable.clone(), source, entries, default, volatile: true, origin });
    vec![Part::Variable(variable)]
}

/// A text of the configuration as a path has it.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || IN_PATHS.as_bytes().contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

fn escaped_part(part: Part) -> Part {
    let by = Function::Escape { keep: IN_PATHS.to_owned(), capital: true, plus: false };
    Part::Made { by, of: vec![part] }
}
