//! The worker's receive buffers: one region of memory, cut into buffers that are free, lent out, or the kernel's.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::ptr::NonNull;
use std::rc::Rc;

use super::published::Published;

/// How a pool's memory is cut.
pub(crate) struct Shape {
    /// Bytes in one buffer.
    pub(crate) size: u32,
    /// How many buffers there are; a power of two. Memory that is never received into is never touched.
    pub(crate) count: u16,
    /// How many the kernel is given at first. What was used last is given first, so that few buffers stay in the cache.
    window: u16,
}

/// Buffers for whatever arrives.
pub(crate) const SMALL: Shape = Shape { size: 16 * 1024, count: 1024, window: 128 };
/// Buffers for streams that get much.
pub(crate) const BULK: Shape = Shape { size: 64 * 1024, count: 128, window: 16 };

/// Bytes between buffers, so that their beginnings do not compete for the same lines of the processor's cache.
const STAGGER: usize = 5 * 64;
const PAGE: usize = 4096;

/// Some of a worker's receive buffers.
///
/// A buffer is in exactly one place: on the free list, published to the kernel, a [`Vacant`], or under one or more [`Lease`]s.
pub(crate) struct Pool {
    shape: Shape,
    memory: NonNull<u8>,
    layout: Layout,
    holders: Box<[Cell<u32>]>,
    free: RefCell<Vec<u16>>,
    published: Option<Published>,
    /// How many buffers the kernel is given.
    window: Cell<u16>,
    /// Buffers filled since the kernel was given some, and the bytes in them.
    filled: Cell<(u32, u32)>,
}

impl Pool {
    /// Buffers that this process receives into by itself.
    pub(crate) fn new(shape: Shape) -> Rc<Self> {
        Self::with(shape, None)
    }

    /// Buffers that are published to the kernel.
    pub(crate) fn published(shape: Shape) -> Rc<Self> {
        let published = Published::new(shape.count);
        Self::with(shape, Some(published))
    }

    fn with(shape: Shape, published: Option<Published>) -> Rc<Self> {
        let size = usize::from(shape.count) * (shape.size as usize + STAGGER);
        let layout =
            Layout::from_size_align(size, PAGE).unwrap_or_else(|_| unreachable!("a few megabytes are a valid size"));
        // SAFETY: the layout's size is not zero.
        let memory = unsafe { alloc_zeroed(layout) };
        let Some(memory) = NonNull::new(memory) else { handle_alloc_error(layout) };
        Rc::new(Self {
            memory,
            layout,
            holders: vec![Cell::new(0); shape.count.into()].into(),
            free: RefCell::new((0..shape.count).rev().collect()),
            published,
            window: Cell::new(shape.window),
            filled: Cell::default(),
            shape,
        })
    }

    /// How many buffers nobody holds.
    pub(crate) fn free(&self) -> usize {
        self.free.borrow().len() + self.published.as_ref().map_or(0, Published::len)
    }

    /// How many buffers there are.
    pub(crate) fn count(&self) -> usize {
        self.shape.count.into()
    }

    /// Bytes in one buffer.
    pub(crate) fn size(&self) -> usize {
        self.shape.size as usize
    }

    /// Whether so few buffers are left that what is received must be copied out at once.
    pub(crate) fn is_low(&self) -> bool {
        self.free() < self.count() / 4
    }

    /// A buffer to receive into.
    pub(crate) fn take(self: &Rc<Self>) -> Option<Vacant> {
        let id = self.free.borrow_mut().pop()?;
        Some(Vacant { pool: Rc::clone(self), id, lent: false })
    }

    /// The table of published buffers, for the ring that receives into them.
    pub(super) fn table(&self) -> Option<&Published> {
        self.published.as_ref()
    }

    /// Gives the kernel what it may have. Says how many buffers it has then.
    pub(crate) fn replenish(&self) -> usize {
        self.filled.take();
        let Some(published) = &self.published else { return 0 };
        let mut free = self.free.borrow_mut();
        while published.len() < self.window.get().into()
            && let Some(id) = free.pop()
        {
            published.publish(id, self.start_of(id), self.shape.size);
        }
        published.len()
    }

    /// The kernel has found no buffer. It gets more of them if many things arrived at once rather than large ones.
    pub(crate) fn exhausted(&self) {
        let (buffers, bytes) = self.filled.get();
        if bytes < buffers * (self.shape.size / 4) {
            self.window.set(self.window.get().saturating_mul(2).min(self.shape.count));
            // Once for all that have found none.
            self.filled.take();
        }
    }

    /// Takes over a published buffer into which the kernel has received `length` bytes.
    pub(super) fn claim(self: &Rc<Self>, id: u16, length: u32) -> Lease {
        if let Some(published) = &self.published {
            published.claimed();
        }
        let (buffers, bytes) = self.filled.get();
        self.filled.set((buffers + 1, bytes.saturating_add(length)));
        self.lend(id, length)
    }

    fn lend(self: &Rc<Self>, id: u16, length: u32) -> Lease {
        debug_assert_eq!(self.holders(id).get(), 0, "a buffer is lent while somebody holds it");
        self.holders(id).set(1);
        Lease { pool: Rc::clone(self), id, start: 0, end: length.min(self.shape.size) }
    }

    fn give_back(&self, id: u16) {
        self.free.borrow_mut().push(id);
    }

    fn start_of(&self, id: u16) -> NonNull<u8> {
        debug_assert!(id < self.shape.count, "a buffer id that was never handed out");
        // SAFETY: `id` is less than the number of buffers, so the offset stays inside the allocation.
        unsafe { self.memory.add(usize::from(id) * (self.size() + STAGGER)) }
    }

    fn holders(&self, id: u16) -> &Cell<u32> {
        // Ids come from the free list or the kernel, which know those below the number of buffers only.
        self.holders.get(usize::from(id)).unwrap_or_else(|| unreachable!("a buffer id that was never handed out"))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: the memory was allocated with this layout; leases hold the pool alive, so none is left.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) }
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
        unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), self.pool.size()) }
    }

    /// The first `length` bytes, which were received.
    pub(crate) fn lease(mut self, length: usize) -> Lease {
        self.lent = true;
        self.pool.lend(self.id, u32::try_from(length).unwrap_or(u32::MAX))
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
    start: u32,
    end: u32,
}

impl Lease {
    pub(crate) fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    pub(crate) fn advance(&mut self, length: usize) {
        let length = u32::try_from(length.min(self.len())).unwrap_or(u32::MAX);
        self.start += length;
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        let length = u32::try_from(length.min(self.len())).unwrap_or(u32::MAX);
        self.end = self.start + length;
    }
}

impl Deref for Lease {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let start = self.pool.start_of(self.id);
        // SAFETY: `start` is at most the buffer's size, so the offset stays inside the buffer.
        let first = unsafe { start.add(self.start as usize) };
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
