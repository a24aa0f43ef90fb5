//! `root` and `alias`: what is written of them, given what is inherited.

use diagnostic::Origin;
use model::{Files, Part, Root, Template};

use super::item::Item;
use super::word;

/// How a block chooses paths.
#[derive(Clone)]
pub(super) struct Place {
    /// The path, expression or name as it is written.
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// How a name is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The block is none of a site's locations: what holds there is written as settings are.
    Around,
    Path,
    Regex,
    Named,
}

impl Place {
    /// A block that is a part of this one: an alias replaces in it what it replaces around it.
    pub(super) fn inside(&self) -> Self {
        let kind = match self.kind {
            Kind::Around => Kind::Around,
            Kind::Regex => Kind::Regex,
            Kind::Path | Kind::Named => Kind::Path,
        };
        Self { name: self.name.clone(), kind }
    }
}

/// How paths become names of files, as the model has it.
#[derive(Clone, PartialEq)]
pub(super) struct Naming {
    alias: bool,
    parts: Vec<Part>,
    replaces: Option<String>,
    origin: Origin,
}

impl Naming {
    pub(super) fn of(files: &Files) -> Self {
        let (alias, template) = match &files.root {
            Root::Root(template) => (false, template),
            Root::Alias(template) => (true, template),
        };
        let parts = joined(template.parts.iter().cloned());
        Self { alias, parts, replaces: files.alias_replaces.clone(), origin: template.origin }
    }

    fn is(&self, other: &Self) -> bool {
        (self.alias, &self.parts, &self.replaces) == (other.alias, &other.parts, &other.replaces)
    }

    /// The directive that says it in a block of its own.
    pub(super) fn item(&self) -> Item {
        let template = Template { parts: self.parts.clone(), origin: self.origin };
        let name = if self.alias { "alias" } else { "root" };
        let path = word::raw(&template).map(|mut path| {
            // One `/` at the end of a root is dropped.
            if !self.alias && (path.is_empty() || path.ends_with('/')) {
                path.push('/');
            }
            word::quote(&path)
        });
        Item::new(name, [path], self.origin)
    }
}

/// The same parts, adjoining text as one.
fn joined(parts: impl Iterator<Item = Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (_, Part::Text(text)) if text.is_empty() => {}
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// The `root` or `alias` that a block inherits.
#[derive(Clone, Default)]
pub(super) struct Aliasing {
    written: Option<(Naming, Aliased)>,
}

/// What an inherited `alias` replaces.
#[derive(Clone)]
enum Aliased {
    /// The path of the location where it is written.
    Beginning(String),
    /// The whole path.
    Whole,
}

impl Aliasing {
    /// What must be written for a naming to hold, which it does then.
    pub(super) fn change(&mut self, naming: &Naming, place: &Place) -> Vec<Item> {
        if place.kind == Kind::Around || self.effective(place).is_some_and(|found| found.is(naming)) {
            if place.kind == Kind::Around {
                self.written = Some((naming.clone(), Aliased::Whole));
            }
            return Vec::new();
        }
        let item = match (naming.alias, &naming.replaces, place.kind) {
            (true, Some(beginning), _) => {
                let message = format!("an alias that replaces {beginning}, which is not this location's path");
                Item::unsaid(message, naming.origin)
            }
            (true, None, Kind::Named) => Item::unsaid("an alias in a location with a name only", naming.origin),
            _ => naming.item(),
        };
        let aliased = match place.kind {
            Kind::Regex => Aliased::Whole,
            Kind::Around | Kind::Path | Kind::Named => Aliased::Beginning(place.name.clone()),
        };
        self.written = Some((naming.clone(), aliased));
        vec![item]
    }

    /// What holds in a block where nothing is written.
    fn effective(&self, place: &Place) -> Option<Naming> {
        let (naming, aliased) = self.written.as_ref()?;
        let mut found = naming.clone();
        if let (true, Aliased::Beginning(beginning)) = (naming.alias, aliased) {
            if place.kind == Kind::Regex {
                found.replaces = Some(beginning.clone());
            } else {
                let added = place.name.strip_prefix(beginning.as_str()).unwrap_or_default();
                found.parts = joined(naming.parts.iter().cloned().chain([Part::Text(added.to_owned())]));
            }
        }
        Some(found)
    }
}
