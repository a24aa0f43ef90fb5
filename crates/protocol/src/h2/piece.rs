//! Content on its way through the library, which looks at bytes just before it has them written.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Buf;
use transport::Chunk;

/// What is shorter is copied: it runs together with the frames around it.
const WORTH: usize = 4096;

/// A part of a message's content.
pub(super) struct Piece {
    chunk: Chunk,
    offered: Offered,
}

/// The piece of a connection that the library has looked at last: who is given the same bytes to write takes them as they
/// stand, without a copy.
#[derive(Clone, Default)]
pub(super) struct Offered(Rc<Offer>);

#[derive(Default)]
struct Offer {
    chunk: Cell<Option<Chunk>>,
    /// Pieces since it was asked for last.
    count: Cell<u32>,
}

impl Piece {
    pub(super) fn new(chunk: Chunk, offered: &Offered) -> Self {
        offered.0.count.set(offered.0.count.get().saturating_add(1));
        Self { chunk, offered: offered.clone() }
    }
}

impl Offered {
    /// The piece whose first bytes these are, cut to them; none if they stand elsewhere.
    pub(super) fn take(&self, bytes: &[u8]) -> Option<Chunk> {
        let mut chunk = self.0.chunk.take()?;
        let is_same = chunk.as_ptr() == bytes.as_ptr() && chunk.len() >= bytes.len();
        is_same.then(|| chunk.split_to(bytes.len()))
    }

    /// How many pieces there were since this was asked last.
    pub(super) fn take_count(&self) -> u32 {
        self.0.count.take()
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.chunk.len()
    }

    fn chunk(&self) -> &[u8] {
        if self.chunk.len() > WORTH {
            self.offered.0.chunk.set(Some(self.chunk.clone()));
        }
        &self.chunk
    }

    fn advance(&mut self, length: usize) {
        self.chunk.advance(length);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Buf;
    use transport::Chunk;

    use super::{Offered, Piece, WORTH};

    #[test]
    fn a_piece_is_taken_as_it_stands_once_it_was_looked_at() {
        let offered = Offered::default();
        let piece = Piece::new(Chunk::from(vec![7; WORTH + 1]), &offered);
        let bytes = &piece.chunk()[..WORTH];
        let taken = offered.take(bytes).unwrap();
        assert_eq!((taken.as_ptr(), taken.len()), (bytes.as_ptr(), WORTH));
        assert!(offered.take(bytes).is_none(), "once");
    }

    #[test]
    fn bytes_that_stand_elsewhere_are_no_piece() {
        let offered = Offered::default();
        let piece = Piece::new(Chunk::from(vec![7; WORTH + 1]), &offered);
        let elsewhere = piece.chunk().to_vec();
        assert!(offered.take(&elsewhere).is_none());
        let short = Piece::new(Chunk::from(vec![7; WORTH]), &offered);
        assert!(offered.take(short.chunk()).is_none(), "what is short is copied");
    }
}
