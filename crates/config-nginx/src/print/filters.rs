//! What is done to the bodies of responses, as settings.

use diagnostic::Origin;
use model::{
    Addition, ByteSize, Charset, CharsetMap, Coding, Compress, Compressor, Filters, GzipRules, Includes, MediaTypes,
    Precompressed, Proxied, Substitute, Template,
};

use super::item::Item;
use super::level::Setting;
use super::section::{single, switch};
use super::word::{self, Word};
use crate::lower::filters::{Defaults, HTML};
use crate::modules::charset::TYPES;

/// What a section does to bodies.
pub(super) fn settings(filters: &Filters) -> Vec<Setting> {
    let Filters { gunzip, addition, substitute, charset, includes, compress } = filters;
    let mut settings = vec![switch("gunzip", *gunzip)];
    settings.extend(self::addition(addition.as_ref()));
    settings.extend(self::substitute(substitute.as_ref()));
    settings.extend(self::charset(charset.as_ref()));
    settings.extend(self::includes(includes.as_ref()));
    settings.extend(self::compress(compress));
    settings
}

/// What counts where a filter is on; it is said of sections where it is off too, so that none inherits it.
pub(super) fn usual() -> Vec<Setting> {
    let mut settings = Vec::new();
    settings.push(media_types("addition_types", &HTML.types(), &HTML));
    settings.extend(how_included(&HTML.types(), false, false, 256));
    settings.extend(how_substituted(true, &HTML.types(), false));
    settings.extend(which_charset(None, false, &TYPES.types()));
    for coding in CODINGS {
        settings.extend(coding.how(None));
    }
    settings
}

fn addition(addition: Option<&Addition>) -> Vec<Setting> {
    let path = |path: Option<&String>| word::text(path.map_or("", String::as_str));
    let Some(Addition { before, after, types }) = addition else {
        return vec![single("add_before_body", path(None)), single("add_after_body", path(None))];
    };
    vec![
        single("add_before_body", path(before.as_ref())),
        single("add_after_body", path(after.as_ref())),
        media_types("addition_types", types, &HTML),
    ]
}

fn includes(includes: Option<&Includes>) -> Vec<Setting> {
    let Some(Includes { types, keep_modified, silent, value_length }) = includes else {
        return vec![switch("ssi", false)];
    };
    let mut settings = vec![switch("ssi", true)];
    settings.extend(how_included(types, *keep_modified, *silent, *value_length));
    settings
}

fn how_included(types: &MediaTypes, keep_modified: bool, silent: bool, value_length: u64) -> [Setting; 4] {
    [
        media_types("ssi_types", types, &HTML),
        switch("ssi_last_modified", keep_modified),
        switch("ssi_silent_errors", silent),
        single("ssi_value_length", Ok(word::size(ByteSize(value_length)))),
    ]
}

fn substitute(substitute: Option<&Substitute>) -> Vec<Setting> {
    let Some(Substitute { pairs, once, types, keep_modified, origin }) = substitute else {
        return vec![Setting::many("sub_filter", Vec::new(), Vec::new())];
    };
    let pair = |(from, to): &(Template, Template)| {
        Item::new("sub_filter", [word::template(from), word::template(to)], *origin)
    };
    let mut settings = vec![Setting::many("sub_filter", pairs.iter().map(pair).collect(), Vec::new())];
    settings.extend(how_substituted(*once, types, *keep_modified));
    settings
}

fn how_substituted(once: bool, types: &MediaTypes, keep_modified: bool) -> [Setting; 3] {
    [
        switch("sub_filter_once", once),
        media_types("sub_filter_types", types, &HTML),
        switch("sub_filter_last_modified", keep_modified),
    ]
}

fn charset(charset: Option<&Charset>) -> Vec<Setting> {
    let Some(Charset { target, source, override_own, types }) = charset else {
        return vec![single("charset", Ok("off".to_owned())), switch("override_charset", false)];
    };
    let name = target.as_ref().map_or_else(|| Ok("off".to_owned()), word::template);
    let mut settings = vec![single("charset", name)];
    settings.extend(which_charset(source.as_ref(), *override_own, types));
    settings
}

fn which_charset(source: Option<&Template>, override_own: bool, types: &MediaTypes) -> [Setting; 3] {
    let source = source.map(|source| Item::new("source_charset", [word::template(source)], source.origin));
    [
        Setting::maybe("source_charset", source, None),
        switch("override_charset", override_own),
        media_types("charset_types", types, &TYPES),
    ]
}

/// A table between two character sets.
pub(super) fn charset_map(map: &CharsetMap) -> Item {
    let CharsetMap { from, to, entries, origin } = map;
    let hexadecimal = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02X}"));
    let entry = |(from, to): &(u8, Vec<u8>)| Item::new(&hexadecimal(&[*from]), [Ok(hexadecimal(to))], *origin);
    Item::block("charset_map", [word::quote(from), word::quote(to)], entries.iter().map(entry).collect())
}

