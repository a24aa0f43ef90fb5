//! Blocks of compressed fields (RFC 7541 §6), and what of them the library must not see as it is: for it a field that no message
//! may have is the end of the connection, and so is a byte of padding too much.

use std::ops::Range;

use super::huffman::{self, Ending};
use crate::h1::class::{self, TOKEN};

/// Bytes of the names of the static table (RFC 7541 appendix A).
const NAMES: [usize; 61] = [
    10, 7, 7, 5, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 14, 15, 15, 13, 6, 27, 3, 5, 13, 13, 19, 16, 16, 14, 16, 13, 12, 6, 4,
    4, 6, 7, 4, 4, 8, 17, 13, 8, 19, 13, 4, 8, 12, 18, 19, 5, 7, 7, 11, 6, 10, 25, 17, 10, 4, 3, 16,
];

/// A field that no message may have (`Transfer-Encoding`, empty), whose name is of the static table and which is not remembered.
const REFUSED: &[u8] = b"\x0f\x2a\x00";
/// The name of another: it must not be anything but `trailers` (RFC 9113 §8.2.2).
const REFUSED_NAME: &[u8] = b"te";

/// The bit of a literal field that is to be remembered (RFC 7541 §6.2.1), and the bits of its index.
const INSERTS: u8 = 0x40;
const INSERTS_PREFIX: u32 = 6;

/// What a block is.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Block {
    /// The library may see it.
    Plain,
    /// It is to see this in its place, which is no longer.
    Instead(Vec<u8>),
    /// It cannot be decompressed.
    Unreadable,
    /// It holds what no message may have, and nothing says the same to the table.
    Irreplaceable,
}

/// Looks at a block; `scratch` is for strings.
pub(super) fn read(block: &[u8], scratch: &mut Vec<u8>) -> Block {
    let (mut reader, mut padded, mut refused) = (Reader { block, at: 0 }, false, false);
    while reader.at < block.len() {
        let Some(checked) = reader.step().and_then(|step| step.check(scratch)) else { return Block::Unreadable };
        padded |= checked.padded;
        refused |= !checked.is_allowed;
    }
    let instead = match (refused, padded) {
        (false, false) => return Block::Plain,
        (false, true) => rewrite(block, |step, out| step.write_mended(block, scratch, out)),
        (true, _) => refuse(block, scratch),
    };
    instead.filter(|instead| instead.len() <= block.len()).map_or(Block::Irreplaceable, Block::Instead)
}

/// A block of a head that is refused, which does to the table what this one does.
fn refuse(block: &[u8], scratch: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut has_refused = false;
    let mut out = rewrite(block, |step, out| {
        has_refused |= step.write_refused(block, scratch, out)?;
        Some(())
    })?;
    if !has_refused {
        out.extend_from_slice(REFUSED);
    }
    Some(out)
}

fn rewrite(block: &[u8], mut write: impl FnMut(&Step<'_>, &mut Vec<u8>) -> Option<()>) -> Option<Vec<u8>> {
    let (mut reader, mut out) = (Reader { block, at: 0 }, Vec::with_capacity(block.len()));
    while reader.at < block.len() {
        write(&reader.step()?, &mut out)?;
    }
    Some(out)
}

/// Reads a block.
struct Reader<'b> {
    block: &'b [u8],
    at: usize,
}

/// One representation.
struct Step<'b> {
    /// Where it stands.
    place: Range<usize>,
    kind: StepKind<'b>,
}

enum StepKind<'b> {
    /// A field of a table.
    Indexed,
    /// Another size of the dynamic one.
    Resized,
    /// A field whose value, and whose name where there is no index, follow.
    Literal {
        index: usize,
        /// Where the strings begin.
        strings: usize,
        name: Option<Text<'b>>,
        value: Text<'b>,
    },
}

/// A string.
struct Text<'b> {
    bytes: &'b [u8],
    is_huffman: bool,
}

/// What was found out of a step.
#[derive(Clone, Copy)]
struct Checked {
    /// A string of it ends with a byte that only pads.
    padded: bool,
    /// A message may have the field, or the library ends its stream alone.
    is_allowed: bool,
    /// Bytes of the name and the value.
    size: usize,
}

