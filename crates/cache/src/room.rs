//! How many bytes are on their way into files, and out of them: what is counted before it is there, and until it is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes by which files may always be too much for a moment.
const LEEWAY: u64 = 1 << 20;
/// Bytes of whole objects that wait to be written: memory must hold them.
const MOST_UNWRITTEN: u64 = 16 << 20;

/// Bytes that are on their way.
#[derive(Debug, Default)]
pub struct Room {
    /// Of objects that come.
    pub coming: Arc<AtomicU64>,
    /// Of objects that are whole and not written yet.
    pub unwritten: Arc<AtomicU64>,
    /// Of files that are not wanted any more and still there.
    doomed: AtomicU64,
}

/// Bytes that are counted until this is dropped.
#[derive(Debug)]
pub struct Counted {
    counter: Arc<AtomicU64>,
    bytes: u64,
}

impl Room {
    /// Whether there is room for another object, where files take so many bytes, of as many as they may (0: any number). For a
    /// while there may be a little too much.
    pub fn is_left(&self, size: u64, most: u64) -> bool {
        let moving = self.coming() + self.doomed.load(Ordering::Relaxed);
        self.unwritten.load(Ordering::Relaxed) <= MOST_UNWRITTEN
            && (most == 0 || size + moving <= most.saturating_add((most / 8).max(LEEWAY)))
    }

    /// Bytes of objects that come: as many as were announced, or have come.
    pub fn coming(&self) -> u64 {
        self.coming.load(Ordering::Relaxed)
    }

    /// A file is not wanted any more.
    pub fn doom(&self, bytes: u64) {
        self.doomed.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A file that was not wanted any more is gone.
    pub fn removed(&self, bytes: u64) {
        self.doomed.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Counted {
    /// Counts nothing yet.
    pub fn new(counter: &Arc<AtomicU64>) -> Self {
        Self { counter: Arc::clone(counter), bytes: 0 }
    }

    /// Counts so many, where it does not count more already.
    pub fn reach(&mut self, bytes: u64) {
        let more = bytes.saturating_sub(self.bytes);
        self.bytes += more;
        self.counter.fetch_add(more, Ordering::Relaxed);
    }

    /// Counts nothing any more.
    pub fn release(&mut self) {
        self.counter.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_and_what_goes_takes_room() {
        let room = Room::default();
        assert!(room.is_left(80 << 20, 80 << 20) && !room.is_left(91 << 20, 80 << 20) && room.is_left(91 << 20, 0));
        let mut coming = Counted::new(&room.coming);
        coming.reach(6 << 20);
        room.doom(5 << 20);
        assert!(!room.is_left(80 << 20, 80 << 20));
        coming.reach(1 << 20);
        assert_eq!(room.coming(), 6 << 20, "what was announced is counted once");
        drop(coming);
        assert!(room.is_left(80 << 20, 80 << 20));
        room.removed(5 << 20);
        let mut unwritten = Counted::new(&room.unwritten);
        unwritten.reach(MOST_UNWRITTEN + 1);
        assert!(!room.is_left(0, 0));
    }
}
