//! Huffman's code of strings in heads (RFC 7541 §5.2, appendix B).

/// How many codes there are of each length, the shortest first: the code is canonical.
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

/// The bytes, in the order of their codes.
const BYTES: [u8; 256] = [
    48, 49, 50, 97, 99, 101, 105, 111, 115, 116, 32, 37, 45, 46, 47, 51, 52, 53, 54, 55, 56, 57, 61, 65, 95, 98, 100,
    102, 103, 104, 108, 109, 110, 112, 114, 117, 58, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81,
    82, 83, 84, 85, 86, 87, 89, 106, 107, 113, 118, 119, 120, 121, 122, 38, 42, 44, 59, 88, 90, 33, 34, 40, 41, 63, 39,
    43, 124, 35, 62, 0, 36, 64, 91, 93, 126, 94, 125, 60, 96, 123, 92, 195, 208, 128, 130, 131, 162, 184, 194, 224,
    226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129, 132, 133, 134, 136, 146, 154, 156, 160,
    163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232, 233, 1, 135, 137, 138, 139, 140,
    141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239,
    9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210,
    213, 218, 219, 238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250,
    251, 252, 253, 254, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30,
    31, 127, 220, 249, 10, 13, 22,
];

/// Bits of the codes that are looked up at once.
const SHORT: u32 = 8;

/// Which byte a code stands for, and its bits, by its first eight bits; no bits: it is longer.
static SHORT_CODES: [(u8, u8); 1 << SHORT] = short_codes();

/// Bits that may pad a string, and those that an encoder writes that counts `8 - bits % 8`.
const PADDING: u32 = 7;
const TOO_MUCH: u32 = 8;

/// How a string ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// As it should.
    Regular,
    /// With a whole byte that only pads.
    Padded,
}

/// Decodes a string; `None`: it is none.
pub(super) fn decode(text: &[u8], out: &mut Vec<u8>) -> Option<Ending> {
    let (mut rest, mut bits, mut count) = (text.iter(), 0_u64, 0_u32);
    loop {
        while count <= u64::BITS - 8
            && let Some(byte) = rest.next()
        {
            bits |= u64::from(*byte) << (u64::BITS - 8 - count);
            count += 8;
        }
        match first(bits) {
            Some((byte, length)) if length <= count => {
                out.push(byte);
                bits <<= length;
                count -= length;
            }
            _ => break,
        }
    }
    let is_padding = bits.leading_ones() == count && rest.len() == 0;
    match count {
        0..=PADDING if is_padding => Some(Ending::Regular),
        TOO_MUCH if is_padding => Some(Ending::Padded),
        _ => None,
    }
}

/// The byte with whose code some bits begin, and the code's length; `None`: there is none.
fn first(bits: u64) -> Option<(u8, u32)> {
    let short = usize::try_from(bits >> (u64::BITS - SHORT)).ok()?;
    match SHORT_CODES.get(short) {
        Some((byte, length)) if *length > 0 => Some((*byte, u32::from(*length))),
        _ => long(bits),
    }
}

fn long(bits: u64) -> Option<(u8, u32)> {
    // The first code that is longer than all so far, on the left, and the byte that it stands for.
    let (mut next, mut at) = (0_u64, 0_usize);
    for (length, count) in CODES {
        let place = u64::BITS - length;
        let index = (bits >> place).checked_sub(next >> place)?;
        if index < u64::from(count) {
            let byte = BYTES.get(at + usize::try_from(index).ok()?)?;
            return Some((*byte, length));
        }
        next += u64::from(count) << place;
        at += usize::try_from(count).ok()?;
    }
    None
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
#[expect(clippy::cast_possible_truncation, reason = "a length is at most eight")]
const fn short_codes() -> [(u8, u8); 1 << SHORT] {
    let mut table = [(0, 0); 1 << SHORT];
    let (mut row, mut at, mut place) = (0, 0, 0);
    while CODES[row].0 <= SHORT {
        let (length, count) = CODES[row];
        let mut code = 0;
        while code < count {
            let mut left = 1 << (SHORT - length);
            while left > 0 {
                table[place] = (BYTES[at], length as u8);
                place += 1;
                left -= 1;
            }
            at += 1;
            code += 1;
        }
        row += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{Ending, decode};

    fn decoded(text: &[u8]) -> Option<(Vec<u8>, Ending)> {
        let mut out = Vec::new();
        decode(text, &mut out).map(|ending| (out, ending))
    }

    #[test]
    fn strings_are_decoded() {
        // The first three are of RFC 7541 appendix C.
        for (text, expected) in [
            (&b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"[..], &b"www.example.com"[..]),
            (b"\xa8\xeb\x10\x64\x9c\xbf", b"no-cache"),
            (b"\xae\xc3\x77\x1a\x4b", b"private"),
            (b"", b""),
            (b"\0\0\0\0\0", b"00000000"),
            // Codes of ten, 23, 28 and 30 bits.
            (b"\xfe\x3f", b"!"),
            (b"\xff\xff\xb1", b"\x01"),
            (b"\xff\xff\xfe\x6f", b"\x06"),
            (b"\xff\xff\xff\xf3", b"\n"),
        ] {
            assert_eq!(decoded(text), Some((expected.to_vec(), Ending::Regular)), "{text:02x?}");
        }
        assert_eq!(decoded(b"\0\0\0\0\0\xff"), Some((b"00000000".to_vec(), Ending::Padded)));
        assert_eq!(decoded(b"\xff"), Some((Vec::new(), Ending::Padded)));
    }

    #[test]
    fn what_is_no_string_is_seen() {
        // Padded with zeros, with two bytes, and the code that ends strings.
        for text in [&b"\x1e"[..], b"\0\0\0\0\0\xff\xff", b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"]
        {
            assert_eq!(decoded(text), None, "{text:02x?}");
        }
    }
}
