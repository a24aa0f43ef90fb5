//! `server_name`: the names that a server answers to.

use diagnostic::{Diagnostic, Origin};
use model::SiteName;

use crate::lower::{Level, Lowering};
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

/// A name with what is needed for messages and for `$server_name`.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) matched: SiteName,
    /// In lower case, as it is shown.
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

impl Name {
    /// The name of a server that has none: it answers requests without one.
    pub(crate) fn none(origin: Origin) -> Self {
        Self { matched: SiteName::Exact(String::new()), text: String::new(), origin }
    }

    /// The name where one is needed; that of `.example.org` is `example.org`.
    pub(crate) fn primary(&self) -> String {
        self.text.strip_prefix('.').unwrap_or(&self.text).to_owned()
    }

    /// nginx lets a server that is alone on its address have any name.
    pub(crate) fn is_valid(&self) -> bool {
        matches!(self.matched, SiteName::Regex(_)) || wildcard(&self.text).is_some()
    }
}

/// What a name claims of an address; nginx takes `.name` for both `name` and `*.name`.
pub(crate) fn claims(name: &SiteName) -> Vec<String> {
    match name {
        SiteName::Exact(name) => vec![name.clone()],
        SiteName::Leading { suffix, bare: true } => vec![suffix.clone(), format!("*.{suffix}")],
        SiteName::Leading { suffix, bare: false } => vec![format!("*.{suffix}")],
        SiteName::Trailing(prefix) => vec![format!("{prefix}.*")],
        SiteName::Regex(_) => Vec::new(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the form of all rows' functions")]
pub(super) fn server_name(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    for word in &directive.arguments {
        if word.text.contains('/') && !word.text.starts_with('~') {
            let message = format!("server name \"{}\" has suspicious symbols", word.text);
            lowering.report(Diagnostic::warning("suspicious-name", message).at(word.origin));
        }
        match name(lowering, word) {
            Ok(name) => level.server.names.push(name),
            Err(problem) => lowering.report(problem),
        }
    }
    Ok(())
}

fn name(lowering: &Lowering<'_>, word: &Word) -> Result<Name, Diagnostic> {
    let origin = word.origin;
    if let Some(expression) = word.text.strip_prefix('~') {
        if expression.is_empty() {
            let message = format!("empty regex in server name \"{}\"", word.text);
            return Err(Diagnostic::error("invalid-name", message).at(origin));
        }
        // nginx compares in lower case, so that an expression with capitals could never match otherwise.
        let ignore_case = expression.bytes().any(|byte| byte.is_ascii_uppercase());
        let pattern = value::pattern(word, 1, ignore_case);
        return Ok(Name { matched: SiteName::Regex(pattern), text: word.text.clone(), origin });
    }
    let text = if word.text.eq_ignore_ascii_case("$hostname") { &lowering.options.hostname } else { &word.text };
    let text = text.to_ascii_lowercase();
    let invalid = text == "." || (text.starts_with('*') && (text.len() < 3 || !text.starts_with("*.")));
    if invalid {
        let problem = Diagnostic::error("invalid-name", format!("server name \"{}\" is invalid", word.text));
        return Err(problem
            .at(origin)
            .help("a wildcard is `*.name`, `.name` or `name.*`; the default server needs no name"));
    }
    let matched = wildcard(&text).unwrap_or_else(|| SiteName::Exact(text.clone()));
    Ok(Name { matched, text, origin })
}

/// A name or wildcard, if it is one.
pub(crate) fn wildcard(text: &str) -> Option<SiteName> {
    if text.matches('*').count() > 1 || text.contains("..") {
        return None;
    }
    let leading = |suffix: &str, bare| SiteName::Leading { suffix: suffix.to_owned(), bare };
    if let Some(suffix) = text.strip_prefix("*.").filter(|suffix| !suffix.is_empty()) {
        return Some(leading(suffix, false));
    }
    if let Some(suffix) = text.strip_prefix('.') {
        return (!suffix.is_empty() && !suffix.contains('*')).then(|| leading(suffix, true));
    }
    if let Some(prefix) = text.strip_suffix(".*").filter(|prefix| !prefix.is_empty()) {
        return Some(SiteName::Trailing(prefix.to_owned()));
    }
    (!text.contains('*')).then(|| SiteName::Exact(text.to_owned()))
}
