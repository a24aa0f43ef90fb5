//! A log in a bounded piece of memory: the newest lines take the place of the oldest.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

/// What it is called among the files of the process (`/proc/PID/fd`), where it can be read.
const NAME: &str = "error_log";

/// A ring of bytes; threads share it. It is a file without a name, so that it can be read from outside while it is written.
#[derive(Debug)]
pub struct MemoryLog {
    ring: File,
    size: u64,
    /// Bytes that were ever written.
    written: AtomicU64,
}

impl MemoryLog {
    /// A ring of so many bytes.
    ///
    /// # Errors
    /// There is no such memory.
    pub fn new(size: u64) -> io::Result<Arc<Self>> {
        let ring = memfd_create(NAME, MemfdFlags::CLOEXEC)?;
        ftruncate(&ring, size)?;
        Ok(Arc::new(Self { ring: ring.into(), size: size.max(1), written: AtomicU64::new(0) }))
    }

    pub(crate) fn write(&self, line: &[u8]) -> io::Result<()> {
        let length = usize::try_from(self.size).unwrap_or(usize::MAX).min(line.len());
        let line = line.get(..length).unwrap_or_default();
        let start = self.written.fetch_add(length as u64, Ordering::Relaxed) % self.size;
        let before_end = usize::try_from(self.size - start).unwrap_or(usize::MAX).min(length);
        let (head, rest) = line.split_at_checked(before_end).unwrap_or((line, &[]));
        self.ring.write_all_at(head, start)?;
        self.ring.write_all_at(rest, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn the_newest_lines_take_the_place_of_the_oldest() {
        let mut log = MemoryLog::new(8).unwrap();
        for line in ["one\n", "two\n", "three\n"] {
            log.write(line.as_bytes()).unwrap();
        }
        let mut text = String::new();
        Arc::get_mut(&mut log).unwrap().ring.read_to_string(&mut text).unwrap();
        assert_eq!(text, "three\no\n");
    }
}
