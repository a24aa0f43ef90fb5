//! An access log whose lines come with the paths of their files, some of which are kept open.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{File, metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use super::{Failures, Shared};
use crate::error_log::{Level, SystemError};
use crate::log_file::append_to;

/// Bytes that are gathered before the turn is over.
const MOST_WAITING: usize = 1 << 20;

/// Which files are kept open, and how long: `open_log_file_cache`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct OpenFiles {
    /// So many at most; the one used longest ago is closed.
    pub most: usize,
    /// One that was not used for so long is closed.
    pub inactive: Duration,
    /// After so long it is looked whether the path still leads to the file.
    pub valid: Duration,
    /// A file is kept open once it was used so often.
    pub least_uses: u64,
}

/// Lines for files that are named by each line; clones are the same log.
#[derive(Clone, Debug)]
pub struct LogOfPaths(Rc<Lines>);

#[derive(Debug)]
struct Lines {
    shared: Rc<Shared>,
    /// By file, and by the directory that must exist.
    waiting: RefCell<HashMap<(PathBuf, PathBuf), Vec<u8>>>,
    open: Option<RefCell<Cache>>,
    failures: Failures,
}

impl LogOfPaths {
    pub(super) fn new(shared: &Rc<Shared>, open: Option<OpenFiles>) -> Self {
        Self(Rc::new(Lines {
            shared: Rc::clone(shared),
            waiting: RefCell::default(),
            open: open.map(|rule| RefCell::new(Cache { rule, known: Vec::new() })),
            failures: Failures::default(),
        }))
    }

    pub(super) fn is_in_use(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }

    /// Adds a line, which `write` appends, to a file; it is written only if the directory `root` is there.
    pub fn append(&self, (file, root): (PathBuf, PathBuf), now: Duration, write: impl FnOnce(&mut Vec<u8>)) {
        let mut waiting = self.0.waiting.borrow_mut();
        let lines = waiting.entry((file, root)).or_default();
        write(lines);
        lines.push(b'\n');
        let full = lines.len() > MOST_WAITING;
        drop(waiting);
        if full {
            self.flush(now);
        }
    }

    pub(super) fn flush(&self, now: Duration) {
        let log = &*self.0;
        for ((path, root), lines) in log.waiting.borrow_mut().drain() {
            if !metadata(&root).is_ok_and(|found| found.is_dir()) {
                let message = format_args!("testing \"{}\" existence failed, nothing is logged there", root.display());
                log.shared.errors.log(Level::Error, message);
                continue;
            }
            let written = match &log.open {
                Some(cache) => cache.borrow_mut().write(&path, &lines, now),
                None => open(&path).and_then(|mut file| file.write_all(&lines)),
            };
            if let Err(error) = written {
                let report = |lines: u64, error: SystemError<'_>| {
                    format!("open() or write() \"{}\" failed {error}, lines dropped: {lines}", path.display())
                };
                log.shared.count_dropped(&log.failures, (Level::Critical, count(&lines), now), report, &error);
            }
        }
    }

    /// Closes the files that were kept open.
    pub(super) fn close(&self) {
        if let Some(cache) = &self.0.open {
            cache.borrow_mut().known.clear();
        }
    }
}

/// Files that were used lately, the one used last at the end.
#[derive(Debug)]
struct Cache {
    rule: OpenFiles,
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    path: PathBuf,
    /// It is kept open.
    file: Option<File>,
    uses: u64,
    used: Duration,
    /// When the path was last seen to lead to the file.
    seen: Duration,
}

impl Cache {
    fn write(&mut self, path: &Path, lines: &[u8], now: Duration) -> io::Result<()> {
        let rule = self.rule;
        self.known.retain(|known| now.saturating_sub(known.used) < rule.inactive);
        let mut known = match self.known.iter().position(|known| known.path == path) {
            Some(index) => self.known.remove(index),
            None => Known { path: path.to_owned(), file: None, uses: 0, used: now, seen: now },
        };
        known.uses += count(lines);
        known.used = now;
        known.look_again(rule.valid, now);
        known.write(lines, now)?;
        if known.uses < rule.least_uses {
            known.file = None;
        }
        if self.known.len() >= rule.most {
            self.known.remove(0);
        }
        self.known.push(known);
        Ok(())
    }
}

impl Known {
    /// Closes the file if it is not that of the path any more.
    fn look_again(&mut self, valid: Duration, now: Duration) {
        if now.saturating_sub(self.seen) < valid {
            return;
        }
        self.seen = now;
        let same = |file: &File| {
            let (open, found) = (file.metadata().ok()?, metadata(&self.path).ok()?);
            ((open.dev(), open.ino()) == (found.dev(), found.ino())).then_some(())
        };
        if self.file.as_ref().is_some_and(|file| same(file).is_none()) {
            self.file = None;
        }
    }

    fn write(&mut self, lines: &[u8], now: Duration) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                self.seen = now;
                none.insert(open(&self.path)?)
            }
        };
        file.write_all(lines)
    }
}

fn open(path: &Path) -> io::Result<File> {
    append_to(path).map(File::from)
}

fn count(lines: &[u8]) -> u64 {
    lines.split(|&byte| byte == b'\n').count().saturating_sub(1) as u64
}
