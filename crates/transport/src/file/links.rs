//! Files that are not reached over symbolic links.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, fstat, openat, statat};

use super::{File, Metadata, on_threads};

/// Which symbolic links may be followed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Links {
    /// Those that belong to the owner of what they lead to; otherwise none.
    pub same_owner: bool,
    /// Bytes at the beginning of a path that are not looked at.
    pub trusted: usize,
}

/// Opens the file at `path` for reading, if no link that may not be followed leads there.
pub async fn open_checked(path: &Path, links: Links) -> io::Result<File> {
    let path = path.to_owned();
    let flags = OFlags::RDONLY | OFlags::NONBLOCK;
    on_threads::run(move || walk(&path, links, flags)).await.map(File::from)
}

/// What is at `path`, if no link that may not be followed leads there.
pub async fn metadata_checked(path: &Path, links: Links) -> io::Result<Metadata> {
    let path = path.to_owned();
    on_threads::run(move || {
        let found = std::fs::File::from(walk(&path, links, OFlags::PATH)?);
        Ok(Metadata::from(&found.metadata()?))
    })
    .await
}

/// Whether a symbolic link is at `path`.
pub async fn is_link(path: &Path) -> bool {
    let path = path.to_owned();
    on_threads::run(move || std::fs::symlink_metadata(path)).await.is_ok_and(|found| found.is_symlink())
}

/// Whether a link stood in the way that may not be followed, or too many links did.
pub fn is_forbidden_link(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ELOOP | libc::EMLINK))
}

/// Opens one part of the path after the other.
fn walk(path: &Path, links: Links, flags: OFlags) -> io::Result<OwnedFd> {
    let bytes = path.as_os_str().as_bytes();
    let (trusted, rest) = bytes.split_at_checked(links.trusted).unwrap_or((b"", bytes));
    let begin: &[u8] = match (trusted, rest.first()) {
        (b"", Some(b'/')) => b"/",
        (b"", _) => b".",
        (trusted, _) => trusted,
    };
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = openat(CWD, OsStr::from_bytes(begin), directory, Mode::empty())?;
    let mut parts = rest.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).peekable();
    if parts.peek().is_none() {
        return Ok(openat(&at, ".", flags | OFlags::CLOEXEC, Mode::empty())?);
    }
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let mut flags = if last { flags | OFlags::CLOEXEC } else { directory };
        if last && rest.ends_with(b"/") {
            flags |= OFlags::DIRECTORY;
        }
        at = step(&at, OsStr::from_bytes(part), links.same_owner, flags)?;
    }
    Ok(at)
}

fn step(at: &impl AsFd, part: &OsStr, same_owner: bool, flags: OFlags) -> io::Result<OwnedFd> {
    let found = statat(at, part, AtFlags::SYMLINK_NOFOLLOW)?;
    let is_link = rustix::fs::FileType::from_raw_mode(found.st_mode) == rustix::fs::FileType::Symlink;
    if !is_link {
        return Ok(openat(at, part, flags | OFlags::NOFOLLOW, Mode::empty())?);
    }
    if !same_owner {
        return Err(io::Error::from_raw_os_error(libc::ELOOP));
    }
    let opened = openat(at, part, flags, Mode::empty())?;
    if fstat(&opened)?.st_uid == found.st_uid { Ok(opened) } else { Err(io::Error::from_raw_os_error(libc::ELOOP)) }
}
