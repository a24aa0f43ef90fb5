//! Reads what is usual in one pass, eight bytes at a time; what is not, is left to the code that knows every rule.

use std::ops::Range;

use super::class::{self, PLAIN};
use crate::Name;

const ONES: u64 = u64::MAX / 0xff;
const HIGH_BITS: u64 = ONES << 7;

/// A field line of the usual form, at the start of some input: a name of letters, digits and hyphens, a colon, a value
/// without controls, spaces around it at most, and the line's end. No rule about single lines refuses such a one.
pub(crate) struct PlainLine {
    pub(crate) known: Name,
    pub(crate) name_length: usize,
    pub(crate) value: Range<usize>,
    /// The whole line's, its end included.
    pub(crate) length: usize,
    /// It looks as it would be written: one space before the value, none after it, both bytes of a line end.
    pub(crate) as_written: bool,
}

impl PlainLine {
    /// The line at the start of `input`; none if it has another form or is not whole.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "has two callers, and each calls it in a loop once a line")]
    pub(crate) fn read(input: &[u8]) -> Option<Self> {
        let name_length = find_byte::<b':'>(input)?;
        let (name, mut rest) = input.split_at_checked(name_length)?;
        let known = Name::of(name);
        // Every known name is plain.
        if known == Name::Other && (name.is_empty() || class::common(name) & PLAIN == 0) {
            return None;
        }
        rest = rest.get(1..)?;
        while let [b' ', more @ ..] = rest {
            rest = more;
        }
        let start = input.len() - rest.len();
        let (mut value, end) = rest.split_at_checked(find_control(rest)?)?;
        let end_length = match end {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => return None,
        };
        let length = start + value.len() + end_length;
        while let [more @ .., b' '] = value {
            value = more;
        }
        let as_written = start == name_length + 2 && start + value.len() + 2 == length && end_length == 2;
        Some(Self { known, name_length, value: start..start + value.len(), length, as_written })
    }
}

/// Where the first line feed is. Two bytes are looked at first: the line that ends a head is empty.
pub(crate) fn find_line_feed(input: &[u8]) -> Option<usize> {
    match input {
        [b'\n', ..] => Some(0),
        [_, b'\n', ..] => Some(1),
        _ => memchr::memchr(b'\n', input),
    }
}

/// Where the first byte `BYTE` is; for what is short, as a search that has to be set up costs more than it saves.
#[inline]
pub(crate) fn find_byte<const BYTE: u8>(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| zeros(word ^ (ONES * u64::from(BYTE))), |byte| byte == BYTE)
}

/// Where the first control character is, a tab among them.
#[inline]
pub(crate) fn find_control(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| below(word, 0x20) | deletes(word), |byte| byte < 0x20 || byte == 0x7f)
}

/// Where the first byte is that no target holds: a control character or a space.
#[inline]
pub(crate) fn find_target_end(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| below(word, 0x21) | deletes(word), |byte| byte < 0x21 || byte == 0x7f)
}

/// Where the first byte is that `is_wanted`. `mark` does the same for eight bytes, the first one lowest: it sets the high
/// bit of wanted ones. Above a wanted one it may set others too, so that only the lowest counts.
#[inline]
fn find(bytes: &[u8], mark: impl Fn(u64) -> u64, is_wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let marked = mark(u64::from_le_bytes(*word)) & HIGH_BITS;
        if marked != 0 {
            return Some(bytes.len() - rest.len() + marked.trailing_zeros() as usize / 8);
        }
        rest = after;
    }
    let position = rest.iter().position(|byte| is_wanted(*byte))?;
    Some(bytes.len() - rest.len() + position)
}

/// Marks bytes that are 0: only they, and what borrows from them, get a high bit that they had not.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

/// Marks bytes below `limit`, which is at most 128.
fn below(word: u64, limit: u64) -> u64 {
    word.wrapping_sub(ONES * limit) & !word
}

fn deletes(word: u64) -> u64 {
    zeros(word ^ (ONES * 0x7f))
}

#[cfg(test)]
mod tests {
    use super::{find_byte, find_control, find_target_end};

    #[test]
    fn each_byte_is_found_at_each_place_or_nowhere() {
        for byte in 0..=u8::MAX {
            for (length, place) in (1..20).flat_map(|length| (0..length).map(move |place| (length, place))) {
                // Neighbours that a borrow could reach, above and below.
                for filling in [b'x', b'!', 0x80, 0xff] {
                    let mut bytes = vec![filling; length];
                    bytes[place] = byte;
                    let found = |wanted: bool| wanted.then_some(place);
                    assert_eq!(find_control(&bytes), found(byte.is_ascii_control()), "{bytes:?}");
                    assert_eq!(find_target_end(&bytes), found(byte == b' ' || byte.is_ascii_control()), "{bytes:?}");
                    assert_eq!(find_byte::<b':'>(&bytes), found(byte == b':'), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn the_first_of_two_is_found() {
        for (first, second) in (0..16).flat_map(|first| (first + 1..17).map(move |second| (first, second))) {
            let mut bytes = [b'x'; 17];
            (bytes[first], bytes[second]) = (0x7f, b'\n');
            assert_eq!(find_control(&bytes), Some(first));
            (bytes[first], bytes[second]) = (b'\n', 0x7f);
            assert_eq!(find_control(&bytes), Some(first));
        }
    }
}
