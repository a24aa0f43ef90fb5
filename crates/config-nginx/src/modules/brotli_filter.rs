//! The directives of the third-party `ngx_http_brotli_filter_module`.

use model::{ByteSize, Coding, Compressor, MediaTypes};

use super::gzip::{level, power};
use super::verify;
use crate::lower::filters::{HTML, media_types};
use crate::lower::slot::{Slot, settings};
use crate::table::{LEVELS, LEVELS_IF, Module, Row, at_least, no_effect, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_brotli_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("brotli", LEVELS_IF, take(1), |_, v, d| v.filters.brotli.on.flag(d)),
    no_effect("brotli_buffers", LEVELS, take(2), verify::BUFFERS, "memory is not taken from pools of a fixed size"),
    row("brotli_comp_level", LEVELS, take(1), |_, v, d| level(&mut v.filters.brotli.level, d, (0, 11))),
    row("brotli_min_length", LEVELS, take(1), |_, v, d| v.filters.brotli.least.size(d)),
    row("brotli_types", LEVELS, at_least(1), |_, v, d| media_types(&mut v.filters.brotli.types, d, &HTML)),
    row("brotli_window", LEVELS, take(1), |_, v, d| v.filters.brotli.window.put(d, power(d, (1024, 16 << 20))?)),
];

settings! {
    /// What a level says about brotli.
    struct BrotliSettings {
        on: Slot<bool>,
        level: Slot<u8>,
        least: Slot<ByteSize>,
        types: Slot<MediaTypes>,
        window: Slot<u8>,
    }
}

impl BrotliSettings {
    pub(crate) fn finish(&self) -> Option<Compressor> {
        self.on.or(false).then(|| Compressor {
            coding: Coding::Brotli,
            level: self.level.or(6),
            window: Some(self.window.or(19)),
            least: self.least.or(ByteSize(20)).0,
            types: self.types.or(HTML.types()),
        })
    }
}
