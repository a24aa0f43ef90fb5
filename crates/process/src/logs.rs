//! Log files: opened as root for appending, opened anew on USR1, passed to the worker.

use crate::{Identity, is_superuser, reason};
use nix::unistd::fchown;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{stderr, stdout};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Open log files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs {
    files: Vec<(PathBuf, Rc<OwnedFd>)>,
}

impl Logs {
    /// Opens or creates all of them.
    ///
    /// # Errors
    /// One line for each that cannot be opened.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self, Vec<String>> {
        let (mut files, mut failures) = (Vec::new(), Vec::new());
        for path in paths {
            match open(path) {
                Ok(file) => files.push((path.clone(), Rc::new(file.into()))),
                Err(line) => failures.push(line),
            }
        }
        if failures.is_empty() { Ok(Self { files }) } else { Err(failures) }
    }

    /// Opens all of them again, since they may have been renamed, and gives them to the worker's user as nginx does.
    /// What cannot be opened stays as it is; the lines say so.
    pub(crate) fn reopen(&mut self, identity: Option<&Identity>) -> Vec<String> {
        let mut failures = Vec::new();
        for (path, kept) in &mut self.files {
            match open(path).and_then(|file| give(path, file, identity)) {
                Ok(file) => *kept = Rc::new(file.into()),
                Err(line) => failures.push(line),
            }
        }
        failures
    }

    /// The files for a message to a worker.
    pub(crate) fn lent(&self) -> Vec<(&PathBuf, BorrowedFd<'_>)> {
        self.files.iter().map(|(path, file)| (path, file.as_fd())).collect()
    }

    /// The open file of a path.
    pub(crate) fn find(&self, path: &Path) -> Option<BorrowedFd<'_>> {
        self.files.iter().find(|(name, _)| name == path).map(|(_, file)| file.as_fd())
    }
}

/// Opens (and so creates) each log file, to see whether it can be.
///
/// # Errors
/// One line for each that cannot be opened.
pub fn test(paths: &[PathBuf]) -> Result<(), Vec<String>> {
    Logs::open(paths).map(drop)
}

fn open(path: &Path) -> Result<File, String> {
    // Not opened by name: behind them may be a socket, or a file that only its opener may open.
    let opened = match path.to_str() {
        Some("/dev/stdout") => stdout().as_fd().try_clone_to_owned().map(File::from),
        Some("/dev/stderr") => stderr().as_fd().try_clone_to_owned().map(File::from),
        _ => OpenOptions::new().append(true).create(true).mode(0o644).open(path),
    };
    opened.map_err(|error| format!("open() \"{}\" failed {}", path.display(), reason(&error)))
}

fn give(path: &Path, file: File, identity: Option<&Identity>) -> Result<File, String> {
    let Some(identity) = identity.filter(|_| is_superuser()) else {
        return Ok(file);
    };
    let failed = |call: &str, error: &std::io::Error| format!("{call} \"{}\" failed {}", path.display(), reason(error));
    let found = file.metadata().map_err(|error| failed("stat()", &error))?;
    if !found.is_file() {
        return Ok(file);
    }
    if found.uid() != identity.user().as_raw() {
        fchown(&file, Some(identity.user()), None).map_err(|error| failed("chown()", &error.into()))?;
    }
    if found.mode() & 0o600 != 0o600 {
        let mode = Permissions::from_mode(found.mode() | 0o600);
        file.set_permissions(mode).map_err(|error| failed("chmod()", &error))?;
    }
    Ok(file)
}
