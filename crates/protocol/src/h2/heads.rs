//! What comes from a peer, on its way to the library: heads wait until they are whole, so that one that the library would not
//! understand can be mended first. Everything else passes by.

use tokio::io::ReadBuf;

use super::padding;

const HEADER: usize = 9;
const HEADERS: u8 = 1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// Frames that are larger are passed on as they are: none has to be (RFC 9113 §4.2).
const LARGEST: usize = 1 << 14;

/// Follows the bytes of a peer from frame to frame.
pub(super) struct Heads {
    /// Bytes to pass over: of the preface, or of a frame that is no head.
    rest: usize,
    /// A frame of which not all has come, or not even its header.
    held: Vec<u8>,
    /// What was held may go on.
    released: bool,
}

impl Heads {
    /// Nothing has come; so many bytes come before the first frame.
    pub(super) fn new(before: usize) -> Self {
        Self { rest: before, held: Vec::new(), released: false }
    }

    /// Whether whole frames have come, and no part of another.
    pub(super) fn is_between(&self) -> bool {
        self.rest == 0 && self.held.is_empty()
    }

    /// How many bytes are to be received next and [held](Self::hold); none: whatever comes may be [sifted](Self::sift).
    pub(super) fn wanted(&self) -> usize {
        if self.held.is_empty() || self.released {
            return 0;
        }
        let whole = head_length(&self.held).map_or(HEADER, |length| HEADER + length);
        whole.saturating_sub(self.held.len())
    }

    /// Takes more of what is held; nothing: there will be no more.
    pub(super) fn hold(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if bytes.is_empty() {
            self.released = true;
        } else if self.wanted() == 0 {
            let mut frame = std::mem::take(&mut self.held);
            let left = self.sift(&mut frame);
            frame.truncate(left);
            self.held = frame;
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

    /// Looks at the next bytes, mends heads among them, and keeps the last frame if it is a head and not whole. How many bytes
    /// are left.
    pub(super) fn sift(&mut self, bytes: &mut [u8]) -> usize {
        let (mut at, mut end) = (0, bytes.len());
        loop {
            let passed = self.rest.min(end - at);
            self.rest -= passed;
            at += passed;
            let Some(frame) = bytes.get_mut(at..end).filter(|frame| !frame.is_empty()) else { return end };
            let Some(length) = head_length(frame) else {
                if frame.len() < HEADER {
                    self.held.extend_from_slice(frame);
                    return at;
                }
                self.rest = HEADER + payload_length(frame);
                continue;
            };
            let whole = HEADER + length;
            if frame.len() < whole {
                self.held.extend_from_slice(frame);
                return at;
            }
            let mended = frame.get_mut(..whole).map_or(whole, mend);
            if mended < whole {
                bytes.copy_within(at + whole..end, at + mended);
                end -= whole - mended;
            }
            at += mended;
        }
    }
}

/// Bytes of the payload of a frame whose header is there.
fn payload_length(frame: &[u8]) -> usize {
    let [high, middle, low, ..] = frame else { return 0 };
    usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low)
}

/// The same, of a frame that is a whole head.
fn head_length(frame: &[u8]) -> Option<usize> {
    let [_, _, _, kind, flags, ..] = frame.first_chunk::<HEADER>()?;
    let length = payload_length(frame);
    (*kind == HEADERS && flags & END_HEADERS != 0 && length <= LARGEST).then_some(length)
}

/// Mends the fields of a frame in its place; how long it is then.
fn mend(frame: &mut [u8]) -> usize {
    let Some((start, end)) = block(frame) else { return frame.len() };
    let Some(fields) = frame.get(start..end).and_then(padding::mended) else { return frame.len() };
    let taken = end - start - fields.len();
    frame.copy_within(end.., end - taken);
    if let Some(place) = frame.get_mut(start..end - taken) {
        place.copy_from_slice(&fields);
    }
    let length = frame.len() - taken;
    let [_, high, middle, low] = u32::try_from(length - HEADER).unwrap_or_default().to_be_bytes();
    if let Some(place) = frame.first_chunk_mut() {
        *place = [high, middle, low];
    }
    length
}

/// Where the fields stand (RFC 9113 §6.2).
fn block(frame: &[u8]) -> Option<(usize, usize)> {
    let flags = *frame.get(4)?;
    let (mut start, mut end) = (HEADER, frame.len());
    if flags & PADDED != 0 {
        end = end.checked_sub(usize::from(*frame.get(start)?))?;
        start += 1;
    }
    if flags & PRIORITY != 0 {
        start += 5;
    }
    (start <= end).then_some((start, end))
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
        let mut heads = Heads::new(3);
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
            // One that goes on in another frame is left alone, and so is one that cannot be read.
            frame(1, 0, overlong),
            frame(9, 4, b""),
            frame(1, 0xc, b"\xff"),
            frame(1, 4, b"\x44\x86\0\xff"),
            frame(0, 0, b"abc"),
        ];
        let mut expected = bytes.clone();
        let mended = b"\x44\x85\0\0\0\0\0\x82";
        expected[2] = frame(1, 4, mended);
        expected[4] = frame(1, 0x2c, &[&b"\x02\0\0\0\0\x10"[..], mended, b"\0\0"].concat());
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
