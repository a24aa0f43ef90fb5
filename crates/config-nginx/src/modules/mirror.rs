//! The directives of `ngx_http_mirror_module`.

use diagnostic::Diagnostic;
use model::Mirror;

use crate::lower::Level;
use crate::lower::slot::{List, Slot, settings};
use crate::table::{LEVELS, Module, Outcome, Row, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_mirror_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("mirror", LEVELS, take(1), |_, v, d| mirror(v, d)),
    row("mirror_request_body", LEVELS, take(1), |_, v, d| v.mirror.body.flag(d)),
];

settings! {
    /// Copies of requests.
    struct MirrorSettings {
        paths: List<String>,
        body: Slot<bool>,
    }
}

impl MirrorSettings {
    pub(crate) fn finish(&self) -> Option<Mirror> {
        let paths = self.paths.get().filter(|paths| !paths.is_empty())?;
        Some(Mirror { paths: paths.to_vec(), body: self.body.or(true) })
    }
}

fn mirror(level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let paths = &mut level.mirror.paths;
    if word.text != "off" {
        paths.push(word.text.clone());
    } else if paths.is_set() {
        let message = "\"off\" parameter cannot be mixed with a path of \"mirror\"";
        return Err(Diagnostic::error("duplicate", message).at(word.origin));
    } else {
        paths.begin();
    }
    Ok(())
}
