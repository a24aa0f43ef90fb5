//! `RewriteMap`: tables that rules look values up in.

use std::path::PathBuf;

use diagnostic::Origin;
use model::{Function, Map, MapKey, Part, Template};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::request::IN_PATHS;
use crate::table::Outcome;
use crate::value;

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    kind: Kind,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Lines of a key and a value; `true`: the value is one of several.
    Lines(Vec<(String, String)>, bool),
    Function(Function),
}

pub(super) fn directive(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let name = value::first(directive)?.text.clone();
    let source = value::argument(directive, 1)?;
    let (kind, what) = source.text.split_once(':').unwrap_or(("txt", source.text.as_str()));
    let kind = match (kind, what) {
        ("txt" | "rnd", path) => {
            let path: PathBuf = lowering.path(path);
            let text = lowering
                .files
                .read(&path)
                .map_err(|error| value::bad(source, format!("{} cannot be read: {error}", path.display())))?;
            Kind::Lines(lines(&String::from_utf8_lossy(&text)), kind == "rnd")
        }
        ("int", "tolower") => Kind::Function(Function::Lower),
        ("int", "toupper") => Kind::Function(Function::Upper),
        ("int", "escape") => {
            Kind::Function(Function::Escape { keep: IN_PATHS.to_owned(), capital: false, plus: false })
        }
        ("int", "unescape") => Kind::Function(Function::Unescape),
        ("int", _) => return Err(value::bad(source, format!("there is no function \"{what}\""))),
        (kind @ ("dbm" | "prg" | "dbd" | "fastdbd"), _) => {
            let problem = value::not_built(&format!("a map of the kind `{kind}:`")).at(source.origin);
            return Err(problem.help("write keys and values into a text file: `txt:FILE`"));
        }
        _ => return Err(value::bad(source, format!("no map is of the kind \"{kind}\""))),
    };
    scope.server.rewrite.maps.push(Table { name, kind, origin: directive.origin() });
    Ok(())
}

/// Keys with their values; what follows the value, and lines that begin with `#`, are comments.
fn lines(text: &str) -> Vec<(String, String)> {
    let entry = |line: &str| {
        let mut words = line.split_whitespace();
        let key = words.next().filter(|key| !key.starts_with('#'))?;
        Some((key.to_owned(), words.next()?.to_owned()))
    };
    text.lines().filter_map(entry).collect()
}

impl Table {
    /// The value of a key in it, or the default.
    pub(super) fn look_up(&self, lowering: &mut Lowering<'_>, key: Vec<Part>, default: Vec<Part>) -> Vec<Part> {
        let (entries, several) = match &self.kind {
            Kind::Function(by) => return vec![Part::Made { by: by.clone(), of: key }],
            Kind::Lines(entries, several) => (entries, *several),
        };
        let maps = &mut lowering.shared.maps;
        let variable = format!("looked_up_{}", maps.len());
        let template = |parts: Vec<Part>| Template { parts, origin: self.origin };
        let entry = |(key, text): &(String, String)| (MapKey::Exact(key.clone()), Template::text(text, self.origin));
        maps.push(Map {
            variable: variable.clone(),
            source: template(key),
            entries: entries.iter().map(entry).collect(),
            default: template(default),
            volatile: true,
            origin: self.origin,
        });
        let value = Part::Variable(variable);
        if several { vec![Part::Made { by: Function::Choose, of: vec![value] }] } else { vec![value] }
    }
}
