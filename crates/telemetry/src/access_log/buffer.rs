//! Lines that wait to be written.

use std::io;

/// Whole lines, except that the first may have lost its beginning to an earlier write.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// Where the last whole line ends; more is left by a writer that panicked.
    end: usize,
    /// The file ends within a line, and `bytes` begins with its rest.
    broken: bool,
}

/// What became of a write.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Bytes that the file does not take now and that stay.
    pub(super) left: usize,
    /// Lines that were given up.
    pub(super) dropped: u64,
    /// Why.
    pub(super) error: Option<io::Error>,
}

impl Buffer {
    pub(super) fn len(&self) -> usize {
        self.end
    }

    pub(super) fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Adds a line; the result is where it begins.
    pub(super) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        let before = self.end;
        self.bytes.truncate(before);
        write(&mut self.bytes);
        self.bytes.push(b'\n');
        self.end = self.bytes.len();
        before
    }

    /// Takes the lines from `start` back.
    pub(super) fn drop_after(&mut self, start: usize) {
        self.bytes.truncate(start);
        self.end = self.bytes.len();
    }

    /// Writes the bytes before `end`, which is the end of a line.
    pub(super) fn write(&mut self, end: usize, mut write: impl FnMut(&[u8]) -> io::Result<usize>) -> Written {
        self.bytes.truncate(self.end);
        let mut done = 0;
        let mut result = Written::default();
        while let Some(rest) = self.bytes.get(done..end).filter(|rest| !rest.is_empty()) {
            match write(rest) {
                Ok(0) => {
                    result.error = Some(io::ErrorKind::WriteZero.into());
                    break;
                }
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    result.error = Some(error);
                    break;
                }
            }
        }
        if done > 0 {
            self.broken = self.bytes.get(done - 1) != Some(&b'\n');
            self.bytes.drain(..done);
        }
        result.left = end - done.min(end);
        if result.error.is_some() {
            result.dropped = self.give_up(&mut result.left);
        }
        self.end = self.bytes.len();
        result
    }

    /// Drops the first `left` bytes, but not the rest of a line whose beginning is in the file; counts the lines.
    fn give_up(&mut self, left: &mut usize) -> u64 {
        let lost = self.bytes.get(..*left).unwrap_or_default();
        let keep = if self.broken { lost.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1) } else { 0 };
        let lines = lost.iter().skip(keep).filter(|&&byte| byte == b'\n').count();
        self.bytes.drain(keep..*left);
        *left = keep;
        lines as u64
    }
}
