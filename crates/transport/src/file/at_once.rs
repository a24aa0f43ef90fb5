//! What the kernel has in memory, asked directly: neither a turn of the ring nor a thread is spent on what needs no wait.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};

use super::Metadata;
use crate::kernel::read_cached;

/// Bytes between two that are looked at: files are read ahead by as many.
const STEP: usize = 128 << 10;

/// Opens the file at `path` if the way there is in memory; `None`: finding it may wait.
pub(super) fn open(path: &Path, flags: OFlags) -> Option<io::Result<OwnedFd>> {
    match openat2(CWD, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED) {
        Err(error) if is_unable(&error.into()) => None,
        outcome => Some(outcome.map_err(io::Error::from)),
    }
}

/// What is at `path`, links followed; `None`: finding it may wait.
pub(super) fn metadata(path: &Path) -> Option<io::Result<Metadata>> {
    let opened = open(path, OFlags::PATH)?;
    Some(opened.and_then(Metadata::of_open))
}

/// Reads up to `length` bytes at `offset`, as far as they are in memory.
pub(super) fn read(file: impl AsFd, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let held = bytes.len();
        match read_cached(file.as_fd(), &mut bytes, offset + held as u64, length - held) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if is_unable(&error) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

/// How many of `length` bytes at `offset` are in memory: up to the first that is not of those that are looked at, one in each
/// step and the last.
pub(super) fn held(file: impl AsFd, offset: u64, length: usize) -> usize {
    let mut byte = Vec::with_capacity(1);
    let mut is_held = |at: usize| {
        byte.clear();
        read_cached(file.as_fd(), &mut byte, offset + at as u64, 1).is_ok_and(|read| read == 1)
    };
    let mut held = 0;
    while held < length && is_held(held) {
        held += STEP;
    }
    if held < length {
        return held;
    }
    if is_held(length.saturating_sub(1)) { length } else { held.saturating_sub(STEP) }
}

/// Whether an error says that the kernel must wait for an answer, or that it knows no such question (Linux before 5.12, a
/// sandbox, a file system that can not tell).
fn is_unable(error: &io::Error) -> bool {
    let codes = [libc::EAGAIN, libc::EINTR, libc::EINVAL, libc::ENOSYS, libc::EPERM, libc::E2BIG, libc::EOPNOTSUPP];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}
