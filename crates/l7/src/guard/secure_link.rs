//! Links that cannot be made up: a digest in the request proves that somebody knew a secret.

use crate::exchange::Exchange;
use crate::plan::Template;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::{Digest as _, Md5};
use transport::clock;

/// Longest digest in base64.
const LONGEST: usize = 24;
/// Letters of a hexadecimal digest.
const HEXADECIMAL: usize = 32;
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How a link proves who made it.
pub enum SecureLink {
    /// By a digest that stands in the request.
    Digest {
        /// The digest, and after a comma when the link ends.
        value: Template,
        /// What the digest is of.
        of: Template,
    },
    /// By a digest of the rest of the path and this word.
    Word(Box<[u8]>),
}

impl Exchange<'_> {
    /// Appends what the proof comes to: `1`, `0` for a link that has ended, or the path that a word guards; false: it is none.
    pub fn append_secure_link(&self, link: &SecureLink, out: &mut Vec<u8>) -> bool {
        match link {
            SecureLink::Digest { value, of } => {
                let value = self.text_of(value);
                let (digest, ends) = split(&value);
                let ends = match ends.map(seconds) {
                    Some(None) => return false,
                    Some(ends) => ends,
                    None => None,
                };
                let decoded = if digest.len() > LONGEST { None } else { BASE64.decode(digest).ok() };
                let own: [u8; 16] = Md5::digest(self.text_of(of)).into();
                if decoded.as_deref() != Some(&own[..]) {
                    return false;
                }
                let over = ends.is_some_and(|ends| ends < clock::unix_time().as_secs());
                out.push(if over { b'0' } else { b'1' });
                true
            }
            SecureLink::Word(word) => {
                let target = self.request.head.request_uri();
                let Some(rest) = guarded(target, word) else { return false };
                out.extend_from_slice(rest);
                true
            }
        }
    }

    /// Appends when the link ends; false: it does not say.
    pub fn append_link_end(&self, link: &SecureLink, out: &mut Vec<u8>) -> bool {
        let SecureLink::Digest { value, .. } = link else { return false };
        let value = self.text_of(value);
        let Some(ends) = split(&value).1.filter(|ends| seconds(ends).is_some()) else { return false };
        out.extend_from_slice(ends);
        true
    }
}

fn split(value: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b',', value) {
        Some(comma) => (value.get(..comma).unwrap_or(value), value.get(comma + 1..)),
        None => (value, None),
    }
}

/// A time as digits.
fn seconds(text: &[u8]) -> Option<u64> {
    let digits = text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok().filter(|seconds| *seconds > 0)
}

/// What stands behind `/prefix/digest/`, if the digest is its own with the word.
fn guarded<'t>(target: &'t [u8], word: &[u8]) -> Option<&'t [u8]> {
    let mut parts = target.get(1..)?.splitn(3, |byte| *byte == b'/');
    let (_, digest, rest) = (parts.next()?, parts.next()?, parts.next()?);
    if digest.len() != HEXADECIMAL || rest.is_empty() {
        return None;
    }
    let own: [u8; 16] = Md5::new().chain_update(rest).chain_update(word).finalize().into();
    let text = |byte: u8, shift: u8| char::from_digit(u32::from(byte >> shift & 15), 16);
    let own = own.into_iter().flat_map(|byte| [text(byte, 4), text(byte, 0)]).flatten();
    let same = own.zip(digest).all(|(own, given)| own == char::from(given.to_ascii_lowercase()));
    same.then_some(rest)
}
