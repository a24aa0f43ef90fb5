//! What a stream has yet to send: small pieces run together, large ones kept where they are.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::IoSlice;

use crate::chunk::Chunk;
use crate::file::File;

/// A chunk up to this size is copied behind what is queued: one buffer costs the kernel less than two.
const COALESCE: usize = 4096;
/// The first allocation for small pieces: a response's head and a small body fit.
const SMALL_BUFFER: usize = 1024;
/// Where a buffer of small pieces is full.
const LARGEST_BUFFER: usize = 16 * 1024;
/// How many pieces one send gathers.
pub(crate) const GATHER: usize = 64;

/// Buffers of sent pieces that a thread keeps for those to come.
const SPARE_BUFFERS: usize = 64;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// The pieces that wait to be sent, in order.
#[derive(Default)]
pub(crate) struct Output {
    pieces: VecDeque<Piece>,
    length: usize,
    /// How many of them are parts of files.
    files: usize,
}

/// One run of bytes to send.
pub(crate) enum Piece {
    /// Copied together from small writes; `sent` bytes at its front have gone.
    Copied { bytes: Buffer, sent: usize },
    /// Sent from where it stands.
    Chunk(Chunk),
    /// Part of a file, which the kernel sends by itself.
    File(Span),
}

/// Part of a file that is in memory.
pub(crate) struct Span {
    pub(crate) file: File,
    pub(crate) offset: u64,
    pub(crate) length: usize,
}

/// Memory for small pieces. When it is dropped its thread keeps some of it: every message needs one for a moment.
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    /// An empty one with room for a head.
    fn new() -> Self {
        let spare = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten();
        Self(spare.unwrap_or_else(|| Vec::with_capacity(SMALL_BUFFER)))
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0);
        if bytes.capacity() > LARGEST_BUFFER {
            return;
        }
        bytes.clear();
        // Where the thread itself ends there is nobody to keep it for.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < SPARE_BUFFERS {
                spare.push(bytes);
            }
        });
    }
}

impl Piece {
    /// The bytes; none of a file, which are not here.
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::File(_) => &[],
            Self::Copied { bytes, sent } => bytes.0.get(*sent..).unwrap_or_default(),
            Self::Chunk(chunk) => chunk,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::File(span) => span.length,
            _ => self.as_slice().len(),
        }
    }

    pub(crate) fn advance(&mut self, length: usize) {
        match self {
            Self::File(span) => {
                span.offset += length as u64;
                span.length = span.length.saturating_sub(length);
            }
            Self::Copied { sent, .. } => *sent += length,
            Self::Chunk(chunk) => chunk.advance(length),
        }
    }
}

impl Output {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Copies `bytes` behind what is queued.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.length += bytes.len();
        if let Some(Piece::Copied { bytes: last, .. }) = self.pieces.back_mut()
            && last.0.len() + bytes.len() <= LARGEST_BUFFER
        {
            last.0.extend_from_slice(bytes);
            return;
        }
        let mut copied = Buffer::new();
        copied.0.extend_from_slice(bytes);
        self.pieces.push_back(Piece::Copied { bytes: copied, sent: 0 });
    }

    /// Has `write` append its bytes behind what is queued; the result is how many there were.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        let has_room = |piece: &Piece| matches!(piece, Piece::Copied { bytes, .. } if bytes.0.len() <= LARGEST_BUFFER - SMALL_BUFFER);
        if !self.pieces.back().is_some_and(has_room) {
            self.pieces.push_back(Piece::Copied { bytes: Buffer::new(), sent: 0 });
        }
        let Some(Piece::Copied { bytes: Buffer(bytes), .. }) = self.pieces.back_mut() else { return 0 };
        let before = bytes.len();
        write(bytes);
        let written = bytes.len().saturating_sub(before);
        self.length += written;
        if bytes.is_empty() {
            self.pieces.pop_back();
        }
        written
    }

    /// Queues `chunk` where it stands, or copies it when it is small.
    pub(crate) fn push_chunk(&mut self, chunk: Chunk) {
        if chunk.len() <= COALESCE {
            self.push(&chunk);
            return;
        }
        self.length += chunk.len();
        self.pieces.push_back(Piece::Chunk(chunk));
    }

    /// Queues part of a file.
    pub(crate) fn push_file(&mut self, span: Span) {
        if span.length > 0 {
            self.length += span.length;
            self.files += 1;
            self.pieces.push_back(Piece::File(span));
        }
    }

    /// All that waits, if it is one piece: mostly it is.
    pub(crate) fn only_piece(&self) -> Option<&[u8]> {
        if self.pieces.len() == 1 { self.pieces.front().map(Piece::as_slice) } else { None }
    }

    /// The part of a file that comes next.
    pub(crate) fn next_file(&self) -> Option<&Span> {
        match self.pieces.front() {
            Some(Piece::File(span)) if self.files > 0 => Some(span),
            _ => None,
        }
    }

    /// Whether part of a file is queued.
    pub(crate) fn has_file(&self) -> bool {
        self.files > 0
    }

    /// How many pieces come before the first part of a file.
    fn before_file(&self) -> usize {
        let is_file = |piece: &Piece| matches!(piece, Piece::File(_));
        if self.files == 0 { self.pieces.len() } else { self.pieces.iter().take_while(|piece| !is_file(piece)).count() }
    }

    /// Points `slices` at the first pieces, up to a file, and says how many they are and how many bytes they hold.
    pub(crate) fn gather<'a>(&'a self, slices: &mut [IoSlice<'a>; GATHER]) -> (usize, usize) {
        let mut count = 0;
        let mut length = 0;
        for (slice, piece) in slices.iter_mut().zip(self.pieces.iter().take(self.before_file())) {
            *slice = IoSlice::new(piece.as_slice());
            length += slice.len();
            count += 1;
        }
        (count, length)
    }

    /// Drops the first `length` bytes, which the kernel took.
    pub(crate) fn advance(&mut self, mut length: usize) {
        if length >= self.length {
            self.clear();
            return;
        }
        self.length -= length;
        while let Some(piece) = self.pieces.front_mut() {
            let held = piece.len();
            if length < held {
                piece.advance(length);
                return;
            }
            length -= held;
            self.files -= usize::from(matches!(piece, Piece::File(_)));
            self.pieces.pop_front();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.length = 0;
        self.files = 0;
    }

    /// Moves up to [`GATHER`] pieces before the first part of a file to `to`, which the caller sends; says how many bytes they hold.
    pub(crate) fn take(&mut self, to: &mut VecDeque<Piece>) -> usize {
        if self.pieces.len() <= GATHER && to.is_empty() && self.files == 0 {
            std::mem::swap(&mut self.pieces, to);
            return std::mem::take(&mut self.length);
        }
        let mut taken = 0;
        for piece in self.pieces.drain(..self.before_file().min(GATHER)) {
            taken += piece.as_slice().len();
            to.push_back(piece);
        }
        self.length -= taken;
        taken
    }
}
