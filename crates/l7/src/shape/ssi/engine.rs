//! Reads a body and does what its commands say.

use super::Page;
use super::scan::{Found, scan};
use crate::body::Piece;
use crate::child::Errands;
use crate::variables::connection::DATE_FORMAT;
use std::collections::VecDeque;
use std::rc::Rc;

/// What is written where a command fails.
const TROUBLE: &[u8] = b"[an error occurred while processing the directive]";
/// How deep conditions may stand inside one another.
const DEEPEST: usize = 64;

/// What reads one body.
pub struct Engine {
    pub(super) page: Rc<Page>,
    pub(super) errands: Rc<Errands>,
    pub(super) silent: bool,
    pub(super) value_length: usize,
    /// What is written where a command fails.
    pub(super) trouble: Vec<u8>,
    /// How dates are written.
    pub(super) date_format: String,
    /// What the last expression captured.
    pub(super) captures: Vec<Vec<u8>>,
    /// Conditions that are open, the innermost last.
    pub(super) conditions: Vec<Branch>,
    /// A block that is open, and what has been read of it.
    pub(super) block: Option<(Vec<u8>, Vec<u8>)>,
    /// The text is read on when what was asked for last is through.
    pub(super) waiting: bool,
    /// What was read and not looked at.
    unread: Vec<u8>,
    last: bool,
}

/// Which branch of a condition is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Branch {
    /// One whose condition holds: it is written.
    Taken,
    /// None yet.
    NotYet,
    /// One after the one that was taken.
    Over,
    /// One inside a branch that is not written.
    Skipped,
}

impl Engine {
    /// What reads a body of a page.
    pub fn new(page: Rc<Page>, errands: Rc<Errands>, silent: bool, value_length: usize) -> Self {
        Self {
            page,
            errands,
            silent,
            value_length,
            trouble: TROUBLE.to_vec(),
            date_format: DATE_FORMAT.to_owned(),
            captures: Vec::new(),
            conditions: Vec::new(),
            block: None,
            waiting: false,
            unread: Vec::new(),
            last: false,
        }
    }

    /// Whether no more can be read before what was asked for is through.
    pub fn waits(&self) -> bool {
        self.waiting
    }

    /// Takes a piece of the body in.
    pub fn read(&mut self, text: &[u8], pieces: &mut VecDeque<Piece>) {
        self.unread.extend_from_slice(text);
        self.look(pieces);
    }

    /// The body is through; false: what was asked for last is waited for.
    pub fn finish(&mut self, pieces: &mut VecDeque<Piece>) -> bool {
        self.last = true;
        self.look(pieces);
        !self.waiting
    }

    /// What was waited for is through.
    pub fn go_on(&mut self, pieces: &mut VecDeque<Piece>) {
        if self.waiting && pieces.is_empty() {
            self.waiting = false;
            self.look(pieces);
        }
    }

    /// Keeps a value for this page.
    pub fn keep(&self, name: &[u8], value: Vec<u8>) {
        self.page.variables.borrow_mut().insert(name.to_ascii_lowercase(), value);
    }

    fn look(&mut self, pieces: &mut VecDeque<Piece>) {
        let text = std::mem::take(&mut self.unread);
        let mut at = 0;
        while !self.waiting && at < text.len() {
            let rest = text.get(at..).unwrap_or_default();
            let (taken, found) = match scan(rest, self.last, self.value_length) {
                Found::Incomplete => break,
                Found::Text(length) => (length, None),
                Found::Command(command, length) => (length, Some(Some(command))),
                Found::Malformed(length) => (length, Some(None)),
            };
            let written = rest.get(..taken).unwrap_or_default();
            at += taken;
            match (found, &mut self.block) {
                // A block is obeyed where it stands in for something.
                (Some(Some(command)), Some(_)) if command.name == b"endblock" => self.end_block(),
                (_, Some((_, block))) => block.extend_from_slice(written),
                (None, None) => {
                    if self.writes() {
                        push(pieces, written);
                    }
                }
                (Some(Some(command)), None) => {
                    if self.obey(&command, pieces).is_err() {
                        self.complain(pieces);
                    }
                }
                (Some(None), None) => self.complain(pieces),
            }
        }
        self.unread = text.get(at..).unwrap_or_default().to_vec();
    }

    /// Whether text is written here.
    pub(super) fn writes(&self) -> bool {
        self.conditions.last().is_none_or(|branch| *branch == Branch::Taken)
    }

    /// Opens a condition.
    pub(super) fn open(&mut self, holds: bool) -> Result<(), ()> {
        if self.conditions.len() >= DEEPEST {
            return Err(());
        }
        let branch = if holds { Branch::Taken } else { Branch::NotYet };
        self.conditions.push(branch);
        Ok(())
    }

    fn end_block(&mut self) {
        if let Some((name, text)) = self.block.take() {
            self.page.blocks.borrow_mut().insert(name, text.into());
        }
    }

    fn complain(&self, pieces: &mut VecDeque<Piece>) {
        if !self.silent && self.writes() {
            push(pieces, &self.trouble);
        }
    }
}

/// Adds text to the last piece if that is text.
pub(super) fn push(pieces: &mut VecDeque<Piece>, text: &[u8]) {
    match pieces.back_mut() {
        Some(Piece::Text(last)) => last.extend_from_slice(text),
        _ => pieces.push_back(Piece::Text(text.to_vec())),
    }
}
