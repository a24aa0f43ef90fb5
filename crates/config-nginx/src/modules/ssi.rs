//! The directives of `ngx_http_ssi_filter_module`.

use model::{ByteSize, Includes, MediaTypes};

use super::verify;
use crate::lower::filters::{HTML, media_types};
use crate::lower::slot::{Slot, settings};
use crate::table::{LEVELS, LEVELS_IF, Module, Row, at_least, no_effect, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_ssi_filter_module", rows: ROWS };

const BUFFERS: &str = "what was sent is not used again";
const CHUNKS: &str = "parts of files are passed on as they are";

const ROWS: &[Row] = &[
    row("ssi", LEVELS_IF, take(1), |_, v, d| v.filters.ssi.on.flag(d)),
    no_effect("ssi_ignore_recycled_buffers", LEVELS, take(1), verify::FLAG, BUFFERS),
    row("ssi_last_modified", LEVELS, take(1), |_, v, d| v.filters.ssi.keep_modified.flag(d)),
    no_effect("ssi_min_file_chunk", LEVELS, take(1), verify::SIZE, CHUNKS),
    row("ssi_silent_errors", LEVELS, take(1), |_, v, d| v.filters.ssi.silent.flag(d)),
    row("ssi_types", LEVELS, at_least(1), |_, v, d| media_types(&mut v.filters.ssi.types, d, &HTML)),
    row("ssi_value_length", LEVELS, take(1), |_, v, d| v.filters.ssi.value_length.size(d)),
];

settings! {
    /// What a level says about commands in bodies.
    struct SsiSettings {
        on: Slot<bool>,
        keep_modified: Slot<bool>,
        silent: Slot<bool>,
        types: Slot<MediaTypes>,
        value_length: Slot<ByteSize>,
    }
}

impl SsiSettings {
    pub(crate) fn finish(&self) -> Option<Includes> {
        self.on.or(false).then(|| Includes {
            types: self.types.or(HTML.types()),
            keep_modified: self.keep_modified.or(false),
            silent: self.silent.or(false),
            value_length: self.value_length.or(ByteSize(256)).0,
        })
    }
}
