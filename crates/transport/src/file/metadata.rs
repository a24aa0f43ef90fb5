//! What a path names, as far as serving it needs to know.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};

/// What is known of a file.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// Bytes in the file.
    pub length: u64,
    /// The last modification, since 1970; what was modified before is taken as modified then.
    pub modified: Duration,
    /// The last change of its content, owner or permissions, since 1970.
    pub changed: Duration,
    /// The device that holds the file.
    pub device: u64,
    /// The file's number on that device.
    pub inode: u64,
    /// The owner's user id.
    pub owner: u32,
    /// Permission bits.
    pub mode: u32,
    /// File, directory or other.
    pub kind: FileKind,
}

/// What a path leads to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A pipe, a socket, a device.
    Other,
}

impl Metadata {
    /// What an open file is. The kernel has that in memory: nobody waits, where asking a ring means a thread of the kernel's.
    pub(super) fn of_open(file: impl AsFd) -> io::Result<Self> {
        Self::ask(file, Path::new(""), AtFlags::EMPTY_PATH)
    }

    /// What is at `path`, asked directly.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        Self::ask(CWD, path, AtFlags::empty())
    }

    fn ask(from: impl AsFd, path: &Path, flags: AtFlags) -> io::Result<Self> {
        let found = statx(from, path, flags | AtFlags::STATX_DONT_SYNC, StatxFlags::BASIC_STATS)?;
        let mode = u32::from(found.stx_mode);
        Ok(Self {
            length: found.stx_size,
            modified: since_1970(found.stx_mtime.tv_sec, i64::from(found.stx_mtime.tv_nsec)),
            changed: since_1970(found.stx_ctime.tv_sec, i64::from(found.stx_ctime.tv_nsec)),
            device: makedev(found.stx_dev_major, found.stx_dev_minor),
            inode: found.stx_ino,
            owner: found.stx_uid,
            mode,
            kind: FileKind::from_mode(mode),
        })
    }

    /// Whether somebody may execute it.
    pub fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }

    /// Whether this is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }

    /// Whether this is a directory.
    pub fn is_directory(&self) -> bool {
        self.kind == FileKind::Directory
    }
}

impl From<&std::fs::Metadata> for Metadata {
    fn from(found: &std::fs::Metadata) -> Self {
        Self {
            length: found.len(),
            modified: since_1970(found.mtime(), found.mtime_nsec()),
            changed: since_1970(found.ctime(), found.ctime_nsec()),
            device: found.dev(),
            inode: found.ino(),
            owner: found.uid(),
            mode: found.mode(),
            kind: FileKind::from_mode(found.mode()),
        }
    }
}

impl From<&libc::statx> for Metadata {
    fn from(found: &libc::statx) -> Self {
        Self {
            length: found.stx_size,
            modified: since_1970(found.stx_mtime.tv_sec, i64::from(found.stx_mtime.tv_nsec)),
            changed: since_1970(found.stx_ctime.tv_sec, i64::from(found.stx_ctime.tv_nsec)),
            device: libc::makedev(found.stx_dev_major, found.stx_dev_minor),
            inode: found.stx_ino,
            owner: found.stx_uid,
            mode: u32::from(found.stx_mode),
            kind: FileKind::from_mode(u32::from(found.stx_mode)),
        }
    }
}

impl FileKind {
    fn from_mode(mode: u32) -> Self {
        match mode & libc::S_IFMT {
            libc::S_IFREG => Self::File,
            libc::S_IFDIR => Self::Directory,
            _ => Self::Other,
        }
    }
}

fn since_1970(seconds: i64, nanoseconds: i64) -> Duration {
    let nanoseconds = u32::try_from(nanoseconds).unwrap_or_default();
    u64::try_from(seconds).map_or(Duration::ZERO, |seconds| Duration::new(seconds, nanoseconds))
}
