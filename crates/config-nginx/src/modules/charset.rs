//! The directives of `ngx_http_charset_filter_module`.

use diagnostic::Diagnostic;
use model::{Charset, CharsetMap, MediaTypes, Template};

use crate::lower::filters::{Defaults, media_types};
use crate::lower::slot::{Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, LEVELS, LEVELS_IF, Module, Outcome, Row, at_least, row, take};
use crate::tree::{self, Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_charset_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("charset", LEVELS_IF, take(1), |_, v, d| name(&mut v.filters.charset.target, d, true)),
    row("charset_map", HTTP, take(2).block(), charset_map),
    row("charset_types", LEVELS, at_least(1), |_, v, d| media_types(&mut v.filters.charset.types, d, &TYPES)),
    row("override_charset", LEVELS_IF, take(1), |_, v, d| v.filters.charset.override_own.flag(d)),
    row("source_charset", LEVELS_IF, take(1), |_, v, d| name(&mut v.filters.charset.source, d, false)),
];

pub(crate) const TYPES: Defaults = Defaults(&[
    "text/html",
    "text/xml",
    "text/plain",
    "text/vnd.wap.wml",
    "application/javascript",
    "application/rss+xml",
]);

settings! {
    /// What a level says about character sets.
    struct CharsetSettings {
        target: Slot<Option<Template>>,
        source: Slot<Option<Template>>,
        override_own: Slot<bool>,
        types: Slot<MediaTypes>,
    }
}

impl CharsetSettings {
    pub(crate) fn finish(&self) -> Option<Charset> {
        let (target, source) = (self.target.get().cloned().flatten(), self.source.get().cloned().flatten());
        let override_own = self.override_own.or(false);
        (target.is_some() || override_own).then(|| Charset {
            target,
            source,
            override_own,
            types: self.types.or(TYPES.types()),
        })
    }
}

fn name(slot: &mut Slot<Option<Template>>, directive: &Directive, may_be_off: bool) -> Outcome {
    let word = value::first(directive)?;
    let off = may_be_off && word.text == "off";
    slot.put(directive, if off { None } else { Some(value::template(word)?) })
}

/// `charset_map from to { 80 E282AC; … }`
fn charset_map(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let (from, to) = (value::first(directive)?.text.clone(), value::argument(directive, 1)?.text.clone());
    if from.eq_ignore_ascii_case(&to) {
        let message = format!("\"charset_map\" between the same charsets \"{from}\" and \"{to}\"");
        return Err(Diagnostic::error("invalid-value", message).at(directive.origin()));
    }
    let same = |map: &CharsetMap| map.from.eq_ignore_ascii_case(&from) && map.to.eq_ignore_ascii_case(&to);
    if lowering.shared.charset_maps.iter().any(same) {
        let message = format!("duplicate \"charset_map\" between \"{from}\" and \"{to}\"");
        return Err(Diagnostic::error("duplicate", message).at(directive.origin()));
    }
    let mut entries = Vec::new();
    let utf8 = to.eq_ignore_ascii_case("utf-8");
    let nodes = directive.block.as_ref().map_or(&[][..], |block| &block.nodes);
    for entry in tree::directives(nodes) {
        match self::entry(entry, utf8) {
            Ok(entry) => entries.push(entry),
            Err(problem) => lowering.report(problem),
        }
    }
    lowering.shared.charset_maps.push(CharsetMap { from, to, entries, origin: directive.origin() });
    Ok(())
}

fn entry(entry: &Directive, utf8: bool) -> Result<(u8, Vec<u8>), Diagnostic> {
    let [word] = entry.arguments.as_slice() else {
        return Err(Diagnostic::error("wrong-arity", "invalid parameters number").at(entry.origin()));
    };
    let [from] = hexadecimal(&entry.name)?[..] else { return Err(invalid(&entry.name)) };
    let to = hexadecimal(word)?;
    let fits = if utf8 { to.len() <= 4 } else { to.len() == 1 };
    if fits { Ok((from, to)) } else { Err(invalid(word)) }
}

fn hexadecimal(word: &Word) -> Result<Vec<u8>, Diagnostic> {
    let padded = if word.text.len().is_multiple_of(2) { word.text.clone() } else { format!("0{}", word.text) };
    let byte = |at: usize| u8::from_str_radix(padded.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..padded.len()).step_by(2).map(byte).collect();
    bytes.filter(|bytes| !bytes.is_empty()).ok_or_else(|| invalid(word))
}

fn invalid(word: &Word) -> Diagnostic {
    Diagnostic::error("invalid-value", format!("invalid value \"{}\"", word.text))
        .at(word.origin)
        .help("bytes are written in hexadecimal, as in `80 E282AC;`")
}
