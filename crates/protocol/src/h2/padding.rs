//! Strings of heads that end with a whole byte of padding, which an encoder writes that counts `8 - bits % 8` (RFC 7541 §5.2
//! would have them refused, and the library does): without that byte they say the same.

/// How many codes there are of each length, the shortest first: the code is canonical (RFC 7541 appendix B).
const CODES: [(u32, u32); 21] = [
    (5, 10),
    (6, 26),
    (7, 32),
    (8, 6),
    (10, 5),
    (11, 3),
    (12, 2),
    (13, 6),
    (14, 2),
    (15, 3),
    (19, 3),
    (20, 8),
    (21, 13),
    (22, 26),
    (23, 29),
    (24, 12),
    (25, 4),
    (26, 15),
    (27, 19),
    (28, 29),
    // But for the one that ends strings.
    (30, 3),
];

/// The byte that pads.
const PADDING: u8 = 0xff;

/// A block of fields without the bytes that pad too much; `None`: it has none, or cannot be read.
pub(super) fn mended(block: &[u8]) -> Option<Vec<u8>> {
    // Most blocks do not have it at all.
    if !block.contains(&PADDING) {
        return None;
    }
    let mut mending = Mending { block, at: 0, copied: 0, out: Vec::new() };
    while mending.at < block.len() {
        mending.pass_field()?;
    }
    mending.finish()
}

/// A block while it is read.
struct Mending<'b> {
    block: &'b [u8],
    at: usize,
    /// How much of the block is in `out`, or left out.
    copied: usize,
    out: Vec<u8>,
}

impl Mending<'_> {
    /// RFC 7541 §6.
    fn pass_field(&mut self) -> Option<()> {
        let first = *self.block.get(self.at)?;
        let (prefix, is_literal) = match first {
            0x80.. => (7, false),
            0x40.. => (6, true),
            0x20.. => (5, false),
            _ => (4, true),
        };
        let index = self.read_integer(prefix)?;
        if is_literal {
            if index == 0 {
                self.pass_string()?;
            }
            self.pass_string()?;
        }
        Some(())
    }

    /// RFC 7541 §5.1.
    fn read_integer(&mut self, prefix: u32) -> Option<usize> {
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
    fn pass_string(&mut self) -> Option<()> {
        let start = self.at;
        let is_huffman = *self.block.get(start)? & 0x80 != 0;
        let length = self.read_integer(7)?;
        let string = self.block.get(self.at..self.at + length)?;
        self.at += length;
        if let [text @ .., PADDING] = string
            && is_huffman
            && ends_with_a_code(text)
        {
            self.out.extend_from_slice(self.block.get(self.copied..start)?);
            write_length(text.len(), &mut self.out);
            self.out.extend_from_slice(text);
            self.copied = self.at;
        }
        Some(())
    }

    fn finish(mut self) -> Option<Vec<u8>> {
        if self.copied == 0 {
            return None;
        }
        self.out.extend_from_slice(self.block.get(self.copied..)?);
        Some(self.out)
    }
}

/// Writes the length of a string in Huffman's code.
fn write_length(length: usize, out: &mut Vec<u8>) {
    let Some(mut rest) = length.checked_sub(0x7f) else {
        out.push(0x80 | u8::try_from(length).unwrap_or_default());
        return;
    };
    out.push(0xff);
    while rest >= 0x80 {
        out.push(0x80 | u8::try_from(rest & 0x7f).unwrap_or_default());
        rest >>= 7;
    }
    out.push(u8::try_from(rest).unwrap_or_default());
}

/// Whether the last code of a string ends with its last bit.
fn ends_with_a_code(text: &[u8]) -> bool {
    let bits = text.len() * 8;
    let mut at = 0;
    while at < bits {
        let Some(length) = code_length(window(text, at)) else { return false };
        at += length;
    }
    at == bits
}

/// The 32 bits from a bit on, with none where there are no more.
fn window(text: &[u8], at: usize) -> u32 {
    let bytes = text.get(at / 8..).unwrap_or_default();
    let five = (0..5).fold(0_u64, |sum, index| sum << 8 | u64::from(bytes.get(index).copied().unwrap_or(0)));
    // Of forty bits those that follow.
    u32::try_from(five << (at % 8) >> 8 & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// Bits of the code with which the window begins.
fn code_length(window: u32) -> Option<usize> {
    let mut next = 0_u64;
    for (length, count) in CODES {
        // The first code that is longer.
        next += u64::from(count) << (32 - length);
        if u64::from(window) < next {
            return usize::try_from(length).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{mended, write_length};

    #[test]
    fn a_byte_of_padding_is_taken_away() {
        for (block, expected) in [
            // Eight times "0", which is five bits of zero.
            (&b"\x44\x86\0\0\0\0\0\xff"[..], Some(&b"\x44\x85\0\0\0\0\0"[..])),
            (b"\x82\x44\x86\0\0\0\0\0\xff\x87", Some(b"\x82\x44\x85\0\0\0\0\0\x87")),
            // The name, the value, and nothing at all.
            (b"\x00\x86\0\0\0\0\0\xff\x81\xff", Some(b"\x00\x85\0\0\0\0\0\x80")),
            // What is not Huffman's code, what is padded well ("o"), what is padded worse ("test"), or with nothing else.
            (b"\x44\x02a\xff", None),
            (b"\x44\x81\x3f", None),
            (b"\x44\x84\x49\x50\x9f\xff", None),
            (b"\x44\x82\xff\xff", None),
            // "A" and seven bits of padding.
            (b"\x44\x82\x21\xff", None),
            (b"\x44\x86\0\0\0\0\0", None),
        ] {
            assert_eq!(mended(block).as_deref(), expected, "{block:02x?}");
        }
    }

    #[test]
    fn a_long_string_keeps_its_length() {
        for (length, expected) in [(126, &b"\xfe"[..]), (127, b"\xff\x00"), (130, b"\xff\x03"), (300, b"\xff\xad\x01")]
        {
            let mut out = Vec::new();
            write_length(length, &mut out);
            assert_eq!(out, expected);
        }
        for length in [125, 130, 295, 16_000] {
            let block = |length, rest: &[u8]| {
                let mut block = vec![0x44];
                write_length(length, &mut block);
                [&block, rest].concat()
            };
            let zeros = vec![0; length];
            let padded = [&zeros[..], b"\xff"].concat();
            assert_eq!(mended(&block(length + 1, &padded)), Some(block(length, &zeros)));
        }
    }
}