impl<'b> Reader<'b> {
    /// RFC 7541 §6.
    fn step(&mut self) -> Option<Step<'b>> {
        let start = self.at;
        let (prefix, is_literal) = match *self.block.get(start)? {
            0x80.. => (7, false),
            INSERTS.. => (INSERTS_PREFIX, true),
            0x20.. => (5, false),
            _ => (4, true),
        };
        let index = self.integer(prefix)?;
        let kind = if is_literal {
            let strings = self.at;
            let name = if index == 0 { Some(self.text()?) } else { None };
            StepKind::Literal { index, strings, name, value: self.text()? }
        } else if prefix == 5 {
            StepKind::Resized
        } else {
            StepKind::Indexed
        };
        Some(Step { place: start..self.at, kind })
    }

    /// RFC 7541 §5.1.
    fn integer(&mut self, prefix: u32) -> Option<usize> {
        let most = (1 << prefix) - 1;
        let mut value = usize::from(*self.block.get(self.at)?) & most;
        self.at += 1;
        if value < most {
            return Some(value);
        }
        for shift in [0, 7, 14] {
            let byte = *self.block.get(self.at)?;
            self.at += 1;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// RFC 7541 §5.2.
    fn text(&mut self) -> Option<Text<'b>> {
        let is_huffman = *self.block.get(self.at)? & 0x80 != 0;
        let length = self.integer(7)?;
        let bytes = self.block.get(self.at..self.at + length)?;
        self.at += length;
        Some(Text { bytes, is_huffman })
    }
}

impl Step<'_> {
    fn inserts(&self, block: &[u8]) -> bool {
        let first = block.get(self.place.start).copied().unwrap_or_default();
        matches!(self.kind, StepKind::Literal { .. }) && first & INSERTS != 0
    }

    /// Looks at the strings; `None`: one is none.
    fn check(&self, scratch: &mut Vec<u8>) -> Option<Checked> {
        let StepKind::Literal { index, name, value, .. } = &self.kind else {
            return Some(Checked { padded: false, is_allowed: true, size: 0 });
        };
        let (kind, padded, size) = if let Some(name) = name {
            let (name, ending) = name.decoded(scratch)?;
            (Kind::of_name(name), ending == Ending::Padded, name.len())
        } else {
            let size = index.checked_sub(1).and_then(|at| NAMES.get(at));
            (Kind::of_index(*index), false, size.copied().unwrap_or(0))
        };
        let (value, ending) = value.decoded(scratch)?;
        Some(Checked {
            padded: padded || ending == Ending::Padded,
            is_allowed: kind.allows(value),
            size: size + value.len(),
        })
    }

    /// The same without a byte that pads too much.
    fn write_mended(&self, block: &[u8], scratch: &mut Vec<u8>, out: &mut Vec<u8>) -> Option<()> {
        let StepKind::Literal { strings, name, value, .. } = &self.kind else {
            out.extend_from_slice(block.get(self.place.clone())?);
            return Some(());
        };
        out.extend_from_slice(block.get(self.place.start..*strings)?);
        name.iter().chain([value]).try_for_each(|text| text.write_mended(scratch, out))
    }

    /// What this does to the table, of a head that is refused: no field of it is needed. Whether the head is refused for it.
    fn write_refused(&self, block: &[u8], scratch: &mut Vec<u8>, out: &mut Vec<u8>) -> Option<bool> {
        match &self.kind {
            StepKind::Resized => out.extend_from_slice(block.get(self.place.clone())?),
            StepKind::Literal { index, .. } if self.inserts(block) => {
                let checked = self.check(scratch)?;
                if checked.is_allowed {
                    self.write_mended(block, scratch, out)?;
                    return Some(false);
                }
                if *index > NAMES.len() {
                    // How long its name is, is not known here.
                    return None;
                }
                // An entry of the same size, which every head is refused for that has it.
                out.push(INSERTS);
                write_text(REFUSED_NAME, false, out);
                write_zeros(checked.size.checked_sub(REFUSED_NAME.len())?, out);
                return Some(true);
            }
            StepKind::Literal { .. } | StepKind::Indexed => {}
        }
        Some(false)
    }
}

impl Text<'_> {
    /// What it says, and how it ends.
    fn decoded<'s>(&'s self, scratch: &'s mut Vec<u8>) -> Option<(&'s [u8], Ending)> {
        if !self.is_huffman {
            return Some((self.bytes, Ending::Regular));
        }
        scratch.clear();
        let ending = huffman::decode(self.bytes, scratch)?;
        Some((scratch, ending))
    }

    fn write_mended(&self, scratch: &mut Vec<u8>, out: &mut Vec<u8>) -> Option<()> {
        let (_, ending) = self.decoded(scratch)?;
        let length = self.bytes.len() - usize::from(ending == Ending::Padded);
        write_text(self.bytes.get(..length)?, self.is_huffman, out);
        Some(())
    }
}

