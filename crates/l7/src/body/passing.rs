//! A copy of a body that is passed on as it comes, for whoever asks for it by name.

use std::cell::RefCell;

/// What has passed so far, as long as it fits.
pub struct Passing {
    limit: usize,
    /// `None`: it was too much.
    kept: RefCell<Option<Vec<u8>>>,
}

impl Passing {
    /// Nothing yet, and at most `limit` bytes (`client_body_buffer_size`).
    pub fn new(limit: usize) -> Self {
        Self { limit, kept: RefCell::new(Some(Vec::new())) }
    }

    /// A piece passes.
    pub fn see(&self, piece: &[u8]) {
        let mut kept = self.kept.borrow_mut();
        match kept.as_mut() {
            Some(bytes) if bytes.len() + piece.len() <= self.limit => bytes.extend_from_slice(piece),
            _ => *kept = None,
        }
    }

    /// Appends what has passed; false: nothing, or too much.
    pub fn append(&self, out: &mut Vec<u8>) -> bool {
        let kept = self.kept.borrow();
        let bytes = kept.as_deref().unwrap_or_default();
        out.extend_from_slice(bytes);
        !bytes.is_empty()
    }
}
