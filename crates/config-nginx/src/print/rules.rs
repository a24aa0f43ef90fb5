//! `proxy_redirect`: what is written of it, given what holds unwritten.

use diagnostic::Origin;
use model::{Redirect, Template};

use super::item::Item;
use super::level::Forwarding;
use super::word::{self, Word};

/// What a block inherits of it, each part by itself.
#[derive(Clone, Default)]
pub(super) struct Rewriting {
    on: Option<bool>,
    rules: Option<Vec<Item>>,
}

impl Rewriting {
    /// What must be written for the rules of a block to hold, which they do then.
    pub(super) fn change(&mut self, forwarding: &Forwarding, location: &str) -> Vec<Item> {
        let wanted: Vec<Item> = forwarding.redirects.iter().map(rule).collect();
        let default = self.unwritten(forwarding, location);
        let effective = if self.on.unwrap_or(true) { default.clone().unwrap_or_default() } else { Vec::new() };
        if effective == wanted {
            self.rules = default;
            return Vec::new();
        }
        self.write(forwarding)
    }

    /// Whether something must be written for the rules of a block to hold.
    pub(super) fn would_change(&self, forwarding: &Forwarding, location: &str) -> bool {
        !self.clone().change(forwarding, location).is_empty()
    }

    /// What says the rules of a block, whatever it inherits.
    pub(super) fn write(&mut self, forwarding: &Forwarding) -> Vec<Item> {
        if forwarding.redirects.is_empty() {
            self.on = Some(false);
            return vec![Item::one("proxy_redirect", "off")];
        }
        let rules: Vec<Item> = forwarding.redirects.iter().map(rule).collect();
        *self = Self { on: Some(true), rules: Some(rules.clone()) };
        rules
    }

    /// The rules where nothing is written: the inherited ones, or else one that follows from the URL.
    fn unwritten(&self, forwarding: &Forwarding, location: &str) -> Option<Vec<Item>> {
        if self.rules.is_some() || !self.on.unwrap_or(true) {
            return self.rules.clone();
        }
        let (url, has_path) = forwarding.url.as_ref()?;
        let text = |text: &str| Template::text(text, Origin::default());
        let redirect = if *has_path {
            Redirect::Prefix { from: text(url), to: text(location) }
        } else {
            Redirect::Prefix { from: text(&format!("{url}/")), to: text("/") }
        };
        Some(vec![rule(&redirect)])
    }
}

fn rule(redirect: &Redirect) -> Item {
    let (from, to) = match redirect {
        Redirect::Url { from, to } | Redirect::Prefix { from, to } => (prefix(from), to),
        Redirect::Regex { pattern, to } => (word::matching(pattern), to),
    };
    let origin = match redirect {
        Redirect::Url { from, .. } | Redirect::Prefix { from, .. } => from.origin,
        Redirect::Regex { pattern, .. } => pattern.origin,
    };
    Item::new("proxy_redirect", [from, word::template(to)], origin)
}

/// A beginning, which an expression must not be taken for.
pub(super) fn prefix(from: &Template) -> Word {
    let raw = word::raw(from)?;
    if raw.starts_with('~') { Err(format!("a text that begins with `~`: {raw}")) } else { Ok(word::quote(&raw)) }
}
