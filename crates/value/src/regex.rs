//! Regular expressions over bytes that mean what PCRE2 says, in linear time wherever that is possible.

mod captures;
mod portable;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diagnostic::Diagnostic;
use pcre2::bytes as pcre;
use regex_automata::meta;

pub use captures::Captures;

/// How many steps PCRE2 may take for one match before it gives up: some milliseconds.
const MATCH_LIMIT: &str = "(*LIMIT_MATCH=500000)";

/// A compiled regular expression. A clone is cheap and has its own working memory: give one to each worker.
#[derive(Clone)]
pub struct Regex {
    engine: Engine,
    names: Arc<[Option<Box<str>>]>,
    expression: Arc<str>,
    ignore_case: bool,
}

#[derive(Clone)]
enum Engine {
    /// `ends_early` is set where `$` could match before a newline that ends the subject, which only PCRE2 knows about.
    Linear {
        linear: meta::Regex,
        ends_early: Option<Backtracking>,
    },
    Backtracking(Backtracking),
}

#[derive(Clone)]
struct Backtracking {
    regex: Arc<pcre::Regex>,
    /// Tells expressions apart, for memory that belongs to one of them.
    id: u64,
}

/// Why an expression could not be compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegexError {
    /// PCRE2's words.
    pub message: String,
    /// Where in the expression, in bytes.
    pub offset: Option<usize>,
}

/// PCRE2 gave up: the expression needs too many steps or too much stack for this subject.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct MatchError {
    /// PCRE2's (negative) error code.
    pub code: i32,
}

impl Regex {
    /// Compiles an expression in PCRE2's dialect; bytes, not characters, are what it matches.
    pub fn new(expression: &str, ignore_case: bool) -> Result<Self, RegexError> {
        let linear = portable::compile(expression, ignore_case);
        // PCRE2 sees every expression, so that what it refuses is refused however it would be run.
        let reference = Backtracking::new(expression, ignore_case, linear.is_none())?;
        let names: Arc<[_]> =
            reference.regex.capture_names().iter().map(|name| name.as_deref().map(Box::from)).collect();
        let engine = match linear {
            Some(found) if found.regex.captures_len() == names.len() => {
                Engine::Linear { linear: found.regex, ends_early: found.line_end.then_some(reference) }
            }
            _ => Engine::Backtracking(reference),
        };
        Ok(Self { engine, names, expression: expression.into(), ignore_case })
    }

    /// Compiles what the operator wrote.
    pub fn compile(pattern: &model::Pattern) -> Result<Self, Diagnostic> {
        Self::new(&pattern.expression, pattern.ignore_case).map_err(|error| {
            Diagnostic::error(
                "bad-regex",
                format!("the regular expression \"{}\" is not valid: {error}", pattern.expression),
            )
            .at(pattern.origin)
        })
    }

    /// Whether it matches anywhere in `subject`.
    pub fn is_match(&self, subject: &[u8]) -> Result<bool, MatchError> {
        match self.engine(subject) {
            Ok(linear) => Ok(linear.is_match(subject)),
            Err(backtracking) => backtracking.regex.is_match(subject).map_err(MatchError::from),
        }
    }

    /// Whether it matches; then `captures` holds its groups (otherwise they stay as they are).
    pub fn captures(&self, subject: &[u8], captures: &mut Captures) -> Result<bool, MatchError> {
        match self.engine(subject) {
            Ok(linear) => Ok(captures.read_linear(linear, subject)),
            Err(backtracking) => captures.read_backtracking((backtracking.id, &backtracking.regex), subject),
        }
    }

    /// The named groups: name and number.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.names.iter().enumerate().filter_map(|(number, name)| name.as_deref().map(|name| (name, number)))
    }

    /// How many groups it has, the whole match not counted.
    pub fn groups(&self) -> usize {
        self.names.len().saturating_sub(1)
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.expression
    }

    /// Whether the case of ASCII letters is ignored.
    pub fn ignores_case(&self) -> bool {
        self.ignore_case
    }

    /// Whether time grows only linearly with the subject, whatever it is.
    pub fn is_linear(&self) -> bool {
        matches!(self.engine, Engine::Linear { .. })
    }

    fn engine(&self, subject: &[u8]) -> Result<&meta::Regex, &Backtracking> {
        match &self.engine {
            Engine::Linear { ends_early: Some(backtracking), .. } if subject.last() == Some(&b'\n') => {
                Err(backtracking)
            }
            Engine::Linear { linear, .. } => Ok(linear),
            Engine::Backtracking(backtracking) => Err(backtracking),
        }
    }
}

impl Backtracking {
    fn new(expression: &str, ignore_case: bool, jit: bool) -> Result<Self, RegexError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut builder = pcre::RegexBuilder::new();
        builder.caseless(ignore_case).utf(false).ucp(false);
        if jit {
            builder.jit_if_available(true);
        }
        let regex = builder.build(&format!("{MATCH_LIMIT}{expression}")).map_err(|error| RegexError::new(&error))?;
        Ok(Self { regex: Arc::new(regex), id: NEXT.fetch_add(1, Ordering::Relaxed) })
    }
}

impl RegexError {
    fn new(error: &pcre2::Error) -> Self {
        let message = error.to_string();
        // Its place counts the limit that we put before the expression.
        let bare = message.split_once("at offset ").and_then(|(_, rest)| rest.split_once(": "));
        let offset = error.offset();
        Self {
            message: bare.map_or(message.as_str(), |(_, bare)| bare).to_owned(),
            offset: offset.map(|offset| offset.saturating_sub(MATCH_LIMIT.len())),
        }
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.ignore_case { "~*" } else { "~" };
        write!(formatter, "Regex({mark} {})", self.expression)
    }
}

impl fmt::Display for RegexError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for RegexError {}

impl From<pcre2::Error> for MatchError {
    fn from(error: pcre2::Error) -> Self {
        Self { code: error.code() }
    }
}

impl fmt::Display for MatchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the regular expression takes too long (PCRE2 error {})", self.code)
    }
}

impl std::error::Error for MatchError {}

#[cfg(test)]
mod tests;