fn compress(compress: &Compress) -> Vec<Setting> {
    let Compress { codings, precompressed, vary, gzip } = compress;
    let mut settings = Vec::new();
    for coding in CODINGS {
        let found = codings.iter().find(|found| found.coding == coding.coding);
        settings.push(switch(coding.name, found.is_some()));
        settings.extend(found.map(|found| coding.how(Some(found))).unwrap_or_default());
        let lies = match precompressed.iter().find(|found| found.coding == coding.coding) {
            None => "off",
            Some(Precompressed { coding: _, always: false }) => "on",
            Some(Precompressed { coding: _, always: true }) => "always",
        };
        settings.push(single(coding.lies, Ok(lies.to_owned())));
    }
    let place = |coding: Coding| CODINGS.iter().position(|known| known.coding == coding);
    let others = |codings: Vec<Option<usize>>| !codings.is_sorted();
    let order = others(codings.iter().map(|found| place(found.coding)).collect())
        || others(precompressed.iter().map(|found| place(found.coding)).collect());
    let order = order.then(|| Item::unsaid("another order of preference of codings", Origin::default()));
    settings.push(Setting::maybe("order of codings", order, None));
    settings.push(switch("gzip_vary", *vary));
    settings.extend(gzip_rules(gzip));
    settings
}

/// The directives of a coding.
struct Directives {
    coding: Coding,
    name: &'static str,
    level: &'static str,
    usual_level: u8,
    window: Option<&'static str>,
    least: &'static str,
    types: &'static str,
    lies: &'static str,
}

/// The preferred one first, as they are asked.
const CODINGS: [Directives; 3] = [
    Directives {
        coding: Coding::Brotli,
        name: "brotli",
        level: "brotli_comp_level",
        usual_level: 6,
        window: Some("brotli_window"),
        least: "brotli_min_length",
        types: "brotli_types",
        lies: "brotli_static",
    },
    Directives {
        coding: Coding::Zstd,
        name: "zstd",
        level: "zstd_comp_level",
        usual_level: 1,
        window: None,
        least: "zstd_min_length",
        types: "zstd_types",
        lies: "zstd_static",
    },
    Directives {
        coding: Coding::Gzip,
        name: "gzip",
        level: "gzip_comp_level",
        usual_level: 1,
        window: None,
        least: "gzip_min_length",
        types: "gzip_types",
        lies: "gzip_static",
    },
];

/// The window of brotli where nothing is said, as a power of two.
const USUAL_WINDOW: u8 = 19;

impl Directives {
    /// How bodies are compressed; `None`: where nothing is said.
    fn how(&self, compressor: Option<&Compressor>) -> Vec<Setting> {
        let usual = Compressor {
            coding: self.coding,
            level: self.usual_level,
            window: self.window.map(|_| USUAL_WINDOW),
            least: 20,
            types: HTML.types(),
        };
        let Compressor { coding: _, level, window, least, types } = compressor.unwrap_or(&usual);
        let mut settings = vec![
            single(self.level, Ok(level.to_string())),
            single(self.least, Ok(word::size(ByteSize(*least)))),
            media_types(self.types, types, &HTML),
        ];
        match (self.window, window) {
            (Some(name), Some(window)) => {
                let size = 1u64.checked_shl(u32::from(*window)).unwrap_or_default();
                settings.push(single(name, Ok(word::size(ByteSize(size)))));
            }
            (None, Some(window)) => {
                let item = Item::unsaid(format!("a window of 2^{window} bytes of {}", self.name), Origin::default());
                settings.push(Setting::one(self.name, item));
            }
            (_, None) => {}
        }
        settings
    }
}

fn gzip_rules(rules: &GzipRules) -> [Setting; 3] {
    let GzipRules { version, proxied, disabled } = rules;
    let kind = |kind: &Proxied| match kind {
        Proxied::Any => "any",
        Proxied::Expired => "expired",
        Proxied::NoCache => "no-cache",
        Proxied::NoStore => "no-store",
        Proxied::Private => "private",
        Proxied::NoLastModified => "no_last_modified",
        Proxied::NoEtag => "no_etag",
        Proxied::Authorized => "auth",
    };
    let kinds: Vec<Word> = proxied.iter().map(|found| Ok(kind(found).to_owned())).collect();
    let kinds = if kinds.is_empty() { vec![Ok("off".to_owned())] } else { kinds };
    let expression = |pattern: &model::Pattern| match (pattern.ignore_case, pattern.expression.as_str()) {
        (false, crate::modules::http_core::gzip::OLD_EXPLORER) => Ok("msie6".to_owned()),
        (true, "msie6") => Err("a client called msie6".to_owned()),
        (true, expression) => word::text(expression),
        (false, expression) => match expression.strip_prefix("(?i)") {
            Some(expression) => word::text(expression),
            None => Err(format!("an expression for which the case of letters counts: {expression}")),
        },
    };
    let disable = (!disabled.is_empty()).then(|| {
        let origin = disabled.first().map(|pattern| pattern.origin).unwrap_or_default();
        Item::new("gzip_disable", disabled.iter().map(expression), origin)
    });
    [
        single("gzip_http_version", Ok(if *version == 10 { "1.0" } else { "1.1" }.to_owned())),
        Setting::one("gzip_proxied", Item::new("gzip_proxied", kinds, Origin::default())),
        Setting::maybe("gzip_disable", disable, None),
    ]
}

/// Media types, the first of which need not be named.
fn media_types(name: &'static str, types: &MediaTypes, defaults: &Defaults) -> Setting {
    let first = defaults.0.first().copied().unwrap_or_default();
    let words: Vec<Word> = match types {
        MediaTypes::Any => vec![Ok("*".to_owned())],
        MediaTypes::These(types) if types.first().is_none_or(|media| media != first) => {
            vec![Err(format!("media types without {first}: {}", types.join(", ")))]
        }
        MediaTypes::These(types) if types.len() == 1 => vec![Ok(first.to_owned())],
        MediaTypes::These(types) => types.iter().skip(1).map(|media| word::text(media)).collect(),
    };
    Setting::one(name, Item::new(name, words, Origin::default()))
}
