//! Files that are read with the configuration and that others than the operator change: the system tells when one does.

use crate::{clock, reason};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What else changes within this time after the first change is taken over with it.
const PAUSE: Duration = Duration::from_secs(1);
/// Room for what the system tells at once.
const BUFFER: usize = 16 << 10;
/// So deep is looked into a directory that is new.
const DEEPEST: usize = 20;

/// Names of files, and the directories in which they are looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Watched {
    /// What the files are called.
    pub names: Vec<String>,
    /// Where they may lie.
    pub directories: Vec<PathBuf>,
}

/// What the system is asked to tell.
#[derive(Debug)]
pub(crate) struct Watch {
    descriptor: OwnedFd,
    names: Vec<String>,
    directories: HashMap<i32, PathBuf>,
    /// Directories that came since then.
    new: Vec<PathBuf>,
    /// When what changed is to be taken over.
    pub(crate) due: Option<Instant>,
}

impl Watch {
    /// Watches directories, with a line about those that cannot be; `None`: there is nothing to watch.
    pub(crate) fn open(watched: &Watched) -> (Option<Self>, Option<String>) {
        if watched.directories.is_empty() {
            return (None, None);
        }
        let descriptor = match inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK) {
            Ok(descriptor) => descriptor,
            Err(error) => return (None, Some(unnoticed(watched.directories.len(), &error.into()))),
        };
        let names = watched.names.clone();
        let mut watch = Self { descriptor, names, directories: HashMap::new(), new: Vec::new(), due: None };
        let failed = watched.directories.iter().filter_map(|directory| watch.add(directory).err());
        let failed: Vec<std::io::Error> = failed.filter(|error| error.kind() != std::io::ErrorKind::NotFound).collect();
        let line = failed.first().map(|error| unnoticed(failed.len(), error));
        (Some(watch), line)
    }

    /// Takes the place of another: what changed while the new configuration was read, or since then, is not lost.
    pub(crate) fn succeed(&mut self, mut before: Self) {
        before.take();
        self.due = before.due;
        for directory in before.new {
            // It may have come after the directory around it was read.
            if self.look_into(&directory, 0) {
                self.due.get_or_insert_with(|| clock::now() + PAUSE);
            }
        }
        self.new.clear();
    }

    fn add(&mut self, directory: &Path) -> std::io::Result<()> {
        let changes = WatchFlags::CREATE | WatchFlags::CLOSE_WRITE | WatchFlags::DELETE | WatchFlags::MOVE;
        let number = inotify::add_watch(&self.descriptor, directory, changes | WatchFlags::ONLYDIR)?;
        self.directories.insert(number, directory.to_owned());
        Ok(())
    }

    /// Takes all that the system has to tell.
    pub(crate) fn take(&mut self) {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut told = Vec::new();
        if let Ok(descriptor) = self.descriptor.try_clone() {
            let mut reader = inotify::Reader::new(descriptor, &mut buffer);
            while let Ok(event) = reader.next() {
                let name = event.file_name().map(|name| name.to_bytes().to_vec());
                told.push((event.wd(), event.events(), name.unwrap_or_default()));
            }
        }
        for (number, events, name) in told {
            let directory = self.directories.get(&number).map(|directory| directory.join(OsStr::from_bytes(&name)));
            if self.matters(events, &name, directory.as_deref()) {
                self.due.get_or_insert_with(|| clock::now() + PAUSE);
            }
        }
    }

    fn matters(&mut self, events: ReadFlags, name: &[u8], path: Option<&Path>) -> bool {
        let is_new = events.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO);
        match path {
            // Too much happened to be told.
            _ if events.contains(ReadFlags::QUEUE_OVERFLOW) => true,
            Some(path) if events.contains(ReadFlags::ISDIR) => is_new && self.look_into(path, 0),
            _ => self.is_name(name),
        }
    }

    /// Watches a directory that is new; whether such files lie in it already.
    fn look_into(&mut self, directory: &Path, depth: usize) -> bool {
        if depth >= DEEPEST || self.add(directory).is_err() {
            return false;
        }
        self.new.push(directory.to_owned());
        let mut found = false;
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            found |= if is_folder {
                self.look_into(&entry.path(), depth + 1)
            } else {
                self.is_name(entry.file_name().as_bytes())
            };
        }
        found
    }

    fn is_name(&self, name: &[u8]) -> bool {
        self.names.iter().any(|known| known.as_bytes() == name)
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

fn unnoticed(directories: usize, error: &std::io::Error) -> String {
    let (s, why) = (if directories == 1 { "y" } else { "ies" }, reason(error));
    format!("changes of files in {directories} director{s} will not be noticed, reload after one: inotify failed {why}")
}
