//! Changes of bodies, compiled.

use crate::plan::Build;
use crate::plan::filters::{
    Addition, Charset, Charsets, Compressor, Filters, GzipRules, Includes, MediaTypes, Substitute,
};
use crate::shape::charset::{Recoding, key};
use crate::shape::substitute::Patterns;
use protocol::Version;
use std::sync::Arc;

impl Build<'_> {
    /// What a place does to bodies; `None`: nothing.
    pub fn filters(&mut self, filters: &model::Filters) -> Option<Box<Filters>> {
        let compress = &filters.compress;
        let idle = !filters.gunzip
            && filters.addition.is_none()
            && filters.includes.is_none()
            && filters.substitute.is_none()
            && filters.charset.is_none()
            && compress.codings.is_empty()
            && compress.precompressed.is_empty();
        if idle {
            return None;
        }
        let substitute = filters.substitute.as_ref().map(|rule| self.substitute(rule));
        let charset = filters.charset.as_ref().map(|rule| self.charset(rule));
        let disabled = compress.gzip.disabled.iter().filter_map(|pattern| self.regex(pattern)).collect();
        let version = if compress.gzip.version >= 11 { Version::Http11 } else { Version::Http10 };
        Some(Box::new(Filters {
            gunzip: filters.gunzip,
            addition: filters.addition.as_ref().map(addition),
            substitute,
            charset,
            includes: filters.includes.as_ref().map(includes),
            codings: compress.codings.iter().map(compressor).collect(),
            precompressed: compress.precompressed.clone(),
            vary: compress.vary,
            gzip: GzipRules { version, proxied: compress.gzip.proxied.clone(), disabled },
        }))
    }

    fn substitute(&mut self, rule: &model::Substitute) -> Substitute {
        let texts: Option<Vec<Vec<u8>>> =
            rule.pairs.iter().map(|(from, _)| Some(from.as_text()?.as_bytes().to_vec())).collect();
        Substitute {
            pairs: rule.pairs.iter().map(|(from, to)| (self.template(from), self.template(to))).collect(),
            patterns: texts.and_then(Patterns::new).map(Arc::new),
            once: rule.once,
            types: media_types(&rule.types),
            keep_modified: rule.keep_modified,
        }
    }

    fn charset(&mut self, rule: &model::Charset) -> Charset {
        for name in [&rule.target, &rule.source].into_iter().flatten() {
            if let Some(name) = name.as_text() {
                know(&mut self.charsets, name);
            }
        }
        Charset {
            target: rule.target.as_ref().map(|name| self.template(name)),
            source: rule.source.as_ref().map(|name| self.template(name)),
            override_own: rule.override_own,
            types: media_types(&rule.types),
        }
    }
}

/// The maps of a configuration, each in both directions.
pub fn charsets(maps: &[model::CharsetMap]) -> Charsets {
    let mut charsets = Charsets::default();
    for map in maps {
        know(&mut charsets, &map.from);
        know(&mut charsets, &map.to);
        let (there, back) = Recoding::both(map.to.eq_ignore_ascii_case("utf-8"), &map.entries);
        charsets.recodings.insert(key(map.from.as_bytes(), map.to.as_bytes()), Arc::new(there));
        let reverse = key(map.to.as_bytes(), map.from.as_bytes());
        charsets.recodings.entry(reverse).or_insert_with(|| Arc::new(back));
    }
    charsets
}

fn know(charsets: &mut Charsets, name: &str) {
    let name: Box<[u8]> = name.to_ascii_lowercase().into_bytes().into();
    if !charsets.names.contains(&name) {
        charsets.names.push(name);
    }
}

fn compressor(compressor: &model::Compressor) -> Compressor {
    Compressor {
        coding: compressor.coding,
        level: compressor.level,
        window: compressor.window,
        least: compressor.least,
        types: media_types(&compressor.types),
    }
}

fn addition(rule: &model::Addition) -> Addition {
    Addition {
        before: rule.before.as_deref().map(Into::into),
        after: rule.after.as_deref().map(Into::into),
        types: media_types(&rule.types),
    }
}

fn includes(rule: &model::Includes) -> Includes {
    Includes {
        types: media_types(&rule.types),
        keep_modified: rule.keep_modified,
        silent: rule.silent,
        value_length: usize::try_from(rule.value_length).unwrap_or(usize::MAX),
    }
}

/// Media types, compiled.
pub fn media_types(types: &model::MediaTypes) -> MediaTypes {
    match types {
        model::MediaTypes::Any => MediaTypes::Any,
        model::MediaTypes::These(types) => {
            MediaTypes::These(types.iter().map(|media| media.as_bytes().into()).collect())
        }
    }
}
