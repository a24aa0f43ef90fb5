//! Turns at the names of files: who gives one to a file and who removes what has one never meet.
//!
//! An entry's size tells whether its file has the name. In one turn
//! - a writer looks whether its entry stands in the index, renames its file, and counts it (`Store::place`);
//! - the keeper or the purger looks whether what stands in the index has a size, and removes the file if not (`keeper::remove`);
//! - files that were there before are counted, and those of another process removed.
//!
//! So what is removed is never another's file that came between looking and removing. An entry that goes while its file gets
//! the name is seen by who counts it, and its file is removed in a later turn. Whoever reads a file, or writes other terms into
//! it, takes no turn: it looks at the object's number in what it has opened. Workers never wait here; threads do that may wait
//! for a disk.

use crate::key::Key;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// How long somebody waits before looking again whether it is his turn.
const WAIT: Duration = Duration::from_micros(50);

/// Whose turn it is: a bit for each of 64 parts of all names.
#[derive(Debug, Default)]
pub(crate) struct Turns(AtomicU64);

/// A turn; it ends when it is dropped.
#[must_use]
pub(crate) struct Turn<'t> {
    turns: &'t Turns,
    part: u64,
}

impl Turns {
    /// Waits for a turn at a key's name.
    pub(crate) fn take(&self, key: &Key) -> Turn<'_> {
        let Key([first, ..]) = key;
        let part = 1 << (first & 63);
        while self.0.fetch_or(part, Ordering::Acquire) & part != 0 {
            thread::sleep(WAIT);
        }
        Turn { turns: self, part }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.0.fetch_and(!self.part, Ordering::Release);
    }
}
