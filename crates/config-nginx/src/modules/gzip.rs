//! The directives of `ngx_http_gzip_filter_module`.

use model::{ByteSize, Coding, Compressor, MediaTypes};

use super::verify;
use crate::lower::filters::{HTML, media_types};
use crate::lower::slot::{Slot, settings};
use crate::table::{LEVELS, LEVELS_IF, Module, Outcome, Row, at_least, no_effect, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_gzip_filter_module", rows: ROWS };

const MEMORY: &str = "a worker keeps the memory of its compressors";

const ROWS: &[Row] = &[
    row("gzip", LEVELS_IF, take(1), |_, v, d| v.filters.gzip.on.flag(d)),
    no_effect("gzip_buffers", LEVELS, take(2), verify::BUFFERS, MEMORY),
    row("gzip_comp_level", LEVELS, take(1), |_, v, d| level(&mut v.filters.gzip.level, d, (1, 9))),
    no_effect("gzip_hash", LEVELS, take(1), |_, _, d| power(d, (512, 128 << 10)).map(drop), MEMORY),
    row("gzip_min_length", LEVELS, take(1), |_, v, d| v.filters.gzip.least.size(d)),
    no_effect("gzip_no_buffer", LEVELS, take(1), verify::FLAG, MEMORY),
    row("gzip_types", LEVELS, at_least(1), |_, v, d| media_types(&mut v.filters.gzip.types, d, &HTML)),
    no_effect("gzip_window", LEVELS, take(1), |_, _, d| power(d, (1024, 32 << 10)).map(drop), MEMORY),
    no_effect("postpone_gzipping", LEVELS, take(1), verify::SIZE, MEMORY),
];

settings! {
    /// What a level says about gzip.
    struct GzipSettings {
        on: Slot<bool>,
        level: Slot<u8>,
        least: Slot<ByteSize>,
        types: Slot<MediaTypes>,
    }
}

impl GzipSettings {
    pub(crate) fn finish(&self) -> Option<Compressor> {
        self.on.or(false).then(|| Compressor {
            coding: Coding::Gzip,
            level: self.level.or(1),
            window: None,
            least: self.least.or(ByteSize(20)).0,
            types: self.types.or(HTML.types()),
        })
    }
}

/// A level of compression between two bounds.
pub(super) fn level(slot: &mut Slot<u8>, directive: &Directive, (least, most): (u8, u8)) -> Outcome {
    let word = value::first(directive)?;
    let level = value::number(directive, word)?;
    let level = u8::try_from(level).ok().filter(|level| (least..=most).contains(level));
    let level = level.ok_or_else(|| {
        let message = format!("value must be between {least} and {most}");
        diagnostic::Diagnostic::error("invalid-value", message).at(word.origin)
    })?;
    slot.put(directive, level)
}

/// A size that is a power of two between two bounds; its exponent.
pub(super) fn power(directive: &Directive, (least, most): (u64, u64)) -> Result<u8, diagnostic::Diagnostic> {
    let word = value::first(directive)?;
    let size = value::size(directive, word)?.0;
    if size.is_power_of_two() && (least..=most).contains(&size) {
        return Ok(u8::try_from(size.trailing_zeros()).unwrap_or(0));
    }
    let help = format!("it is a power of two from {least} to {most}");
    Err(value::invalid(directive, word).help(help))
}
