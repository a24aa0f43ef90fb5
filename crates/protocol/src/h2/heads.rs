//! What comes from a peer, on its way to the library: heads wait until they are whole, so that one that would end the connection
//! can be [replaced](block) by one that ends its stream alone. Everything else passes by.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use tokio::io::ReadBuf;

use super::block::{self, Block};
use super::frame::{CONTINUATION, END_HEADERS, FrameHeader, HEADER, HEADERS, PADDED, PRIORITY};
use super::ledger::Ledger;

/// Heads that are larger, with the headers of their frames, are passed on as they are.
const LARGEST: usize = 1 << 16;
/// And those of more frames: each that comes is looked for from the first on.
const MOST_FRAMES: usize = 64;
/// How much room for strings is kept from head to head: a connection may be idle for long.
const SCRATCH_KEPT: usize = 1 << 12;

/// Follows the bytes of a peer from frame to frame.
pub(super) struct Heads {
    /// Bytes to pass over: of the preface, or of a frame that is no head.
    rest: usize,
    /// A head of which not all has come, or not even its first frame's header.
    held: Vec<u8>,
    /// What was held may go on.
    released: bool,
    /// The highest stream whose head was passed on.
    newest: u32,
    /// What was passed on last is the head of a new stream, in which nothing but the compression can be wrong.
    opened: bool,
    /// A string of a head, while it is looked at.
    scratch: Vec<u8>,
    /// Where clients' heads are noted.
    ledger: Option<Rc<Ledger>>,
}

impl Heads {
    /// Nothing has come; so many bytes come before the first frame.
    pub(super) fn new(before: usize, ledger: Option<Rc<Ledger>>) -> Self {
        let (held, scratch) = (Vec::new(), Vec::new());
        Self { rest: before, held, released: false, newest: 0, opened: false, scratch, ledger }
    }

    /// Whether whole frames have come, and no part of another.
    pub(super) fn is_between(&self) -> bool {
        self.rest == 0 && self.held.is_empty()
    }

    /// The highest stream that a head was for.
    pub(super) fn newest(&self) -> u32 {
        self.newest
    }

    /// Whether what was passed on last is the head of a new stream that can be refused for its compression alone.
    pub(super) fn has_opened(&self) -> bool {
        self.opened
    }

    /// How many bytes are to be received next and [held](Self::hold); none: whatever comes may be [sifted](Self::sift).
    pub(super) fn wanted(&self) -> usize {
        if self.held.is_empty() || self.released {
            return 0;
        }
        match extent(&self.held) {
            Extent::Unknown(needed) => needed.saturating_sub(self.held.len()),
            Extent::Head(_) | Extent::Other(_) => 0,
        }
    }

    /// Takes more of what is held; nothing: there will be no more.
    pub(super) fn hold(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if bytes.is_empty() {
            self.released = true;
        } else if self.wanted() == 0 {
            let mut head = std::mem::take(&mut self.held);
            let left = self.sift(&mut head);
            head.truncate(left);
            self.held = head;
            self.released = true;
        }
    }

    /// Gives away what was held and may go on, as much as there is room for; whether there was something.
    pub(super) fn release(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        if !self.released {
            return false;
        }
        let length = self.held.len().min(buffer.remaining());
        buffer.put_slice(self.held.get(..length).unwrap_or_default());
        self.held.drain(..length);
        self.released = !self.held.is_empty();
        if !self.released {
            // A connection may be idle for long.
            self.held = Vec::new();
        }
        true
    }

    /// Looks at the next bytes, replaces heads among them, and keeps the last frames if they are a head and not whole. How many
    /// bytes are left.
    pub(super) fn sift(&mut self, bytes: &mut [u8]) -> usize {
        let (mut at, mut end) = (0, bytes.len());
        loop {
            let passed = self.rest.min(end - at);
            self.rest -= passed;
            at += passed;
            let Some(frames) = bytes.get_mut(at..end).filter(|frames| !frames.is_empty()) else { return end };
            match extent(frames) {
                Extent::Unknown(_) => {
                    self.held.extend_from_slice(frames);
                    return at;
                }
                Extent::Other(length) => (self.rest, self.opened) = (length, false),
                Extent::Head(whole) => {
                    let passed = frames.get_mut(..whole).map_or(whole, |head| self.pass(head));
                    if passed < whole {
                        bytes.copy_within(at + whole..end, at + passed);
                        end -= whole - passed;
                    }
                    at += passed;
                }
            }
        }
    }

