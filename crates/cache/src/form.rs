//! The form of an object's file: a header with checksums, the head, the body, and a checksum for each block of the body.
//!
//! The header is written last, and the file gets its name when it is whole. So what has a name is whole, unless the machine
//! lost power; then a checksum tells, of the header and the head when the file is opened, of a block before it is sent.
//!
//! ```text
//! 0   magic, id, lengths, terms, checksum of the head, checksum of these      (128 bytes)
//! 128 head: key, status, reason, fields, what tells variants apart
//!     body
//!     a checksum for each 64 KiB of it
//! ```

use crate::object::Head;
use crate::policy::Terms;
use protocol::Fields;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of the header.
pub const HEADER: usize = 128;
/// Bytes of the body that have a checksum of their own.
pub const BLOCK: u64 = 64 << 10;
/// Most bytes of a head.
pub const MOST_HEAD: usize = 1 << 20;
/// What every file begins with; the last byte is the form's version.
const MAGIC: [u8; 8] = *b"ZAGUAN\x00\x02";
/// Bytes of a checksum.
const SUM: u64 = 8;

/// What a file's header says.
#[derive(Clone, Debug)]
pub struct Header {
    /// The object's number.
    pub id: u64,
    /// Bytes of the head.
    pub head_length: usize,
    /// Bytes of the body.
    pub length: u64,
    /// On what terms the object may be used.
    pub terms: Terms,
    head_sum: u64,
}

impl Header {
    /// The header of a file with this head.
    pub fn new(id: u64, head: &[u8], length: u64, terms: Terms) -> Self {
        Self { id, head_length: head.len(), length, terms, head_sum: xxh3_64(head) }
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER);
        out.extend_from_slice(&MAGIC);
        let numbers = [self.id, self.head_length as u64, self.length, self.head_sum];
        for number in numbers.into_iter().chain(self.terms.to_numbers()) {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.resize(HEADER - 8, 0);
        let sum = xxh3_64(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    /// Reads a header; `None`: it is damaged, or of another form.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (told, sum) = bytes.get(..HEADER)?.split_at_checked(HEADER - 8)?;
        if xxh3_64(told) != u64::from_le_bytes(sum.try_into().ok()?) {
            return None;
        }
        let mut input = Input(told.strip_prefix(&MAGIC)?);
        let id = input.number()?;
        let head_length = usize::try_from(input.number()?).ok().filter(|length| *length <= MOST_HEAD)?;
        let (length, head_sum) = (input.number()?, input.number()?);
        let mut numbers = [0; Terms::NUMBERS];
        for number in &mut numbers {
            *number = input.number()?;
        }
        Some(Self { id, head_length, length, terms: Terms::from_numbers(numbers), head_sum })
    }

    /// Where the body begins.
    pub fn body_start(&self) -> u64 {
        (HEADER + self.head_length) as u64
    }

    /// Where the checksums of the body begin.
    pub fn sums_start(&self) -> u64 {
        self.body_start() + self.length
    }

    /// Bytes of the whole file.
    pub fn file_length(&self) -> u64 {
        self.sums_start() + self.length.div_ceil(BLOCK) * SUM
    }

    /// Reads the head, which must be whole.
    pub fn read_head(&self, bytes: &[u8]) -> Option<Head> {
        let bytes = bytes.get(..self.head_length)?;
        if xxh3_64(bytes) != self.head_sum {
            return None;
        }
        read_head(bytes)
    }
}

/// The bytes of a head.
pub fn head_bytes(head: &Head) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, &head.key);
    out.extend_from_slice(&head.status.to_le_bytes());
    put(&mut out, &head.reason);
    put(&mut out, &head.vary);
    out.extend_from_slice(&head.variant);
    for (name, value) in head.fields.iter() {
        put(&mut out, name);
        put(&mut out, value);
    }
    out
}

fn put(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(text);
}

