//! Replacement of text in bodies (`sub_filter`).

use crate::body::Filter;
use crate::exchange::Exchange;
use crate::plan::filters::{Filters, Substitute};
use crate::response::{Ranges, Response};
use crate::shape::compress::change_validators;
use aho_corasick::{AhoCorasick, MatchKind};
use protocol::Name;
use std::sync::Arc;

/// Texts to look for, in any case of letters.
pub struct Patterns {
    automaton: AhoCorasick,
    texts: Vec<Vec<u8>>,
    longest: usize,
}

impl Patterns {
    /// `None`: one is empty, or they are too many.
    pub fn new(texts: Vec<Vec<u8>>) -> Option<Self> {
        if texts.iter().any(Vec::is_empty) {
            return None;
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostFirst)
            .build(&texts)
            .ok()?;
        let longest = texts.iter().map(Vec::len).max().unwrap_or(0);
        Some(Self { automaton, texts, longest })
    }

    /// Where the end of `text` begins that may become a match with what follows it.
    fn held_from(&self, text: &[u8]) -> usize {
        let first = (text.len() + 1).saturating_sub(self.longest);
        let begins = |end: &[u8]| {
            self.texts.iter().any(|pattern| {
                pattern.len() > end.len() && pattern.get(..end.len()).is_some_and(|part| part.eq_ignore_ascii_case(end))
            })
        };
        (first..text.len()).find(|at| text.get(*at..).is_some_and(begins)).unwrap_or(text.len())
    }
}

/// Replacement in one body.
pub struct Substituter {
    /// `None`: nothing is looked for any more.
    patterns: Option<Arc<Patterns>>,
    /// In the order of the patterns.
    replacements: Vec<Vec<u8>>,
    once: bool,
    /// What may be the beginning of a match.
    held: Vec<u8>,
}

impl Exchange<'_> {
    /// Replaces text in the body.
    pub fn substitute(&mut self, filters: &Filters, response: &mut Response) {
        let Some(rule) = &filters.substitute else { return };
        if response.length == Some(0) || !rule.types.contain(response.head.fields.get_known(Name::ContentType)) {
            return;
        }
        let Some(substituter) = self.substituter(rule) else { return };
        response.length = None;
        response.ranges = Ranges::No;
        change_validators(response, rule.keep_modified);
        response.filter(Filter::Substitute(Box::new(substituter)));
    }

    /// `None`: all texts to look for are empty.
    fn substituter(&self, rule: &Substitute) -> Option<Substituter> {
        let replacements = rule.pairs.iter().map(|(_, to)| self.text_of(to));
        if let Some(patterns) = &rule.patterns {
            let (patterns, replacements) = (Some(Arc::clone(patterns)), replacements.collect());
            return Some(Substituter { patterns, replacements, once: rule.once, held: Vec::new() });
        }
        let texts = rule.pairs.iter().map(|(from, _)| self.text_of(from));
        let pairs = texts.zip(replacements).filter(|(text, _)| !text.is_empty());
        let (texts, replacements): (Vec<_>, Vec<_>) = pairs.unzip();
        let patterns = Patterns::new(texts).filter(|patterns| !patterns.texts.is_empty())?;
        Some(Substituter { patterns: Some(Arc::new(patterns)), replacements, once: rule.once, held: Vec::new() })
    }
}

impl Substituter {
    /// Takes bytes in and puts out what they come to.
    pub fn run(&mut self, input: &[u8], output: &mut Vec<u8>) -> usize {
        if self.held.is_empty() {
            self.replace(input, output, false);
        } else {
            let mut text = std::mem::take(&mut self.held);
            text.extend_from_slice(input);
            self.replace(&text, output, false);
        }
        input.len()
    }

    /// Puts out what was held back.
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        let text = std::mem::take(&mut self.held);
        self.replace(&text, output, true);
    }

    fn replace(&mut self, text: &[u8], output: &mut Vec<u8>, last: bool) {
        let mut rest = text;
        while let Some(patterns) = self.patterns.clone() {
            let held = if last { rest.len() } else { patterns.held_from(rest) };
            let found = patterns.automaton.find(rest).filter(|found| found.start() < held);
            let Some(found) = found else {
                output.extend_from_slice(rest.get(..held).unwrap_or_default());
                self.held.extend_from_slice(rest.get(held..).unwrap_or_default());
                return;
            };
            output.extend_from_slice(rest.get(..found.start()).unwrap_or_default());
            let pattern = found.pattern().as_usize();
            output.extend_from_slice(self.replacements.get(pattern).map(Vec::as_slice).unwrap_or_default());
            rest = rest.get(found.end()..).unwrap_or_default();
            if self.once {
                self.forget(&patterns, pattern);
            }
        }
        output.extend_from_slice(rest);
    }

    /// A text that was replaced is not looked for again.
    fn forget(&mut self, patterns: &Patterns, pattern: usize) {
        let mut texts = patterns.texts.clone();
        texts.remove(pattern);
        self.replacements.remove(pattern);
        self.patterns = if texts.is_empty() { None } else { Patterns::new(texts).map(Arc::new) };
    }
}
