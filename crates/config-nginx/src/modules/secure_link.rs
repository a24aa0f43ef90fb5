//! The directives of `ngx_http_secure_link_module`: links that cannot be made up.

use diagnostic::Diagnostic;
use model::{SecureLink, Template};

use crate::lower::Lowering;
use crate::lower::slot::Slot;
use crate::table::{LEVELS, LOCATION, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_secure_link_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("secure_link", LEVELS, take(1), |_, v, d| v.secure_link.value.template(d)),
    row("secure_link_md5", LEVELS, take(1), |_, v, d| v.secure_link.of.template(d)),
    row("secure_link_secret", LOCATION, take(1), |_, v, d| v.secure_link.word.text(d)),
];

/// How links prove who made them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecureLinkSettings {
    value: Slot<Template>,
    of: Slot<Template>,
    word: Slot<String>,
}

impl SecureLinkSettings {
    /// A level proves links in one way; it inherits the other only if it has none of its own.
    pub(crate) fn inherit(&mut self, parent: &Self) {
        if self.word.is_set() {
            return;
        }
        self.value.inherit(&parent.value);
        self.of.inherit(&parent.of);
        if !self.value.is_set() && !self.of.is_set() {
            self.word.inherit(&parent.word);
        }
    }

    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>) -> Option<Box<SecureLink>> {
        let digest = self.value.get().cloned().zip(self.of.get().cloned());
        let digest = digest.map(|(value, of)| SecureLink::Digest { value, of });
        let word = self.word.get().cloned().map(SecureLink::Word);
        if let (Some(_), Some(origin)) = (&word, self.value.origin().or(self.of.origin())) {
            let problem = Diagnostic::error(
                "conflicting-directives",
                "\"secure_link_secret\" cannot be mixed with \"secure_link\" and \"secure_link_md5\"",
            );
            lowering.report_once(problem.at(origin));
        }
        word.or(digest).map(Box::new)
    }
}
