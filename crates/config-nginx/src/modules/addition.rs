//! The directives of `ngx_http_addition_filter_module`.

use model::{Addition, MediaTypes};

use crate::lower::filters::{HTML, media_types};
use crate::lower::slot::{Slot, settings};
use crate::table::{LEVELS, Module, Row, at_least, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_addition_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("add_after_body", LEVELS, take(1), |_, v, d| v.filters.addition.after.text(d)),
    row("add_before_body", LEVELS, take(1), |_, v, d| v.filters.addition.before.text(d)),
    row("addition_types", LEVELS, at_least(1), |_, v, d| media_types(&mut v.filters.addition.types, d, &HTML)),
];

settings! {
    /// What a level says about what is put before and after bodies.
    struct AdditionSettings {
        after: Slot<String>,
        before: Slot<String>,
        types: Slot<MediaTypes>,
    }
}

impl AdditionSettings {
    pub(crate) fn finish(&self) -> Option<Addition> {
        let path = |slot: &Slot<String>| slot.get().filter(|path| !path.is_empty()).cloned();
        let (before, after) = (path(&self.before), path(&self.after));
        (before.is_some() || after.is_some()).then(|| Addition { before, after, types: self.types.or(HTML.types()) })
    }
}
