//! `proxy_cache_purge` and its kin: in the form of nginx's commercial version, and in those of the module `ngx_cache_purge`.

use model::{PurgeMethod, PurgePlace, Template, Who};

use super::cache::{self, CacheSettings};
use crate::lower::{Level, Lowering};
use crate::modules::access;
use crate::table::{LOCATION, Outcome};
use crate::tree::{Directive, Word};
use crate::value;

/// The method that `on` stands for.
const USUAL: &str = "PURGE";

/// What requests for a location remove.
#[derive(Clone, Debug)]
pub(crate) struct Purged {
    /// What the directives of its cache begin with.
    prefix: String,
    zone: Word,
    key: Template,
}

/// `proxy_cache_purge condition …`, `proxy_cache_purge on|off|method [purge_all] [from all|address …]`, or `proxy_cache_purge zone key`
pub(crate) fn purge(
    lowering: &mut Lowering<'_>,
    level: &mut Level,
    settings: impl FnOnce(&mut Level) -> &mut CacheSettings,
    directive: &Directive,
) -> Outcome {
    let words: Vec<&str> = directive.arguments.iter().map(|word| word.text.as_str()).collect();
    let method = match words.as_slice() {
        ["off"] => None,
        [zone, key] if !value::has_variables(zone) && !["from", "purge_all"].contains(key) => {
            return place(level, directive);
        }
        [first, ..] if *first == "on" || first.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Some(method(lowering, directive)?)
        }
        _ => {
            let settings = settings(level);
            settings.purge_method.replace(None, directive.origin());
            return cache::conditions(&mut settings.purge, directive);
        }
    };
    let settings = settings(level);
    settings.purge.begin();
    settings.purge_method.put(directive, method)
}

fn method(lowering: &mut Lowering<'_>, directive: &Directive) -> Result<PurgeMethod, diagnostic::Diagnostic> {
    let mut words = directive.arguments.iter().peekable();
    let method = words.next().map(|word| word.text.as_str()).filter(|text| *text != "on").unwrap_or(USUAL);
    let all = words.next_if(|word| word.text == "purge_all").is_some();
    let from = match words.next() {
        None => vec![Who::Everyone],
        Some(word) if word.text == "from" && words.peek().is_some() => {
            words.map(|word| access::who(lowering, word)).collect::<Result<_, _>>()?
        }
        Some(word) => return Err(value::invalid(directive, word).help("write `from ADDRESS …`, or `from all`")),
    };
    Ok(PurgeMethod { method: method.to_owned(), all, from, origin: directive.origin() })
}

fn place(level: &mut Level, directive: &Directive) -> Outcome {
    let zone = value::first(directive)?;
    if !level.contexts.intersects(LOCATION) {
        return Err(value::invalid(directive, zone).help("a zone and a key stand in a location of their own"));
    }
    let key = value::template(value::argument(directive, 1)?)?;
    let prefix = directive.name.text.trim_end_matches("_cache_purge").to_owned();
    level.location.purged.put(directive, Purged { prefix, zone: zone.clone(), key })
}

impl Purged {
    /// What requests remove; `None`: there is no such zone, which was said.
    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>) -> Option<Box<PurgePlace>> {
        let store = cache::choice(lowering, &self.zone, &self.prefix)?;
        Some(Box::new(PurgePlace { store, key: self.key.clone(), origin: self.zone.origin }))
    }
}