    /// Looks at a head, and replaces it in its place; how long it is then.
    fn pass(&mut self, head: &mut [u8]) -> usize {
        let stream = FrameHeader::read(head).map_or(0, |header| header.stream);
        let is_new = stream % 2 == 1 && stream > self.newest;
        self.newest = self.newest.max(stream);
        self.opened = false;
        let Some(block) = block_of(head) else { return head.len() };
        if let Some(ledger) = self.ledger.as_ref().filter(|_| is_new) {
            ledger.note_head(stream, block.len());
        }
        let block = block::read(&block, &mut self.scratch);
        self.scratch.clear();
        self.scratch.shrink_to(SCRATCH_KEPT);
        self.opened = is_new && block != Block::Irreplaceable;
        let Block::Instead(block) = block else { return head.len() };
        let Some(instead) = with_block(head, &block) else { return head.len() };
        if let Some(place) = head.get_mut(..instead.len()) {
            place.copy_from_slice(&instead);
        }
        instead.len()
    }
}

/// What begins with some bytes.
enum Extent {
    /// So many bytes are needed to know more.
    Unknown(usize),
    /// A head of so many bytes, all of which are there.
    Head(usize),
    /// So many bytes that are none, or one that is not looked at.
    Other(usize),
}

/// How far what begins here goes (RFC 9113 §6.2, §6.10).
fn extent(bytes: &[u8]) -> Extent {
    let Some(first) = FrameHeader::read(bytes) else { return Extent::Unknown(HEADER) };
    let mut end = HEADER + first.length;
    if first.kind != HEADERS {
        return Extent::Other(end);
    }
    let mut last = first;
    for _ in 0..MOST_FRAMES {
        if end > LARGEST {
            break;
        }
        if last.flags & END_HEADERS != 0 {
            return if bytes.len() < end { Extent::Unknown(end) } else { Extent::Head(end) };
        }
        let Some(next) = bytes.get(end..).and_then(FrameHeader::read) else { return Extent::Unknown(end + HEADER) };
        end += HEADER + next.length;
        if next.kind != CONTINUATION || next.stream != first.stream {
            break;
        }
        last = next;
    }
    Extent::Other(end)
}

/// The compressed fields of a head; `None`: a frame is not as it must be.
fn block_of(head: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (first, place) = frames(head).next()?;
    if first.len() == head.len() {
        return Some(Cow::Borrowed(head.get(place?)?));
    }
    let mut block = Vec::with_capacity(head.len());
    for (frame, place) in frames(head) {
        block.extend_from_slice(frame.get(place?)?);
    }
    Some(Cow::Owned(block))
}

/// The same head with other fields, which take no more.
fn with_block(head: &[u8], mut block: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(head.len());
    // Each frame takes as much as it had, while there is something.
    for (frame, place) in frames(head) {
        let Range { start, end } = place?;
        let (taken, after) = block.split_at(block.len().min(end - start));
        block = after;
        let length = start + taken.len() + frame.len() - end - HEADER;
        let [_, length @ ..] = u32::try_from(length).unwrap_or_default().to_be_bytes();
        out.extend_from_slice(&length);
        out.extend_from_slice(frame.get(length.len()..start)?);
        out.extend_from_slice(taken);
        out.extend_from_slice(frame.get(end..)?);
    }
    Some(out)
}

/// The frames of a head, and where in each the fields stand.
fn frames(mut head: &[u8]) -> impl Iterator<Item = (&[u8], Option<Range<usize>>)> {
    std::iter::from_fn(move || {
        let whole = HEADER + FrameHeader::read(head)?.length;
        let (frame, rest) = head.split_at_checked(whole)?;
        head = rest;
        Some((frame, fields(frame)))
    })
}

