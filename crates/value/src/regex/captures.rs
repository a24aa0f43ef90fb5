//! The groups of the last match, kept in memory that is used again.

use std::fmt;
use std::mem;
use std::ops::Range;

use pcre2::bytes as pcre;
use regex_automata::meta;
use regex_automata::util::primitives::NonMaxUsize;

use super::MatchError;

/// The groups of the last match and the subject they are parts of.
#[derive(Default)]
pub struct Captures {
    groups: Vec<Option<Range<usize>>>,
    subject: Vec<u8>,
    slots: Vec<Option<NonMaxUsize>>,
    locations: Option<(u64, pcre::CaptureLocations)>,
}

impl Captures {
    /// No match yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the match, keeps the memory.
    pub fn clear(&mut self) {
        self.groups.clear();
        self.subject.clear();
    }

    /// Group `n` (0: the whole match); `None` where it took no part in the match.
    pub fn text(&self, n: usize) -> Option<&[u8]> {
        self.subject.get(self.range(n)?)
    }

    /// Where in the subject group `n` is.
    pub fn range(&self, n: usize) -> Option<Range<usize>> {
        self.groups.get(n)?.clone()
    }

    /// How many groups the expression has, with the whole match; 0 before the first match.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there was no match yet.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// What was matched against.
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    pub(super) fn read_linear(&mut self, regex: &meta::Regex, subject: &[u8]) -> bool {
        let mut slots = mem::take(&mut self.slots);
        slots.clear();
        slots.resize(regex.captures_len() * 2, None);
        let input = regex_automata::Input::new(subject);
        let found = regex.search_slots(&input, &mut slots).is_some();
        if found {
            let groups = slots.chunks_exact(2).map(|pair| match pair {
                [Some(start), Some(end)] => Some(start.get()..end.get()),
                _ => None,
            });
            self.groups.clear();
            self.groups.extend(groups);
            self.keep(subject);
        }
        self.slots = slots;
        found
    }

    pub(super) fn read_backtracking(
        &mut self,
        (id, regex): (u64, &pcre::Regex),
        subject: &[u8],
    ) -> Result<bool, MatchError> {
        let locations = match self.locations.take() {
            Some(known) if known.0 == id => self.locations.insert(known),
            _ => self.locations.insert((id, regex.capture_locations())),
        };
        if regex.captures_read(&mut locations.1, subject)?.is_none() {
            return Ok(false);
        }
        self.groups.clear();
        for n in 0..locations.1.len() {
            let range = locations.1.get(n).map(|(start, end)| start..end);
            self.groups.push(range);
        }
        self.keep(subject);
        Ok(true)
    }

    fn keep(&mut self, subject: &[u8]) {
        self.subject.clear();
        self.subject.extend_from_slice(subject);
    }
}

impl fmt::Debug for Captures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries((0..self.len()).map(|n| self.text(n).map(String::from_utf8_lossy))).finish()
    }
}
