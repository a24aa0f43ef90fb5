//! `open_file_cache` and its kin: which files stay open between requests.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::OpenFiles;

use crate::lower::slot::{Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

settings! {
    /// What a level says about files that stay open.
    struct OpenFileSettings {
        size: Slot<Option<Size>>,
        valid: Slot<Duration>,
        least_uses: Slot<u64>,
        errors: Slot<bool>,
    }
}

/// How much is remembered, and for how long when it is not used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    most: usize,
    inactive: Duration,
}

impl OpenFileSettings {
    pub(crate) fn finish(&self) -> Option<OpenFiles> {
        let Size { most, inactive } = self.size.or(None)?;
        let valid = self.valid.or(Duration::from_mins(1));
        Some(OpenFiles { most, inactive, valid, least_uses: self.least_uses.or(1), errors: self.errors.or(false) })
    }
}

/// `open_file_cache max=N [inactive=time]` or `open_file_cache off`
pub(super) fn size(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let (mut size, mut off) = (Size { most: 0, inactive: Duration::from_mins(1) }, false);
    for word in &directive.arguments {
        let (name, text) = word.text.split_once('=').unwrap_or((&word.text, ""));
        let bad = || value::invalid_parameter(word, &["max=", "inactive=", "off"]);
        match name {
            "max" => size.most = value::decimal(text).and_then(|most| usize::try_from(most).ok()).ok_or_else(bad)?,
            "inactive" => size.inactive = value::plain_seconds(text).ok_or_else(bad)?,
            "off" if text.is_empty() => off = true,
            _ => return Err(bad()),
        }
    }
    if !off && size.most == 0 {
        let message = "\"open_file_cache\" must have the \"max\" parameter";
        return Err(Diagnostic::error("invalid-value", message).at(directive.origin()).help("as in `max=1000`"));
    }
    level.files.shared.open_files.size.put(directive, (!off).then_some(size))
}
