//! The locations of one level, compiled: exact paths by hash, prefixes by binary search, expressions in order.

use crate::plan::Location;
use model::Choice;
use std::collections::HashMap;
use value::{Captures, Regex};

/// The locations of one level.
#[derive(Default)]
pub struct LocationTable {
    locations: Vec<Location>,
    exact: HashMap<Box<[u8]>, usize, foldhash::fast::FixedState>,
    prefixes: Vec<Prefix>,
    /// Prefixes that end in a slash and ask for a redirect, without that slash.
    bare: HashMap<Box<[u8]>, usize, foldhash::fast::FixedState>,
    regexes: Vec<(Regex, usize)>,
    /// Where the first that fits is taken: each with its expression, if it has one. The tables above are empty then.
    listed: Vec<(Option<Regex>, usize)>,
}

/// A prefix and the longest other prefix that it begins with.
struct Prefix {
    path: Box<[u8]>,
    shorter: Option<usize>,
    location: usize,
    skip_regexes: bool,
}

/// Whether a path is another or lies below it.
pub fn is_below(path: &[u8], above: &[u8]) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || above.ends_with(b"/"))
}

/// What a search came to.
#[derive(Default)]
pub struct Found<'t> {
    /// The location, if any matched.
    pub location: Option<&'t Location>,
    /// The path lacks only the slash that the location ends in.
    pub add_slash: bool,
    /// The expression that matched last, if one did.
    pub matched_regex: Option<&'t Regex>,
}

/// How a search of one level ended.
enum Level {
    /// Nothing else may take the path.
    Final,
    /// Expressions of outer levels may still take it.
    Open,
}

impl LocationTable {
    /// Compiles the locations of one level; named ones are not part of it.
    pub fn new(locations: Vec<(Location, Option<Regex>)>, choice: Choice) -> Self {
        let mut table = Self::default();
        for (index, (location, regex)) in locations.into_iter().enumerate() {
            match (&location.matcher, regex) {
                (_, regex) if choice == Choice::First => table.listed.push((regex, index)),
                (model::Matcher::Below(path), _) => {
                    let below = [path.as_bytes(), b"/"].concat().into();
                    table.exact.entry(path.as_bytes().into()).or_insert(index);
                    table.prefixes.push(Prefix { path: below, shorter: None, location: index, skip_regexes: false });
                }
                (model::Matcher::Exact(path), _) => {
                    if let (true, Some(bare)) = (location.redirect_bare, path.strip_suffix('/')) {
                        table.bare.entry(bare.as_bytes().into()).or_insert(index);
                    }
                    table.exact.entry(path.as_bytes().into()).or_insert(index);
                }
                (model::Matcher::Prefix { path, skip_regexes, redirect_bare }, _) => {
                    if let (true, Some(bare)) = (redirect_bare, path.strip_suffix('/')) {
                        table.bare.entry(bare.as_bytes().into()).or_insert(index);
                    }
                    let path = path.as_bytes().into();
                    table.prefixes.push(Prefix { path, shorter: None, location: index, skip_regexes: *skip_regexes });
                }
                (model::Matcher::Regex(_), Some(regex)) => table.regexes.push((regex, index)),
                (model::Matcher::Regex(_) | model::Matcher::Named(_), _) => {}
            }
            table.locations.push(location);
        }
        table.link_prefixes();
        table
    }

    /// All locations of the level, in the order of the configuration.
    pub fn locations(&self) -> &[Location] {
        &self.locations
    }

    /// Finds the location for a path.
    pub fn find<'t>(&'t self, path: &[u8], captures: &mut Captures) -> Found<'t> {
        let mut found = Found::default();
        self.search(path, captures, &mut found);
        found
    }

    fn search<'t>(&'t self, path: &[u8], captures: &mut Captures, found: &mut Found<'t>) -> Level {
        if !self.listed.is_empty() {
            return self.search_listed(path, captures, found);
        }
        if let Some(index) = self.exact.get(path) {
            found.location = self.locations.get(*index);
            return Level::Final;
        }
        let longest = self.longest_prefix(path);
        if let Some(bare) = self.bare.get(path)
            && longest.is_none_or(|prefix| prefix.path.len() < path.len())
        {
            found.location = self.locations.get(*bare);
            found.add_slash = true;
            return Level::Final;
        }
        if let Some(prefix) = longest {
            found.location = self.locations.get(prefix.location);
            if let Some(Level::Final) = found.location.map(|location| location.nested.search(path, captures, found)) {
                return Level::Final;
            }
            if prefix.skip_regexes {
                return Level::Open;
            }
        }
        self.search_regexes(path, captures, found)
    }

    fn search_listed<'t>(&'t self, path: &[u8], captures: &mut Captures, found: &mut Found<'t>) -> Level {
        for (regex, index) in &self.listed {
            let Some(location) = self.locations.get(*index) else { continue };
            let fits = match (&location.matcher, regex) {
                (model::Matcher::Exact(exact), _) => exact.as_bytes() == path,
                (model::Matcher::Prefix { path: prefix, .. }, _) => path.starts_with(prefix.as_bytes()),
                (model::Matcher::Below(above), _) => is_below(path, above.as_bytes()),
                (model::Matcher::Regex(_), Some(regex)) => regex.captures(path, captures) == Ok(true),
                (model::Matcher::Regex(_) | model::Matcher::Named(_), _) => false,
            };
            if fits {
                found.location = Some(location);
                found.matched_regex = regex.as_ref();
                location.nested.search(path, captures, found);
                return Level::Final;
            }
        }
        Level::Open
    }

    fn search_regexes<'t>(&'t self, path: &[u8], captures: &mut Captures, found: &mut Found<'t>) -> Level {
        for (regex, index) in &self.regexes {
            if regex.captures(path, captures) != Ok(true) {
                continue;
            }
            found.location = self.locations.get(*index);
            found.matched_regex = Some(regex);
            if let Some(location) = found.location {
                location.nested.search(path, captures, found);
            }
            return Level::Final;
        }
        Level::Open
    }

    fn longest_prefix(&self, path: &[u8]) -> Option<&Prefix> {
        let after = self.prefixes.partition_point(|prefix| prefix.path.as_ref() <= path);
        let mut candidate = self.prefixes.get(after.checked_sub(1)?)?;
        while !path.starts_with(&candidate.path) {
            candidate = self.prefixes.get(candidate.shorter?)?;
        }
        Some(candidate)
    }

    fn link_prefixes(&mut self) {
        self.prefixes.sort_by(|a, b| a.path.cmp(&b.path));
        let mut open: Vec<usize> = Vec::new();
        for index in 0..self.prefixes.len() {
            let Some(path) = self.prefixes.get(index).map(|prefix| prefix.path.clone()) else { continue };
            while open
                .last()
                .and_then(|last| self.prefixes.get(*last))
                .is_some_and(|last| !path.starts_with(&last.path))
            {
                open.pop();
            }
            if let Some(prefix) = self.prefixes.get_mut(index) {
                prefix.shorter = open.last().copied();
            }
            open.push(index);
        }
    }
}
