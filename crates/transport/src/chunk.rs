//! `Chunk`: owned bytes on their way through the proxy, copied only where they must outlive their receive buffer.

use std::fmt;
use std::ops::Deref;

use bytes::{Buf, Bytes};

use crate::kernel::Lease;

/// Bytes that are owned: shared memory, or a lease of one of the worker's receive buffers, given back when dropped.
///
/// Holding a lease for long starves the worker of buffers: whoever keeps bytes calls [`Chunk::into_owned`].
#[derive(Clone)]
pub struct Chunk {
    storage: Storage,
}

#[derive(Clone)]
enum Storage {
    Shared(Bytes),
    Lease(Lease),
}

impl Chunk {
    /// No bytes; costs nothing.
    pub const fn new() -> Self {
        Self::from_static(&[])
    }

    /// Bytes that live as long as the program.
    pub const fn from_static(bytes: &'static [u8]) -> Self {
        Self { storage: Storage::Shared(Bytes::from_static(bytes)) }
    }

    /// A copy of `bytes`.
    pub fn copy_from_slice(bytes: &[u8]) -> Self {
        Self::from(Bytes::copy_from_slice(bytes))
    }

    pub(crate) fn from_lease(lease: Lease) -> Self {
        Self { storage: Storage::Lease(lease) }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        match &self.storage {
            Storage::Shared(bytes) => bytes.len(),
            Storage::Lease(lease) => lease.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the first `length` bytes off as a chunk of their own, without a copy; all of them when there are fewer.
    #[must_use]
    pub fn split_to(&mut self, length: usize) -> Self {
        let length = length.min(self.len());
        let mut first = self.clone();
        first.truncate(length);
        self.advance(length);
        first
    }

    /// Drops the first `length` bytes; all of them when there are fewer.
    pub fn advance(&mut self, length: usize) {
        let length = length.min(self.len());
        match &mut self.storage {
            Storage::Shared(bytes) => bytes.advance(length),
            Storage::Lease(lease) => lease.advance(length),
        }
        self.forget_empty_lease();
    }

    /// Keeps the first `length` bytes only.
    pub fn truncate(&mut self, length: usize) {
        match &mut self.storage {
            Storage::Shared(bytes) => bytes.truncate(length),
            Storage::Lease(lease) => lease.truncate(length),
        }
        self.forget_empty_lease();
    }

    /// The same bytes in memory of their own: a lease is copied and its buffer given back.
    #[must_use]
    pub fn into_owned(self) -> Self {
        match self.storage {
            Storage::Shared(_) => self,
            Storage::Lease(lease) => Self::copy_from_slice(&lease),
        }
    }

    /// The same bytes as [`Bytes`]: a lease is copied.
    pub fn into_bytes(self) -> Bytes {
        match self.storage {
            Storage::Shared(bytes) => bytes,
            Storage::Lease(lease) => Bytes::copy_from_slice(&lease),
        }
    }

    /// Whether these bytes stand in one of the worker's receive buffers.
    pub fn is_lease(&self) -> bool {
        matches!(self.storage, Storage::Lease(_))
    }

    fn forget_empty_lease(&mut self) {
        if self.is_lease() && self.is_empty() {
            *self = Self::new();
        }
    }
}

impl Default for Chunk {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.storage {
            Storage::Shared(bytes) => bytes,
            Storage::Lease(lease) => lease,
        }
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        self.len()
    }

    fn chunk(&self) -> &[u8] {
        self
    }

    fn advance(&mut self, length: usize) {
        Self::advance(self, length);
    }
}

impl From<Vec<u8>> for Chunk {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl From<Bytes> for Chunk {
    fn from(bytes: Bytes) -> Self {
        Self { storage: Storage::Shared(bytes) }
    }
}

impl From<&'static [u8]> for Chunk {
    fn from(bytes: &'static [u8]) -> Self {
        Self::from_static(bytes)
    }
}

impl From<&'static str> for Chunk {
    fn from(text: &'static str) -> Self {
        Self::from_static(text.as_bytes())
    }
}

impl PartialEq<[u8]> for Chunk {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl PartialEq for Chunk {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Chunk {}

impl fmt::Debug for Chunk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Chunk(\"{}\")", self.escape_ascii())
    }
}
