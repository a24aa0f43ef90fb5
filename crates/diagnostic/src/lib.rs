//! What the project tells its operator: where a thing was written, what is wrong there, and what to type instead.
#![forbid(unsafe_code)]

mod origin;
mod render;
mod sources;

pub use origin::{FileId, Origin};
pub use sources::Sources;

/// How grave a diagnostic is.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but hardly means what its author thinks.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word that stands before the message.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One message to the operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// A stable kebab-case name for this kind of message.
    pub code: &'static str,
    /// One line: what is wrong.
    pub message: String,
    /// Where.
    pub origin: Option<Origin>,
    /// What to type instead, or where to read on.
    pub help: Option<String>,
    /// Other places that belong to it, each with a short text.
    pub related: Vec<(Origin, String)>,
}

impl Diagnostic {
    /// A message because of which the configuration cannot be used.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A message that does not stop anything.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    /// A message that is only worth knowing.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message.into())
    }

    /// The same message, pointing to `origin`.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The same message with a help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same message with one more place to look at.
    #[must_use]
    pub fn related(mut self, origin: Origin, message: impl Into<String>) -> Self {
        self.related.push((origin, message.into()));
        self
    }

    /// Whether the configuration cannot be used because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self { severity, code, message, origin: None, help: None, related: Vec::new() }
    }
}
