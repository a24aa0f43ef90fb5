//! The worker's receive buffers: one region of memory, cut into buffers that are free, lent out, or the kernel's.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::ptr::NonNull;
use std::rc::Rc;

use super::published::Published;

/// Bytes in one buffer.
pub(crate) const BUFFER_SIZE: usize = 16 * 1024;
/// Buffers of one worker. Memory that is never received into is never touched.
pub(crate) const BUFFER_COUNT: usize = 1024;
const PAGE: usize = 4096;

/// A worker's receive buffers.
///
/// A buffer is in exactly one place: on the free list or published to the kernel, a [`Vacant`], or under one or more [`Lease`]s.
pub(crate) struct Pool {
    memory: NonNull<u8>,
    holders: Box<[Cell<u32>]>,
    free: RefCell<Vec<u16>>,
    /// Where free buffers are while the ring receives into them.
    published: Option<Published>,
}

impl Pool {
    /// Buffers that this process receives into by itself.
    pub(crate) fn new() -> Rc<Self> {
        Self::with(None)
    }

    /// Buffers that are published to the kernel.
    pub(crate) fn published() -> Rc<Self> {
        Self::with(Some(Published::new()))
    }

    fn with(published: Option<Published>) -> Rc<Self> {
        let layout = Self::layout();
        // SAFETY: the layout's size is not zero.
        let memory = unsafe { alloc_zeroed(layout) };
        let Some(memory) = NonNull::new(memory) else { handle_alloc_error(layout) };
        let holders = vec![Cell::new(0); BUFFER_COUNT].into();
        let pool = Self { memory, holders, free: RefCell::default(), published };
        (0..u16::try_from(BUFFER_COUNT).unwrap_or(u16::MAX)).for_each(|id| pool.give_back(id));
        Rc::new(pool)
    }

    fn layout() -> Layout {
        const LAYOUT: Result<Layout, std::alloc::LayoutError> =
            Layout::from_size_align(BUFFER_SIZE * BUFFER_COUNT, PAGE);
        match LAYOUT {
            Ok(layout) => layout,
            Err(_) => Layout::new::<u8>(),
        }
    }

    /// How many buffers nobody holds.
    pub(crate) fn free(&self) -> usize {
        self.published.as_ref().map_or_else(|| self.free.borrow().len(), Published::len)
    }

    /// Whether so few buffers are left that what is received must be copied out at once.
    pub(crate) fn is_low(&self) -> bool {
        self.free() < BUFFER_COUNT / 4
    }

    /// A buffer to receive into; none of those that are published.
    pub(crate) fn take(self: &Rc<Self>) -> Option<Vacant> {
        let id = self.free.borrow_mut().pop()?;
        Some(Vacant { pool: Rc::clone(self), id, lent: false })
    }

    /// The table of published buffers, for the ring that receives into them.
    pub(super) fn table(&self) -> Option<&Published> {
        self.published.as_ref()
    }

    /// Takes over `length` bytes that the kernel received into published buffers, `first` and those that follow it there.
    pub(super) fn claim(self: &Rc<Self>, first: u16, length: usize, mut each: impl FnMut(Lease)) {
        let Some(published) = &self.published else { return };
        let mut id = first;
        let mut left = length;
        loop {
            let here = left.min(BUFFER_SIZE);
            left -= here;
            let next = published.after(id);
            published.claimed();
            each(self.lend(id, here));
            if left == 0 {
                return;
            }
            id = next;
        }
    }

    fn lend(self: &Rc<Self>, id: u16, length: usize) -> Lease {
        debug_assert_eq!(self.holders(id).get(), 0, "a buffer is lent while somebody holds it");
        self.holders(id).set(1);
        let end = u16::try_from(length.min(BUFFER_SIZE)).unwrap_or(u16::MAX);
        Lease { pool: Rc::clone(self), id, start: 0, end }
    }

    fn give_back(&self, id: u16) {
        match &self.published {
            Some(published) => published.publish(id, self.start_of(id)),
            None => self.free.borrow_mut().push(id),
        }
    }

    fn start_of(&self, id: u16) -> NonNull<u8> {
        debug_assert!(usize::from(id) < BUFFER_COUNT, "a buffer id that was never handed out");
        // SAFETY: `id` is less than the number of buffers, so the offset stays inside the allocation.
        unsafe { self.memory.add(usize::from(id) * BUFFER_SIZE) }
    }

    fn holders(&self, id: u16) -> &Cell<u32> {
        // Ids come from the free list or the kernel, which know those below the number of buffers only.
        self.holders.get(usize::from(id)).unwrap_or_else(|| unreachable!("a buffer id that was never handed out"))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: the memory was allocated with this layout; leases hold the pool alive, so none is left.
        unsafe { dealloc(self.memory.as_ptr(), Self::layout()) }
    }
}

/// A buffer that only its owner sees.
pub(crate) struct Vacant {
    pool: Rc<Pool>,
    id: u16,
    lent: bool,
}

impl Vacant {
    /// The buffer's memory, to receive into.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        let start = self.pool.start_of(self.id);
        // SAFETY: the buffer is inside the allocation, initialised (zeroed at first), and only this `Vacant` refers to it.
        unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), BUFFER_SIZE) }
    }

    /// The first `length` bytes, which were received.
    pub(crate) fn lease(mut self, length: usize) -> Lease {
        self.lent = true;
        self.pool.lend(self.id, length)
    }
}

impl Drop for Vacant {
    fn drop(&mut self) {
        if !self.lent {
            self.pool.give_back(self.id);
        }
    }
}

/// Some bytes of a buffer, readable until dropped. Clones share the buffer.
pub(crate) struct Lease {
    pool: Rc<Pool>,
    id: u16,
    start: u16,
    end: u16,
}

impl Lease {
    pub(crate) fn len(&self) -> usize {
        usize::from(self.end - self.start)
    }

    pub(crate) fn advance(&mut self, length: usize) {
        let length = u16::try_from(length.min(self.len())).unwrap_or(u16::MAX);
        self.start += length;
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        let length = u16::try_from(length.min(self.len())).unwrap_or(u16::MAX);
        self.end = self.start + length;
    }
}

impl Deref for Lease {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let start = self.pool.start_of(self.id);
        // SAFETY: `start` is at most the buffer's size, so the offset stays inside the buffer.
        let first = unsafe { start.add(usize::from(self.start)) };
        // SAFETY: the bytes are initialised and inside the buffer; while a lease lives nobody writes to it.
        unsafe { std::slice::from_raw_parts(first.as_ptr(), self.len()) }
    }
}

impl Clone for Lease {
    fn clone(&self) -> Self {
        let holders = self.pool.holders(self.id);
        holders.set(holders.get() + 1);
        Self { pool: Rc::clone(&self.pool), ..*self }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let holders = self.pool.holders(self.id);
        let left = holders.get() - 1;
        holders.set(left);
        if left == 0 {
            self.pool.give_back(self.id);
        }
    }
}
