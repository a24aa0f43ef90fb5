//! File operations on the runtime's small pool of blocking threads.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use tokio::task::spawn_blocking;

/// Runs `operation` where it may block.
pub(super) async fn run<T: Send + 'static>(
    operation: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(operation).await.unwrap_or_else(|failed| Err(io::Error::other(failed)))
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(super::OPEN_FLAGS).open(path)
}

pub(super) fn open_to_write(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(super::OPEN_FLAGS).open(path)
}

pub(super) fn create(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path)
}

/// Reads behind what `bytes` holds of those at `offset`, until there are `length` or no more.
pub(super) fn read(file: &File, mut bytes: Vec<u8>, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut filled = bytes.len();
    bytes.resize(length, 0);
    while let Some(rest) = bytes.get_mut(filled..)
        && !rest.is_empty()
    {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
