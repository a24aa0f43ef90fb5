//! What a server says of keeping answers, and single values.

use std::path::PathBuf;
use std::time::Duration;

use model::{ByteSize, CacheKind, CachePaths};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope, settings};
use crate::table::Outcome;
use crate::value;
use diagnostic::Origin;

settings! {
    /// What a server says of keeping answers.
    struct CacheSettings {
        /// Paths whose answers are kept, in the order of the text.
        enabled: Vec<Enabled>,
        /// Paths whose answers are not.
        disabled: Vec<String>,
        /// What sections say of it, in the order of the text.
        sections: Vec<Enabled>,
        root: Option<PathBuf>,
        levels: Option<u8>,
        length: Option<u8>,
        /// The store that is shared: its size.
        shared: Option<u64>,
        early: Option<bool>,
        ignores_requests: Option<bool>,
        without_arguments: Option<bool>,
        left_out: Option<Vec<String>>,
        dropped: Option<Vec<String>>,
        base: Option<String>,
        lock: Option<bool>,
        lock_age: Option<Duration>,
    }
}

/// Paths whose answers are kept.
#[derive(Clone, Debug)]
pub(crate) struct Enabled {
    pub(super) kind: CacheKind,
    /// What the paths begin with.
    pub(super) prefix: String,
    pub(super) origin: Origin,
}

impl CacheSettings {
    /// Takes over what a section says.
    pub(crate) fn take_section(&mut self, inner: Self) {
        self.sections.extend(inner.enabled);
        self.sections.extend(inner.sections);
    }

    /// Whether kept answers come before all else, as httpd has it unless it is told otherwise.
    pub(super) fn is_early(&self) -> bool {
        self.early.unwrap_or(true)
    }

    /// Paths as they are compared.
    pub(super) fn paths(&self, prefix: &str) -> CachePaths {
        CachePaths { prefix: prefix.to_owned(), written: self.is_early() }
    }
}

pub(super) fn flag(slot: &mut Option<bool>, directive: &Directive) -> Outcome {
    *slot = Some(value::flag(directive)?);
    Ok(())
}

pub(super) fn time(slot: &mut Option<Duration>, directive: &Directive) -> Outcome {
    *slot = Some(value::seconds(value::first(directive)?)?);
    Ok(())
}

pub(super) fn size(slot: &mut Option<ByteSize>, directive: &Directive) -> Outcome {
    *slot = Some(ByteSize(value::number(value::first(directive)?)?));
    Ok(())
}

/// Names; `None` takes back what was named before.
pub(super) fn names(slot: &mut Option<Vec<String>>, directive: &Directive) {
    let names = slot.get_or_insert_default();
    for word in &directive.arguments {
        if word.text.eq_ignore_ascii_case("None") {
            names.clear();
        } else {
            names.push(word.text.clone());
        }
    }
}

/// `CacheLastModifiedFactor`
pub(super) fn share(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let share = word.text.parse().ok().filter(|share: &f64| share.is_finite() && *share >= 0.0);
    let problem = || value::bad(word, format!("\"{}\" is no factor", word.text)).help("write a number such as `0.1`");
    scope.overrides.proxy.cache.share = Some(share.ok_or_else(problem)?);
    Ok(())
}

/// `CacheKeyBaseURL`
pub(super) fn key_base(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let rest = word.text.split_once("://").filter(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
    let Some((scheme, rest)) = rest else {
        let problem = value::bad(word, format!("\"{}\" is no URL", word.text));
        return Err(problem.help("write `http://www.example.com/`"));
    };
    let authority = rest.split('/').next().unwrap_or_default();
    scope.server.cache.base = Some(format!("{scheme}://{authority}").to_ascii_lowercase());
    Ok(())
}

/// How deep directories stand in one another, and how long their names are.
pub(super) fn layout(slot: &mut Option<u8>, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let number = word.text.parse().ok().filter(|number: &u8| (1..=20).contains(number));
    let problem = || value::bad(word, format!("\"{}\" is no such number", word.text)).help("write 1 to 20");
    *slot = Some(number.ok_or_else(problem)?);
    Ok(())
}
