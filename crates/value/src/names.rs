//! An index of names, masks of names and regular expressions that finds the one nginx would find.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::regex::{Captures, MatchError, Regex};

/// One thing to look for. Text is lower case.
pub(crate) enum Rule<'r> {
    /// This text.
    Exact(&'r str),
    /// What ends in `.` and this text; `bare`: the text itself too.
    Leading { suffix: &'r str, bare: bool },
    /// What begins with this text and `.`.
    Trailing(&'r str),
    /// What it matches.
    Regex(Regex),
}

type Index = HashMap<Box<[u8]>, u32, RandomState>;

/// Finds the number of the rule that a text belongs to: exact text, then the longest leading mask, then the longest trailing
/// mask, then the first regular expression that matches (`server_name`, `map`).
#[derive(Debug, Default)]
pub(crate) struct Names {
    exact: Keys,
    leading: Keys,
    trailing: Keys,
    regexes: Vec<(Regex, u32)>,
}

#[derive(Debug, Default)]
struct Keys {
    index: Index,
    /// Bounds the look-ups that a long text with many dots can cause.
    longest: usize,
}

impl Keys {
    /// The rule that has the key already, if there is one; otherwise it is `rule`'s from now on.
    fn add(&mut self, key: &str, rule: u32) -> Result<(), u32> {
        if let Some(earlier) = self.index.get(key.as_bytes()) {
            return Err(*earlier);
        }
        self.longest = self.longest.max(key.len());
        self.index.insert(key.as_bytes().into(), rule);
        Ok(())
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        if key.len() > self.longest {
            return None;
        }
        self.index.get(key).copied()
    }
}

impl Names {
    /// Adds a rule under its number; the error is the number of the rule that has the same name already.
    pub(crate) fn add(&mut self, rule: Rule<'_>, number: u32) -> Result<(), u32> {
        match rule {
            Rule::Exact(text) => self.exact.add(text, number),
            Rule::Leading { suffix, bare } => {
                // A conflict in either half ignores the whole name (nginx: "conflicting server name").
                if bare && let Some(earlier) = self.leading.find(suffix.as_bytes()) {
                    return Err(earlier);
                }
                if bare {
                    self.exact.add(suffix, number)?;
                }
                self.leading.add(suffix, number)
            }
            Rule::Trailing(prefix) => self.trailing.add(prefix, number),
            Rule::Regex(regex) => {
                self.regexes.push((regex, number));
                Ok(())
            }
        }
    }

    /// The rule that a text in lower case belongs to, regular expressions left out.
    pub(crate) fn find_name(&self, lower: &[u8]) -> Option<u32> {
        self.exact.find(lower).or_else(|| self.find_leading(lower)).or_else(|| self.find_trailing(lower))
    }

    /// The first regular expression that matches; an empty text is not tried, as in nginx.
    pub(crate) fn find_regex(&self, text: &[u8], captures: &mut Captures) -> Result<Option<(u32, &Regex)>, MatchError> {
        if text.is_empty() {
            return Ok(None);
        }
        for (regex, rule) in &self.regexes {
            if regex.captures(text, captures)? {
                return Ok(Some((*rule, regex)));
            }
        }
        Ok(None)
    }

    /// Whether some rule is a mask of host names.
    pub(crate) fn has_masks(&self) -> bool {
        !self.leading.index.is_empty() || !self.trailing.index.is_empty()
    }

    /// Whether there is more than regular expressions.
    pub(crate) fn has_names(&self) -> bool {
        !self.exact.index.is_empty() || self.has_masks()
    }

    fn find_leading(&self, lower: &[u8]) -> Option<u32> {
        if self.leading.index.is_empty() {
            return None;
        }
        let start = lower.len().saturating_sub(self.leading.longest + 1);
        let tail = lower.get(start..)?;
        memchr::memchr_iter(b'.', tail).find_map(|dot| self.leading.find(tail.get(dot + 1..)?))
    }

    fn find_trailing(&self, lower: &[u8]) -> Option<u32> {
        if self.trailing.index.is_empty() {
            return None;
        }
        let end = lower.len().min(self.trailing.longest + 1);
        let head = lower.get(..end)?;
        memchr::memrchr_iter(b'.', head).find_map(|dot| self.trailing.find(head.get(..dot)?))
    }
}