/// Where the fields of the first frame stand (RFC 9113 §6.2, §6.10).
fn fields(frame: &[u8]) -> Option<Range<usize>> {
    let header = FrameHeader::read(frame)?;
    let (mut start, mut end) = (HEADER, HEADER + header.length);
    // These flags are those of HEADERS alone.
    let flags = if header.kind == HEADERS { header.flags } else { 0 };
    if flags & PADDED != 0 {
        end = end.checked_sub(usize::from(*frame.get(start)?))?;
        start += 1;
    }
    if flags & PRIORITY != 0 {
        start += 5;
    }
    (start <= end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use tokio::io::ReadBuf;

    use super::Heads;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    /// What the library sees of bytes that come in pieces, and takes in pieces.
    fn sifted(bytes: &[u8], size: usize, room: usize) -> Vec<u8> {
        let mut heads = Heads::new(3, None);
        let mut seen = Vec::new();
        let mut rest = bytes;
        loop {
            let mut place = vec![0; room];
            let mut buffer = ReadBuf::new(&mut place);
            if !heads.release(&mut buffer) {
                let wanted = heads.wanted();
                let most = if wanted > 0 { wanted } else { room };
                let (piece, after) = rest.split_at(most.min(size).min(rest.len()));
                rest = after;
                if wanted > 0 {
                    heads.hold(piece);
                } else if piece.is_empty() {
                    return seen;
                } else {
                    buffer.put_slice(piece);
                    let left = heads.sift(buffer.filled_mut());
                    buffer.set_filled(left);
                }
            }
            seen.extend_from_slice(buffer.filled());
        }
    }

    #[test]
    fn heads_are_mended_however_they_are_cut() {
        let overlong = b"\x44\x86\0\0\0\0\0\xff\x82";
        let padded = [&b"\x02\0\0\0\0\x10"[..], overlong, b"\0\0"].concat();
        let bytes = [
            b"PRI".to_vec(),
            frame(4, 0, b"123456"),
            frame(1, 4, overlong),
            frame(0, 1, overlong),
            frame(1, 0x2c, &padded),
            // A head may go on in other frames.
            frame(1, 0, overlong),
            frame(9, 4, b""),
            frame(1, 9, &[b"\x02", &overlong[..3], b"\0\0"].concat()),
            frame(9, 0, &overlong[3..4]),
            frame(9, 4, &overlong[4..]),
            // One that cannot be read is left alone, and so is one that breaks off, or has too many frames.
            frame(1, 0xc, b"\xff"),
            frame(1, 4, b"\x44\x86\0\xff"),
            frame(1, 0, overlong),
            frame(1, 4, overlong),
            [frame(1, 0, b""), frame(9, 0, b"").repeat(63), frame(9, 4, overlong)].concat(),
            frame(0, 0, b"abc"),
        ];
        let mut expected = bytes.clone();
        let mended = b"\x44\x85\0\0\0\0\0\x82";
        expected[2] = frame(1, 4, mended);
        expected[4] = frame(1, 0x2c, &[&b"\x02\0\0\0\0\x10"[..], mended, b"\0\0"].concat());
        expected[5] = frame(1, 0, mended);
        expected[7] = frame(1, 9, &[b"\x02", &mended[..3], b"\0\0"].concat());
        expected[9] = frame(9, 4, &mended[4..]);
        for size in 1..=60 {
            for room in [1, 2, 7, 60, 500] {
                assert_eq!(sifted(&bytes.concat(), size, room), expected.concat(), "{size} {room}");
            }
        }
    }

    #[test]
    fn what_is_never_whole_is_seen_all_the_same() {
        let bytes = [b"PRI".to_vec(), frame(1, 4, b"\x82\xff\x86")].concat();
        for end in 3..bytes.len() {
            assert_eq!(sifted(&bytes[..end], 100, 100), &bytes[..end]);
        }
    }
}
