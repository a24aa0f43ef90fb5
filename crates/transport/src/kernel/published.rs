//! The ring of free buffers that the kernel takes one from whenever something arrives.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;

use super::pool::{BUFFER_COUNT, BUFFER_SIZE};

const PAGE: usize = 4096;
const MASK: u16 = BUFFER_COUNT as u16 - 1;
const _: () = assert!(BUFFER_COUNT.is_power_of_two() && BUFFER_COUNT <= 1 << 15, "the kernel asks for this");

/// The table of free buffers that is shared with the kernel, in the order in which it takes them.
pub(crate) struct Published {
    entries: NonNull<BufRingEntry>,
    tail: Cell<u16>,
    /// Buffers that are in the table, as far as completions have told.
    count: Cell<usize>,
    /// Which entry holds a buffer, and which buffer an entry holds: buffers that are filled together follow each other.
    entry_of: Box<[Cell<u16>]>,
    buffer_at: Box<[Cell<u16>]>,
}

impl Published {
    pub(super) fn new() -> Self {
        let layout = Self::layout();
        // SAFETY: the layout's size is not zero.
        let entries = unsafe { alloc_zeroed(layout) };
        let Some(entries) = NonNull::new(entries.cast()) else { handle_alloc_error(layout) };
        let table = || vec![Cell::new(0); BUFFER_COUNT].into();
        Self { entries, tail: Cell::new(0), count: Cell::new(0), entry_of: table(), buffer_at: table() }
    }

    fn layout() -> Layout {
        const LAYOUT: Result<Layout, std::alloc::LayoutError> =
            Layout::from_size_align(size_of::<BufRingEntry>() * BUFFER_COUNT, PAGE);
        match LAYOUT {
            Ok(layout) => layout,
            Err(_) => Layout::new::<u8>(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count.get()
    }

    /// Where the table is, for its registration.
    pub(super) fn address(&self) -> u64 {
        self.entries.as_ptr() as u64
    }

    /// Gives the kernel buffer `id`, which begins at `start`.
    pub(super) fn publish(&self, id: u16, start: NonNull<u8>) {
        let tail = self.tail.get();
        let index = tail & MASK;
        // SAFETY: the index is masked to the table's size.
        let entry = unsafe { self.entries.add(usize::from(index)) };
        // The fields are written one by one: the first entry's fourth field is the table's tail, which the kernel reads.
        // SAFETY: the entry is inside the table and initialised; the kernel does not read it before the tail passes it.
        let entry = unsafe { &mut *entry.as_ptr() };
        entry.set_addr(start.as_ptr() as u64);
        entry.set_len(BUFFER_SIZE as u32);
        entry.set_bid(id);
        set(&self.entry_of, id, index);
        set(&self.buffer_at, index, id);
        self.tail.set(tail.wrapping_add(1));
        self.shared_tail().store(tail.wrapping_add(1), Ordering::Release);
        self.count.set(self.count.get() + 1);
    }

    fn shared_tail(&self) -> &AtomicU16 {
        // SAFETY: the entries are allocated and zeroed, and this is the first.
        let tail = unsafe { BufRingEntry::tail(self.entries.as_ptr()) };
        // SAFETY: the tail is aligned, lives as long as the table, and is read by the kernel while it is written here.
        unsafe { AtomicU16::from_ptr(tail.cast_mut()) }
    }

    /// The buffer that was published after `id`.
    pub(super) fn after(&self, id: u16) -> u16 {
        find(&self.buffer_at, find(&self.entry_of, id).wrapping_add(1) & MASK)
    }

    /// The kernel has taken a buffer out of the table.
    pub(super) fn claimed(&self) {
        self.count.set(self.count.get() - 1);
    }
}

fn set(table: &[Cell<u16>], key: u16, value: u16) {
    if let Some(cell) = table.get(usize::from(key)) {
        cell.set(value);
    }
}

fn find(table: &[Cell<u16>], key: u16) -> u16 {
    table.get(usize::from(key)).map_or(0, Cell::get)
}

impl Drop for Published {
    fn drop(&mut self) {
        // SAFETY: the table was allocated with this layout, and the ring that read it is gone.
        unsafe { dealloc(self.entries.as_ptr().cast(), Self::layout()) }
    }
}
