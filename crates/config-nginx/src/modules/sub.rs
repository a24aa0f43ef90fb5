//! The directives of `ngx_http_sub_filter_module`.

use model::{MediaTypes, Substitute, Template};

use crate::lower::filters::{HTML, media_types};
use crate::lower::slot::{List, Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::{LEVELS, Module, Outcome, Row, at_least, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_sub_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("sub_filter", LEVELS, take(2), sub_filter),
    row("sub_filter_last_modified", LEVELS, take(1), |_, v, d| v.filters.sub.keep_modified.flag(d)),
    row("sub_filter_once", LEVELS, take(1), |_, v, d| v.filters.sub.once.flag(d)),
    row("sub_filter_types", LEVELS, at_least(1), |_, v, d| media_types(&mut v.filters.sub.types, d, &HTML)),
];

settings! {
    /// What a level says about the replacement of text.
    struct SubSettings {
        pairs: List<(Template, Template)>,
        keep_modified: Slot<bool>,
        once: Slot<bool>,
        types: Slot<MediaTypes>,
    }
}

impl SubSettings {
    pub(crate) fn finish(&self) -> Option<Substitute> {
        let pairs = self.pairs.get()?.to_vec();
        Some(Substitute {
            origin: pairs.first().map(|(from, _)| from.origin).unwrap_or_default(),
            pairs,
            once: self.once.or(true),
            types: self.types.or(HTML.types()),
            keep_modified: self.keep_modified.or(false),
        })
    }
}

fn sub_filter(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if word.text.is_empty() {
        return Err(diagnostic::Diagnostic::error("invalid-value", "empty search pattern").at(word.origin));
    }
    let pair = (value::template(word)?, value::template(value::argument(directive, 1)?)?);
    level.filters.sub.pairs.push(pair);
    Ok(())
}
