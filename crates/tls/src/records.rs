//! Records of TLS 1.3 (RFC 8446 §5): sealed where they are to be sent, opened out of where they were received.

mod gathering;
mod suites;

use std::io::IoSlice;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::aead::{Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;

pub(crate) use gathering::Gathering;
pub(crate) use suites::{Made, making, suites};

/// Bytes before a record's content: its type, a version, its length.
const HEADER: usize = 5;
/// Bytes behind a record's content, but for its true type.
const TAG: usize = 16;
/// The most content that a record may have.
pub(crate) const LONGEST: usize = 1 << 14;
/// What a sealed record says it is, and what one with HTTP in it is inside.
const APPLICATION: u8 = 23;

/// What seals or opens the records of one direction, shared by the library and by what does without it.
pub(crate) struct Key {
    cipher: LessSafeKey,
    iv: [u8; NONCE_LEN],
    /// The number of the next record. No number is ever used twice to seal.
    next: AtomicU64,
    /// Records that may be sealed.
    limit: u64,
}

impl Key {
    fn new(algorithm: &'static Algorithm, key: &[u8], iv: &[u8], limit: u64) -> Result<Self, Unspecified> {
        let cipher = LessSafeKey::new(UnboundKey::new(algorithm, key)?);
        let iv = iv.first_chunk().copied().ok_or(Unspecified)?;
        Ok(Self { cipher, iv, next: AtomicU64::new(0), limit })
    }

    /// Whether there is one record left to seal, which is to tell the peer of another key.
    pub(crate) fn is_spent(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.limit - 1
    }

    /// As if so many records had been sealed or opened.
    #[cfg(test)]
    pub(crate) fn skip_to(&self, number: u64) {
        self.next.store(number, Ordering::Relaxed);
    }

    /// The next record's nonce (RFC 8446 §5.3).
    fn nonce(&self) -> Nonce {
        let mut nonce = self.iv;
        for (byte, part) in nonce.iter_mut().rev().zip(self.next.load(Ordering::Relaxed).to_le_bytes()) {
            *byte ^= part;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    /// The next record is done. Only one thread uses a connection.
    fn count(&self) {
        self.next.store(self.next.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A nonce to seal with.
    fn take_nonce(&self) -> Nonce {
        let nonce = self.nonce();
        self.count();
        nonce
    }

    /// Appends a record with the next `length` bytes of `content`.
    pub(crate) fn seal(
        &self,
        content: &mut Content<'_, '_>,
        length: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Unspecified> {
        let start = out.len();
        let header = header(length + 1 + TAG);
        out.reserve(HEADER + length + 1 + TAG);
        out.extend_from_slice(&header);
        content.copy(length, out);
        out.push(APPLICATION);
        let inside = out.get_mut(start + HEADER..).unwrap_or_default();
        match self.cipher.seal_in_place_separate_tag(self.take_nonce(), Aad::from(header), inside) {
            Ok(tag) => {
                out.extend_from_slice(tag.as_ref());
                Ok(())
            }
            Err(error) => {
                out.truncate(start);
                Err(error)
            }
        }
    }

    /// What is in a whole record that holds HTTP. Any other is left to the library, be it well or ill.
    pub(crate) fn open(&self, record: &[u8]) -> Option<Vec<u8>> {
        let (header, sealed) = record.split_first_chunk::<HEADER>()?;
        let (sealed, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;
        if *header != self::header(sealed.len() + TAG) {
            return None;
        }
        let mut opened = sealed.to_vec();
        self.cipher.open_in_place_separate_tag(self.nonce(), Aad::from(*header), tag, &mut opened).ok()?;
        // Behind the content its true type, and as many zeroes as the peer liked (RFC 8446 §5.4).
        let length = opened.iter().rposition(|byte| *byte != 0)?;
        if opened.get(length) != Some(&APPLICATION) || opened.len() > LONGEST + 1 {
            return None;
        }
        self.count();
        opened.truncate(length);
        Some(opened)
    }
}

/// The header of a sealed record, which is also what is proven beside it (RFC 8446 §5.2).
fn header(length: usize) -> [u8; HEADER] {
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    [APPLICATION, 3, 3, high, low]
}

/// Pieces that are to be sealed one after the other.
pub(crate) struct Content<'a, 'p> {
    pieces: &'a [IoSlice<'p>],
    /// Bytes of the first piece that are done.
    done: usize,
    left: usize,
}

impl<'a, 'p> Content<'a, 'p> {
    pub(crate) fn new(pieces: &'a [IoSlice<'p>]) -> Self {
        Self { pieces, done: 0, left: pieces.iter().map(|piece| piece.len()).sum() }
    }

    /// Bytes that are left.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Appends the next `length` bytes.
    fn copy(&mut self, mut length: usize, out: &mut Vec<u8>) {
        self.left = self.left.saturating_sub(length);
        while length > 0
            && let Some((first, others)) = self.pieces.split_first()
        {
            let piece = first.get(self.done..).unwrap_or_default();
            let taken = piece.get(..length).unwrap_or(piece);
            out.extend_from_slice(taken);
            length -= taken.len();
            self.done += taken.len();
            if self.done == first.len() {
                (self.pieces, self.done) = (others, 0);
            }
        }
    }
}