fn read_head(bytes: &[u8]) -> Option<Head> {
    let mut input = Input(bytes);
    let key = input.text()?.into();
    let status = u16::from_le_bytes(input.take(2)?.try_into().ok()?);
    let (reason, vary) = (input.text()?.into(), input.text()?.into());
    let variant = input.take(16)?.try_into().ok()?;
    let mut fields = Fields::new();
    while !input.0.is_empty() {
        let name = input.text()?;
        fields.push(name, input.text()?);
    }
    Some(Head { key, status, reason, fields, vary, variant })
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(length).ok()?)
    }
}

/// Checksums of a body that comes piece by piece.
#[derive(Default)]
pub struct Sums {
    done: Vec<u8>,
    hash: xxhash_rust::xxh3::Xxh3Default,
    filled: u64,
}

impl Sums {
    /// Takes the next piece.
    pub fn add(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let room = usize::try_from(BLOCK - self.filled).unwrap_or(usize::MAX);
            let (now, rest) = piece.split_at(room.min(piece.len()));
            self.hash.update(now);
            self.filled += now.len() as u64;
            piece = rest;
            if self.filled == BLOCK {
                self.end_block();
            }
        }
    }

    fn end_block(&mut self) {
        self.done.extend_from_slice(&self.hash.digest().to_le_bytes());
        self.hash.reset();
        self.filled = 0;
    }

    /// All of them, as they stand in the file.
    pub fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.end_block();
        }
        self.done
    }
}

/// Whether whole blocks of a body, the last of which may be the body's end, have these checksums.
pub fn blocks_match(blocks: &[u8], sums: &[u8]) -> bool {
    let mut sums = sums.chunks_exact(8);
    let size = usize::try_from(BLOCK).unwrap_or(usize::MAX);
    blocks.chunks(size).all(|block| sums.next().is_some_and(|sum| sum == xxh3_64(block).to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        let mut fields = Fields::new();
        fields.push(b"Content-Type", b"text/plain");
        fields.push(b"X-Empty", b"");
        Head {
            key: b"http://a/b"[..].into(),
            status: 200,
            reason: b"OK"[..].into(),
            fields,
            vary: b"Accept"[..].into(),
            variant: [7; 16],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = head_bytes(&head());
        let terms = Terms { fresh_until: 99, received: 7, ..Terms::default() };
        let header = Header::new(5, &bytes, 100_000, terms.clone());
        let read = Header::read(&header.to_bytes()).unwrap();
        assert_eq!((read.id, read.length, read.terms.clone()), (5, 100_000, terms));
        assert_eq!(read.file_length(), 128 + bytes.len() as u64 + 100_000 + 16);
        let again = read.read_head(&bytes).unwrap();
        assert_eq!(head_bytes(&again), bytes);
    }

    #[test]
    fn any_damaged_byte_of_header_or_head_is_seen() {
        let bytes = head_bytes(&head());
        let header = Header::new(5, &bytes, 0, Terms::default()).to_bytes();
        for place in 0..header.len() {
            let mut damaged = header.clone();
            damaged[place] ^= 1;
            assert!(Header::read(&damaged).is_none(), "byte {place} of the header");
        }
        let header = Header::read(&header).unwrap();
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x80;
            assert!(header.read_head(&damaged).is_none(), "byte {place} of the head");
        }
        for cut in 0..bytes.len() {
            assert!(header.read_head(&bytes[..cut]).is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn blocks_have_their_own_checksums() {
        let body: Vec<u8> = (0..200_000_u32).map(|byte| (byte % 251) as u8).collect();
        let mut sums = Sums::default();
        body.chunks(7001).for_each(|piece| sums.add(piece));
        let sums = sums.finish();
        assert_eq!(sums.len(), 4 * 8);
        assert!(blocks_match(&body, &sums));
        assert!(blocks_match(&body[131_072..], &sums[16..]));
        let mut damaged = body.clone();
        damaged[199_999] ^= 1;
        assert!(!blocks_match(&damaged, &sums));
        assert!(!blocks_match(&body[..199_999], &sums));
    }
}
