//! The directives of the third-party `ngx_http_zstd_filter_module`.

use model::{ByteSize, Coding, Compressor, MediaTypes};

use super::gzip::level;
use super::verify;
use crate::lower::filters::{HTML, media_types};
use crate::lower::slot::{Slot, settings};
use crate::table::{HTTP, LEVELS, LEVELS_IF, Module, Row, at_least, no_effect, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_zstd_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("zstd", LEVELS_IF, take(1), |_, v, d| v.filters.zstd.on.flag(d)),
    no_effect("zstd_buffers", LEVELS, take(2), verify::BUFFERS, "memory is not taken from pools of a fixed size"),
    row("zstd_comp_level", LEVELS, take(1), |_, v, d| level(&mut v.filters.zstd.level, d, (1, 19))),
    pending("zstd_dict_file", HTTP, take(1)),
    row("zstd_min_length", LEVELS, take(1), |_, v, d| v.filters.zstd.least.size(d)),
    row("zstd_types", LEVELS, at_least(1), |_, v, d| media_types(&mut v.filters.zstd.types, d, &HTML)),
];

settings! {
    /// What a level says about Zstandard.
    struct ZstdSettings {
        on: Slot<bool>,
        level: Slot<u8>,
        least: Slot<ByteSize>,
        types: Slot<MediaTypes>,
    }
}

impl ZstdSettings {
    pub(crate) fn finish(&self) -> Option<Compressor> {
        self.on.or(false).then(|| Compressor {
            coding: Coding::Zstd,
            level: self.level.or(1),
            window: None,
            least: self.least.or(ByteSize(20)).0,
            types: self.types.or(HTML.types()),
        })
    }
}
