//! The directives of `ngx_http_map_module`.

use diagnostic::Diagnostic;
use model::{Map, MapKey, SiteName, Template};

use super::http_core::server_name::{claims, wildcard};
use super::rewrite::variable_name;
use super::verify;
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, Module, Outcome, Row, no_effect, row, take};
use crate::tree::{self, Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_map_module", rows: ROWS };

const HASH: &str = "tables size themselves";

const ROWS: &[Row] = &[
    row("map", HTTP, take(2).block(), map),
    no_effect("map_hash_bucket_size", HTTP, take(1), verify::NUMBER, HASH),
    no_effect("map_hash_max_size", HTTP, take(1), verify::NUMBER, HASH),
];

fn map(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let source = value::template(value::first(directive)?)?;
    let variable = variable_name(value::argument(directive, 1)?)?;
    let mut building = Building::default();
    let nodes = directive.block.as_ref().map_or(&[][..], |block| &block.nodes);
    for entry in tree::directives(nodes) {
        if let Err(problem) = building.entry(entry) {
            lowering.report(problem);
        }
    }
    lowering.shared.maps.push(Map {
        variable,
        source,
        entries: building.entries,
        default: building.default.unwrap_or_default(),
        volatile: building.volatile,
        origin: directive.origin(),
    });
    Ok(())
}

/// A map of which some entries were read.
#[derive(Default)]
struct Building {
    entries: Vec<(MapKey, Template)>,
    /// Keys so far, to find those that come twice.
    keys: std::collections::HashSet<String>,
    default: Option<Template>,
    volatile: bool,
    hostnames: bool,
}

impl Building {
    fn entry(&mut self, entry: &Directive) -> Outcome {
        match (entry.name.text.as_str(), entry.arguments.as_slice()) {
            ("hostnames", []) => self.hostnames = true,
            ("volatile", []) => self.volatile = true,
            ("default", [value]) => {
                if self.default.is_some() {
                    return Err(problem("duplicate", "duplicate default map parameter".to_owned(), &entry.name));
                }
                self.default = Some(value::template(value)?);
            }
            (_, [value]) => {
                let key = self.key(&entry.name)?;
                self.entries.push((key, value::template(value)?));
            }
            _ => return Err(problem("wrong-arity", "invalid number of the map parameters".to_owned(), &entry.name)),
        }
        Ok(())
    }

    fn key(&mut self, word: &Word) -> Result<MapKey, Diagnostic> {
        if word.text.starts_with("~*") {
            return Ok(MapKey::Regex(value::pattern(word, 2, true)));
        }
        if word.text.starts_with('~') {
            return Ok(MapKey::Regex(value::pattern(word, 1, false)));
        }
        // A backslash keeps nginx from taking a value for a word of its own.
        let text = word.text.strip_prefix('\\').unwrap_or(&word.text).to_ascii_lowercase();
        let name = if self.hostnames { wildcard(&text) } else { Some(SiteName::Exact(text)) };
        let Some(name) = name else {
            return Err(problem("invalid-name", format!("invalid hostname or wildcard \"{}\"", word.text), word));
        };
        for claim in claims(&name) {
            if !self.keys.insert(claim) {
                return Err(problem("duplicate", format!("conflicting parameter \"{}\"", word.text), word));
            }
        }
        Ok(match name {
            SiteName::Exact(name) => MapKey::Text(name),
            SiteName::Leading { suffix, bare } => MapKey::Leading { suffix, bare },
            SiteName::Trailing(prefix) => MapKey::Trailing(prefix),
            SiteName::Regex(pattern) => MapKey::Regex(pattern),
        })
    }
}

fn problem(code: &'static str, message: String, word: &Word) -> Diagnostic {
    Diagnostic::error(code, message).at(word.origin)
}
