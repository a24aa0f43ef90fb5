//! Values that are looked up by another value, as nginx's `map` does it.

use std::collections::HashMap;

use diagnostic::{Diagnostic, Origin};
use foldhash::fast::RandomState;
use model::MapKey;

use crate::names::{Names, Rule};
use crate::regex::{Captures, Regex};
use crate::template::Template;

/// Keys up to this length are lowered without allocating.
const SHORT: usize = 256;

/// A map from one value to another.
#[derive(Debug)]
pub struct Map<V> {
    source: Template<V>,
    values: Vec<Template<V>>,
    default: Template<V>,
    /// Keys whose case of letters counts.
    exact: HashMap<Box<[u8]>, u32, RandomState>,
    names: Names,
    volatile: bool,
}

/// What a [`Map`] chose for a key.
#[derive(Debug)]
pub struct MapChoice<'m, V> {
    /// The value to evaluate.
    pub value: &'m Template<V>,
    /// Index of the entry in the model's map; `None` for the default.
    pub entry: Option<usize>,
    /// The regular expression that matched: the captures are now its groups, and its named groups are variables.
    pub regex: Option<&'m Regex>,
}

impl<V> Map<V> {
    /// Compiles what the operator wrote; `resolve` turns a variable's name into its id.
    pub fn compile(
        map: &model::Map,
        resolve: &mut impl FnMut(&str, Origin) -> Result<V, Diagnostic>,
    ) -> Result<Self, Diagnostic> {
        let mut names = Names::default();
        let mut exact = HashMap::default();
        let mut values = Vec::with_capacity(map.entries.len());
        for (number, (key, value)) in (0_u32..).zip(&map.entries) {
            values.push(Template::compile(value, resolve)?);
            let lower;
            let rule = match key {
                MapKey::Exact(text) => {
                    exact.entry(text.as_bytes().into()).or_insert(number);
                    continue;
                }
                MapKey::Text(text) => {
                    lower = text.to_ascii_lowercase();
                    Rule::Exact(&lower)
                }
                MapKey::Leading { suffix, bare } => {
                    lower = suffix.to_ascii_lowercase();
                    Rule::Leading { suffix: &lower, bare: *bare }
                }
                MapKey::Trailing(prefix) => {
                    lower = prefix.to_ascii_lowercase();
                    Rule::Trailing(&lower)
                }
                MapKey::Regex(pattern) => Rule::Regex(Regex::compile(pattern)?),
            };
            names.add(rule, number).map_err(|earlier| conflict(map, value.origin, earlier))?;
        }
        Ok(Self {
            source: Template::compile(&map.source, resolve)?,
            default: Template::compile(&map.default, resolve)?,
            values,
            exact,
            names,
            volatile: map.volatile,
        })
    }

    /// What is looked up.
    pub fn source(&self) -> &Template<V> {
        &self.source
    }

    /// Whether it must be evaluated at each use rather than once a request.
    pub fn is_volatile(&self) -> bool {
        self.volatile
    }

    /// The value for a key, which is the evaluated [`Map::source`]. A regular expression that gives up chooses the default.
    pub fn find(&self, key: &[u8], captures: &mut Captures) -> MapChoice<'_, V> {
        if let Some(number) = self.exact.get(key) {
            return self.choice(*number, None);
        }
        let key = match key {
            // nginx takes the root's dot off where masks are looked for (`hostnames`).
            [name @ .., b'.'] if self.names.has_masks() => name,
            _ => key,
        };
        if let Some(number) = self.find_name(key) {
            return self.choice(number, None);
        }
        match self.names.find_regex(key, captures) {
            Ok(Some((number, regex))) => self.choice(number, Some(regex)),
            Ok(None) | Err(_) => MapChoice { value: &self.default, entry: None, regex: None },
        }
    }

    fn find_name(&self, key: &[u8]) -> Option<u32> {
        if !self.names.has_names() {
            return None;
        }
        if !key.iter().any(u8::is_ascii_uppercase) {
            return self.names.find_name(key);
        }
        let mut short = [0; SHORT];
        if let Some(lower) = short.get_mut(..key.len()) {
            lower.copy_from_slice(key);
            lower.make_ascii_lowercase();
            return self.names.find_name(lower);
        }
        self.names.find_name(&key.to_ascii_lowercase())
    }

    fn choice<'m>(&'m self, number: u32, regex: Option<&'m Regex>) -> MapChoice<'m, V> {
        let entry = number as usize;
        MapChoice { value: self.values.get(entry).unwrap_or(&self.default), entry: Some(entry), regex }
    }
}

fn conflict(map: &model::Map, origin: Origin, earlier: u32) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("conflicting-parameter", format!("a key stands twice in the map of ${}", map.variable))
            .at(origin);
    match map.entries.get(earlier as usize) {
        Some((_, value)) => diagnostic.related(value.origin, "it stands here already"),
        None => diagnostic,
    }
}

#[cfg(test)]
mod tests;
