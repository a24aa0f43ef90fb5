//! Reads what is usual in one pass, eight bytes at a time; what is not, is left to the code that knows every rule.

use crate::Name;

const ONES: u64 = u64::MAX / 0xff;
const HIGH_BITS: u64 = ONES << 7;

/// A field line as it would be written, at the start of some input: a name of letters, digits and hyphens, a colon, one
/// space, a value without controls or spaces around it, and both bytes of a line end. No rule about single lines refuses
/// such a one.
pub(crate) struct PlainLine {
    pub(crate) known: Name,
    pub(crate) name_length: usize,
    pub(crate) value_end: usize,
}

impl PlainLine {
    /// The line at the start of `input`; none if it has another form or is not whole.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "is called once a line, in one loop")]
    pub(crate) fn read(input: &[u8]) -> Option<Self> {
        let (known, name_length) = Name::read(input)?;
        let value = input.get(name_length + 1..)?;
        let [b' ', first] = *value.first_chunk::<2>()? else { return None };
        let length = find_value_end(value)?;
        let (value, end) = value.split_at_checked(length)?;
        let is_padded = first == b' ' || (length > 1 && value.last() == Some(&b' '));
        if is_padded || end.first_chunk() != Some(b"\r\n") {
            return None;
        }
        Some(Self { known, name_length, value_end: name_length + 1 + length })
    }

    /// The whole line's length, its end included.
    pub(crate) fn length(&self) -> usize {
        self.value_end + 2
    }
}

/// Where a value may end: at the first control character, or at a byte outside ASCII or behind one.
#[inline(always)]
#[expect(clippy::inline_always, reason = "has one caller, which calls it once a line")]
fn find_value_end(value: &[u8]) -> Option<usize> {
    let mut place = 0;
    for pair in value.as_chunks::<16>().0 {
        let [low, high] = pair.as_chunks().0 else { break };
        let (low, high) = (may_be_controls(u64::from_le_bytes(*low)), may_be_controls(u64::from_le_bytes(*high)));
        if (low | high) & HIGH_BITS != 0 {
            let in_low = low & HIGH_BITS != 0;
            let marks = if in_low { low } else { high } & HIGH_BITS;
            return Some(place + if in_low { 0 } else { 8 } + marked_place(marks));
        }
        place += 16;
    }
    find_near_end(value, place)
}

/// [`find_control`] from a place on where less than sixteen bytes are left.
#[inline]
fn find_near_end(bytes: &[u8], place: usize) -> Option<usize> {
    let rest = bytes.get(place..)?;
    if let Some(word) = rest.first_chunk::<8>() {
        let marks = controls(u64::from_le_bytes(*word)) & HIGH_BITS;
        if marks != 0 {
            return Some(place + marked_place(marks));
        }
    }
    if rest.is_empty() {
        return None;
    }
    // The last word may overlap what was searched; there is nothing to be found in that.
    let marks = controls(u64::from_le_bytes(*bytes.last_chunk::<8>()?)) & HIGH_BITS;
    let skipped = (bytes.len() - rest.len()).saturating_sub(bytes.len() - 8);
    let marks = marks >> (8 * skipped) << (8 * skipped);
    (marks != 0).then(|| bytes.len() - 8 + marked_place(marks))
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
    find(bytes, controls, |byte| byte < 0x20 || byte == 0x7f)
}

/// Marks control characters.
fn controls(word: u64) -> u64 {
    below(word, 0x20) | deletes(word)
}

/// Marks control characters, and a `~` after bytes outside ASCII at times; costs half of [`controls`].
fn may_be_controls(word: u64) -> u64 {
    (word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES)) & !word
}

/// Marks bytes that are `BYTE`; see [`find`] for what else it may mark.
#[inline]
pub(crate) fn mark_byte<const BYTE: u8>(word: u64) -> u64 {
    zeros(word ^ (ONES * u64::from(BYTE))) & HIGH_BITS
}

/// Which byte of a word is the first marked one.
#[inline]
pub(crate) fn marked_place(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Where the path and query of a target end that begin `bytes`: at a byte that no target holds, or at a fragment.
#[inline]
pub(crate) fn find_origin_end(bytes: &[u8]) -> Option<usize> {
    let mark = |word| below(word, 0x21) | deletes(word) | zeros(word ^ (ONES * u64::from(b'#')));
    find(bytes, mark, |byte| byte < 0x21 || byte == 0x7f || byte == b'#')
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
            return Some(bytes.len() - rest.len() + marked_place(marked));
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
            for (length, place) in (1..40).flat_map(|length| (0..length).map(move |place| (length, place))) {
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