/// What a value must be.
#[derive(Clone, Copy)]
enum Kind {
    Field,
    /// Of a pseudo-field that is no method or status.
    Text,
    Method,
    Status,
    /// Nothing: there must be no such field.
    None,
}

impl Kind {
    /// Of the name that an index stands for; those of the dynamic table are taken for fields.
    fn of_index(index: usize) -> Self {
        match index {
            1 | 4..=7 => Self::Text,
            2 | 3 => Self::Method,
            8..=14 => Self::Status,
            _ => Self::Field,
        }
    }

    fn of_name(name: &[u8]) -> Self {
        match name {
            b":authority" | b":path" | b":scheme" | b":protocol" => Self::Text,
            b":method" => Self::Method,
            b":status" => Self::Status,
            _ if name.is_empty() || class::common(name) & TOKEN == 0 => Self::None,
            _ if name.iter().any(u8::is_ascii_uppercase) => Self::None,
            _ => Self::Field,
        }
    }

    fn allows(self, value: &[u8]) -> bool {
        match self {
            Self::Field => !class::has_control(value),
            Self::Text => value.is_ascii() || std::str::from_utf8(value).is_ok(),
            Self::Method => !value.is_empty() && class::common(value) & TOKEN != 0,
            Self::Status => {
                matches!(value, [b'1'..=b'9', second, third] if second.is_ascii_digit() && third.is_ascii_digit())
            }
            Self::None => false,
        }
    }
}

fn write_text(bytes: &[u8], is_huffman: bool, out: &mut Vec<u8>) {
    write_length(bytes.len(), is_huffman, out);
    out.extend_from_slice(bytes);
}

/// A string of so many zeros, whose code is five bits without one.
fn write_zeros(count: usize, out: &mut Vec<u8>) {
    let bits = count * 5;
    let length = bits.div_ceil(8);
    write_length(length, true, out);
    out.resize(out.len() + length, 0);
    if let Some(last) = out.last_mut().filter(|_| !bits.is_multiple_of(8)) {
        *last = u8::MAX >> (bits % 8);
    }
}

