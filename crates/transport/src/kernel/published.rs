//! The ring of free buffers that the kernel takes one from whenever something arrives.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;

const PAGE: usize = 4096;

/// The table of free buffers that is shared with the kernel, in the order in which it takes them.
pub(crate) struct Published {
    entries: NonNull<BufRingEntry>,
    layout: Layout,
    capacity: u16,
    tail: Cell<u16>,
    /// Buffers that are in the table, as far as completions have told.
    count: Cell<usize>,
}

impl Published {
    /// An empty table for `capacity` buffers, a power of two.
    pub(super) fn new(capacity: u16) -> Self {
        debug_assert!(capacity.is_power_of_two() && capacity <= 1 << 15, "the kernel asks for this");
        let layout = Layout::from_size_align(size_of::<BufRingEntry>() * usize::from(capacity), PAGE);
        let layout = layout.unwrap_or_else(|_| unreachable!("a few kilobytes are a valid size"));
        // SAFETY: the layout's size is not zero.
        let entries = unsafe { alloc_zeroed(layout) };
        let Some(entries) = NonNull::new(entries.cast()) else { handle_alloc_error(layout) };
        Self { entries, layout, capacity, tail: Cell::new(0), count: Cell::new(0) }
    }

    pub(super) fn len(&self) -> usize {
        self.count.get()
    }

    pub(super) fn capacity(&self) -> u16 {
        self.capacity
    }

    /// Where the table is, for its registration.
    pub(super) fn address(&self) -> u64 {
        self.entries.as_ptr() as u64
    }

    /// Gives the kernel buffer `id`, which begins at `start` and has `size` bytes.
    pub(super) fn publish(&self, id: u16, start: NonNull<u8>, size: u32) {
        let tail = self.tail.get();
        // SAFETY: the index is masked to the table's size, a power of two.
        let entry = unsafe { self.entries.add(usize::from(tail & (self.capacity - 1))) };
        // The fields are written one by one: the first entry's fourth field is the table's tail, which the kernel reads.
        // SAFETY: the entry is inside the table and initialised; the kernel does not read it before the tail passes it.
        let entry = unsafe { &mut *entry.as_ptr() };
        entry.set_addr(start.as_ptr() as u64);
        entry.set_len(size);
        entry.set_bid(id);
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

    /// The kernel has taken a buffer out of the table.
    pub(super) fn claimed(&self) {
        self.count.set(self.count.get().saturating_sub(1));
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        // SAFETY: the table was allocated with this layout, and the ring that read it is gone.
        unsafe { dealloc(self.entries.as_ptr().cast(), self.layout) }
    }
}
