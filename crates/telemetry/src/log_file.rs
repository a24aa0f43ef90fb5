//! A file that log lines are appended to, whose descriptor can be replaced while others write to it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use rustix::fs::{FileType, OFlags};

/// An open log. Writers share it; a new descriptor takes effect with their next write.
#[derive(Debug)]
pub struct LogFile {
    path: Option<PathBuf>,
    descriptor: ArcSwap<OwnedFd>,
}

impl LogFile {
    /// Opens (or creates) a file for appending.
    pub fn open(path: &Path) -> io::Result<Arc<Self>> {
        Ok(Self::adopt(path, append_to(path)?))
    }

    /// A log on a descriptor that another process opened at `path` with `O_APPEND`.
    pub fn adopt(path: &Path, descriptor: OwnedFd) -> Arc<Self> {
        never_block(&descriptor);
        Arc::new(Self { path: Some(path.to_owned()), descriptor: ArcSwap::from_pointee(descriptor) })
    }

    /// The standard error stream, as it is now.
    pub fn stderr() -> io::Result<Arc<Self>> {
        let descriptor = io::stderr().as_fd().try_clone_to_owned()?;
        Ok(Arc::new(Self { path: None, descriptor: ArcSwap::from_pointee(descriptor) }))
    }

    /// Where it was opened; `None` for the standard error stream.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Writes go to `descriptor` from now on; the old one is closed when the last write to it is over.
    pub fn replace(&self, descriptor: OwnedFd) {
        never_block(&descriptor);
        self.descriptor.store(Arc::new(descriptor));
    }

    /// Opens the path anew (USR1, where this process may do so itself).
    pub fn reopen(&self) -> io::Result<()> {
        if let Some(path) = &self.path {
            self.replace(append_to(path)?);
        }
        Ok(())
    }

    /// One `write(2)`.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&**self.descriptor.load(), bytes)?)
    }

    /// Writes as much as the file takes now and leaves the rest; where that fails, nothing is left.
    pub(crate) fn write_all(&self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            match self.write(rest) {
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    bytes.clear();
                    return Err(error);
                }
            }
        }
        bytes.drain(..done);
        Ok(())
    }
}

/// The logs of the process by path. Kept by the control thread; a log that nobody writes to any more is closed.
#[derive(Debug, Default)]
pub struct LogFiles {
    files: BTreeMap<PathBuf, Weak<LogFile>>,
}

impl LogFiles {
    /// No logs.
    pub fn new() -> Self {
        Self::default()
    }

    /// The log of this path on a new descriptor: if it is in use, its writers change over.
    pub fn adopt(&mut self, path: &Path, descriptor: OwnedFd) -> Arc<LogFile> {
        if let Some(file) = self.file(path) {
            file.replace(descriptor);
            return file;
        }
        let file = LogFile::adopt(path, descriptor);
        self.keep(&file);
        file
    }

    /// The log of this path, opened if it is not in use yet.
    pub fn open(&mut self, path: &Path) -> io::Result<Arc<LogFile>> {
        if let Some(file) = self.file(path) {
            return Ok(file);
        }
        let file = LogFile::open(path)?;
        self.keep(&file);
        Ok(file)
    }

    /// The log of this path, if it is in use.
    pub fn file(&self, path: &Path) -> Option<Arc<LogFile>> {
        self.files.get(path)?.upgrade()
    }

    /// The logs in use.
    pub fn iter(&self) -> impl Iterator<Item = Arc<LogFile>> {
        self.files.values().filter_map(Weak::upgrade)
    }

    /// Opens every path anew; what failed keeps its old descriptor.
    pub fn reopen(&self) -> Vec<(PathBuf, io::Error)> {
        let failure = |file: Arc<LogFile>| Some((file.path()?.to_owned(), file.reopen().err()?));
        self.iter().filter_map(failure).collect()
    }

    fn keep(&mut self, file: &Arc<LogFile>) {
        self.files.retain(|_, file| file.strong_count() > 0);
        if let Some(path) = file.path() {
            self.files.insert(path.to_owned(), Arc::downgrade(file));
        }
    }
}

pub(crate) fn append_to(path: &Path) -> io::Result<OwnedFd> {
    let file = OpenOptions::new().append(true).create(true).mode(0o644).open(path)?;
    Ok(file.into())
}

/// A pipe whose reader sleeps must not stop a worker; regular files do not know the flag.
fn never_block(descriptor: &OwnedFd) {
    let Ok(status) = rustix::fs::fstat(descriptor) else {
        return;
    };
    if matches!(FileType::from_raw_mode(status.st_mode), FileType::Fifo | FileType::Socket)
        && let Ok(flags) = rustix::fs::fcntl_getfl(descriptor)
    {
        // Where it fails, writes may wait: as good as nginx's.
        let _ = rustix::fs::fcntl_setfl(descriptor, flags | OFlags::NONBLOCK);
    }
}

#[cfg(test)]
pub(crate) mod tests;