/// The length of a string (RFC 7541 §5.2).
fn write_length(length: usize, is_huffman: bool, out: &mut Vec<u8>) {
    let flag = if is_huffman { 0x80 } else { 0 };
    let Some(mut rest) = length.checked_sub(0x7f) else {
        out.push(flag | u8::try_from(length).unwrap_or_default());
        return;
    };
    out.push(flag | 0x7f);
    while rest >= 0x80 {
        out.push(0x80 | u8::try_from(rest & 0x7f).unwrap_or_default());
        rest >>= 7;
    }
    out.push(u8::try_from(rest).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{Block, read, write_length, write_zeros};

    fn outcome(block: &[u8]) -> Block {
        read(block, &mut Vec::new())
    }

    #[test]
    fn a_byte_of_padding_is_taken_away() {
        for (block, expected) in [
            // Eight times "0", which is five bits of zero.
            (&b"\x44\x86\0\0\0\0\0\xff"[..], &b"\x44\x85\0\0\0\0\0"[..]),
            (b"\x82\x44\x86\0\0\0\0\0\xff\x87", b"\x82\x44\x85\0\0\0\0\0\x87"),
            // The name, the value, and nothing at all.
            (b"\x00\x86\0\0\0\0\0\xff\x81\xff", b"\x00\x85\0\0\0\0\0\x80"),
            // An index in more bytes than it takes.
            (b"\x7f\x80\x00\x86\0\0\0\0\0\xff", b"\x7f\x80\x00\x85\0\0\0\0\0"),
        ] {
            assert_eq!(outcome(block), Block::Instead(expected.to_vec()), "{block:02x?}");
        }
        for block in
            [&b""[..], b"\x82\x86\x84", b"\x7a\x02a\xff", b"\x44\x81\x3f", b"\x44\x86\0\0\0\0\0\x3f", b"\x3f\x1e\x82"]
        {
            assert_eq!(outcome(block), Block::Plain, "{block:02x?}");
        }
    }

    #[test]
    fn what_cannot_be_decompressed_is_seen() {
        for block in [
            // An index, a length and a string that break off, an index too large to be read, and strings padded badly.
            &b"\xff"[..],
            b"\x44\xff",
            b"\x44\x02a",
            b"\xff\xff\xff\xff\xff",
            b"\x44\x84\x49\x50\x9f\xff",
            b"\x44\x82\xff\xff",
            b"\x44\x81\x1e",
        ] {
            assert_eq!(outcome(block), Block::Unreadable, "{block:02x?}");
        }
    }

    #[test]
    fn a_field_that_no_message_may_have_leaves_the_table_as_it_is() {
        const GET: &str = "\0\x07:method\x03GET";
        for (fields, left) in [
            // A name with a capital, a space, a colon, and none at all; a value with a control character.
            ("\0\x01X\x01y", ""),
            ("\0\x03x y\x01z", ""),
            ("\0\x03x:y\x01z", ""),
            ("\0\0\x01z", ""),
            ("\0\x01x\x03a\nb", ""),
            ("\x10\x01x\x01\x7f", ""),
            // A method that is none, by the static table's name, and a pseudo-field that nobody knows.
            ("\x02\x03G T", ""),
            ("\0\x02:x\x01y", ""),
            // What is to be remembered is replaced by an entry of the same size.
            ("\x40\x03X-Y\x09abcdefghi", "\x40\x02te\u{87}"),
            ("\x60\x01\n", "\x40\x02te\u{84}"),
        ] {
            // As bytes: each character is one.
            let bytes =
                |text: &str| text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect::<Vec<u8>>();
            let block = [b"\x20\x86", GET.as_bytes(), b"\x82\x40\x01a\x01b", &bytes(fields)].concat();
            let Block::Instead(instead) = outcome(&block) else { panic!("{fields:?} {:?}", outcome(&block)) };
            let expected = [b"\x20\x40\x01a\x01b", bytes(left).as_slice()].concat();
            assert_eq!(instead.get(..expected.len()), Some(expected.as_slice()), "{fields:?}");
            assert_eq!(instead.ends_with(b"\x0f\x2a\x00"), left.is_empty(), "{fields:?}");
            assert_eq!(outcome(&instead), Block::Plain, "{fields:?}");
        }
        // The name is one of the dynamic table, of whatever length; there is no room.
        assert_eq!(outcome(b"\x82\x82\x82\x7f\x00\x01\n"), Block::Irreplaceable);
        assert_eq!(outcome(b"\x00\x00\x00"), Block::Instead(b"\x0f\x2a\x00".to_vec()));
        assert_eq!(outcome(b"\x40\x01A\x00"), Block::Irreplaceable);
    }

    #[test]
    fn whatever_comes_what_is_left_of_it_is_plain() {
        // Mostly what begins a literal, is short, or ends a string.
        const BYTES: &[u8] =
            b"\0\0\x01\x02\x03\x04\x0f\x10\x20\x3f\x40\x40\x41\x7a\x7f\x81\x82\x83\x86\xbe\xff\xffaAz:te\n";
        let mut state = 1_u32;
        let mut next = |most: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            usize::try_from(state >> 8).unwrap() % most
        };
        let mut replaced = 0;
        for _ in 0..200_000 {
            let block: Vec<u8> = (0..next(24)).map(|_| BYTES[next(BYTES.len())]).collect();
            if let Block::Instead(instead) = outcome(&block) {
                assert!(instead.len() <= block.len(), "{block:02x?}");
                assert_eq!(outcome(&instead), Block::Plain, "{block:02x?}");
                replaced += 1;
            }
        }
        assert!(replaced > 1000, "{replaced}");
    }

    #[test]
    fn strings_keep_their_lengths() {
        for (length, expected) in [(126, &b"\xfe"[..]), (127, b"\xff\x00"), (130, b"\xff\x03"), (300, b"\xff\xad\x01")]
        {
            let mut out = Vec::new();
            write_length(length, true, &mut out);
            assert_eq!(out, expected);
        }
        for count in 0..300 {
            let (mut block, mut scratch) = (b"\x04".to_vec(), Vec::new());
            write_zeros(count, &mut block);
            assert_eq!(read(&block, &mut scratch), Block::Plain);
            assert_eq!(scratch, vec![b'0'; count]);
        }
    }
}
