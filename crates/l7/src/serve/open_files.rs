//! Files that stay open between requests. Each path is looked up again unless the configuration says for how long it may be
//! believed, but a file that is found as it was need not be opened again.

use crate::serve::files::path_of;
use lru::LruCache;
use std::cell::{Cell, RefCell};
use std::io;
use std::num::NonZeroUsize;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};
use transport::clock;
use transport::file::{self, File, Metadata};

/// What holds where the configuration says nothing: no request can tell that files stay open.
const USUAL: model::OpenFiles = model::OpenFiles {
    most: 128,
    inactive: Duration::from_secs(5),
    valid: Duration::ZERO,
    least_uses: 1,
    errors: false,
};

/// A worker's files under one rule.
pub struct OpenFiles {
    rule: model::OpenFiles,
    known: RefCell<LruCache<Box<[u8]>, Known>>,
    sweeping: Cell<bool>,
}

/// All open files of a worker.
pub struct Tables {
    usual: Rc<OpenFiles>,
    /// By the number of their rule.
    ruled: Vec<Rc<OpenFiles>>,
}

/// An open file, and what it was when that was last asked.
#[derive(Clone)]
pub struct Opened {
    /// The file.
    pub file: Rc<File>,
    /// What it is.
    pub metadata: Metadata,
}

/// What is known of a path.
struct Known {
    /// The operating system's number of the error otherwise.
    found: Result<Metadata, i32>,
    file: Option<Rc<File>>,
    checked: Instant,
    used: Instant,
    uses: u64,
}

impl Tables {
    /// Tables for a plan's rules.
    pub fn new(rules: &[model::OpenFiles]) -> Self {
        Self { usual: OpenFiles::new(USUAL), ruled: rules.iter().copied().map(OpenFiles::new).collect() }
    }

    /// The files under a rule, or under none.
    pub fn under(&self, rule: Option<usize>) -> &Rc<OpenFiles> {
        rule.and_then(|rule| self.ruled.get(rule)).unwrap_or(&self.usual)
    }
}

impl OpenFiles {
    fn new(rule: model::OpenFiles) -> Rc<Self> {
        let most = NonZeroUsize::new(rule.most).unwrap_or(NonZeroUsize::MIN);
        // The table grows with what it holds.
        let mut known = LruCache::unbounded();
        known.resize(most);
        Rc::new(Self { rule, known: RefCell::new(known), sweeping: Cell::new(false) })
    }

    /// Opens the file at a path.
    pub async fn open(self: &Rc<Self>, name: &[u8]) -> io::Result<Opened> {
        if let Some((found, file)) = self.recall(name) {
            match (found, file) {
                (Err(error), _) => return Err(error),
                (Ok(metadata), Some(file)) => return Ok(Opened { file, metadata }),
                (Ok(_), None) => {}
            }
        }
        let opened = file::open(path_of(name)).await.and_then(Opened::new);
        match &opened {
            Ok(opened) => self.learn(name, Ok(opened.metadata), Some(&opened.file)),
            Err(error) => self.learn(name, Err(error), None),
        }
        opened
    }

    /// What is at a path.
    pub async fn look_at(self: &Rc<Self>, name: &[u8]) -> io::Result<Metadata> {
        if let Some((found, _)) = self.recall(name) {
            return found;
        }
        let found = file::metadata(path_of(name)).await;
        self.learn(name, found.as_ref().copied(), None);
        found
    }

    /// What is known of a path and still holds.
    fn recall(&self, name: &[u8]) -> Option<(io::Result<Metadata>, Option<Rc<File>>)> {
        let mut known = self.known.borrow_mut();
        let entry = known.get_mut(name)?;
        let now = clock::now();
        // What may be a file is looked at again unless it is held: its content is what counts.
        let held = entry.file.is_some() || !entry.found.as_ref().is_ok_and(Metadata::is_file);
        if !held {
            return None;
        }
        if now.duration_since(entry.checked) >= self.rule.valid {
            entry.file.as_ref()?;
            let found = file::metadata_in_memory(path_of(name)).ok();
            if found.is_none() || found != entry.found.ok() {
                known.pop(name);
                return None;
            }
            entry.checked = now;
        }
        entry.used = now;
        entry.uses += 1;
        Some((entry.found.map_err(io::Error::from_raw_os_error), entry.file.clone()))
    }

    /// Remembers what was found at a path, if the rule says so.
    fn learn(self: &Rc<Self>, name: &[u8], found: Result<Metadata, &io::Error>, file: Option<&Rc<File>>) {
        let found = match found {
            Ok(metadata) => Ok(metadata),
            Err(error) => match error.raw_os_error().filter(|_| self.rule.errors) {
                Some(code) => Err(code),
                None => return,
            },
        };
        let now = clock::now();
        let mut known = self.known.borrow_mut();
        let before = known.peek(name).filter(|entry| now.duration_since(entry.used) < self.rule.inactive);
        let uses = before.map_or(0, |entry| entry.uses) + 1;
        let file =
            file.filter(|_| uses >= self.rule.least_uses && found.as_ref().is_ok_and(Metadata::is_file)).cloned();
        if file.is_none() && self.rule.valid.is_zero() {
            return;
        }
        known.put(name.into(), Known { found, file, checked: now, used: now, uses });
        drop(known);
        if !self.sweeping.replace(true) {
            tokio::task::spawn_local(sweep(Rc::downgrade(self), self.rule.inactive));
        }
    }

    /// Forgets what was not used for long; whether anything is left.
    fn forget_unused(&self) -> bool {
        let now = clock::now();
        let mut known = self.known.borrow_mut();
        while known.peek_lru().is_some_and(|(_, entry)| now.duration_since(entry.used) >= self.rule.inactive) {
            known.pop_lru();
        }
        self.sweeping.set(!known.is_empty());
        !known.is_empty()
    }
}

impl Opened {
    /// A file that was just opened.
    ///
    /// # Errors
    /// The system's: what it is could not be asked.
    pub fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { file: Rc::new(file), metadata })
    }
}

/// Closes files in time, for as long as there are any.
async fn sweep(files: Weak<OpenFiles>, period: Duration) {
    loop {
        tokio::time::sleep(period.max(Duration::from_secs(1))).await;
        if !files.upgrade().is_some_and(|files| files.forget_unused()) {
            return;
        }
    }
}
