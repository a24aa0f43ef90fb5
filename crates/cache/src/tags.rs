//! Tags of an answer: names under which it can be purged with others, as its server gives them.

use protocol::Fields;
use xxhash_rust::xxh3::xxh3_64;

/// Most tags of an answer.
const MOST_TAGS: usize = 1_000;
/// Most bytes of a tag.
const LONGEST_TAG: usize = 1_024;

/// An answer has more tags, or longer ones, than can be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany;

/// What stands for a tag.
pub(crate) fn hash(tag: &[u8]) -> u64 {
    xxh3_64(tag)
}

/// The tags in `Cache-Tag` (between commas) and `Surrogate-Key` (between spaces), each as what stands for it.
///
/// # Errors
/// Where there are too many.
pub fn of(fields: &Fields) -> Result<Box<[u64]>, TooMany> {
    let listed = fields.get_all(b"Cache-Tag").flat_map(|list| list.split(|byte| *byte == b','));
    let spaced = fields.get_all(b"Surrogate-Key").flat_map(|list| list.split(u8::is_ascii_whitespace));
    let mut tags = Vec::new();
    for tag in listed.chain(spaced).map(<[u8]>::trim_ascii).filter(|tag| !tag.is_empty()) {
        if tag.len() > LONGEST_TAG || tags.len() == MOST_TAGS {
            return Err(TooMany);
        }
        tags.push(hash(tag));
    }
    tags.sort_unstable();
    tags.dedup();
    Ok(tags.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fields_are_read_within_bounds() {
        let mut fields = Fields::new();
        assert_eq!(of(&fields), Ok(Box::default()));
        fields.push(b"cache-tag", b"a, b c,,a");
        fields.push(b"Surrogate-Key", b"d  e");
        let mut expected = [&b"a"[..], b"b c", b"d", b"e"].map(hash);
        expected.sort_unstable();
        assert_eq!(of(&fields).as_deref(), Ok(&expected[..]));
        fields.push(b"Cache-Tag", &[b'x'; LONGEST_TAG + 1]);
        assert_eq!(of(&fields), Err(TooMany));
        let mut many = Fields::new();
        for number in 0..=MOST_TAGS {
            many.push(b"Cache-Tag", number.to_string().as_bytes());
        }
        assert_eq!(of(&many), Err(TooMany));
    }
}
