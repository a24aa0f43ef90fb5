//! `ip_hash` and `hash`: the same client or key gets the same peer while that peer can be used.

use super::{PATIENCE, View, crc32};
use crate::group::Candidate;

/// By the client's address. `hash` starts at 89 and is carried over to the next try.
pub(super) fn by_address<'a>(view: &View<'a>, octets: &[u8], hash: &mut u32, tries: &mut u32) -> Option<Candidate<'a>> {
    let mut next = *hash;
    while *tries <= PATIENCE {
        next = octets.iter().fold(next, |hash, octet| (hash * 113 + u32::from(*octet)) % 6271);
        let candidate = view.at_weight(u64::from(next))?;
        if view.is_usable(&candidate) {
            *hash = next;
            return Some(candidate);
        }
        *tries += 1;
    }
    None
}

/// By a key: the upper half of CRC-32 of the key, summed over the tries; the number of the try precedes the key from the
/// second on.
pub(super) fn by_key<'a>(
    view: &View<'a>,
    key: &[u8],
    hash: &mut u32,
    rehash: &mut u32,
    tries: &mut u32,
) -> Option<Candidate<'a>> {
    while *tries <= PATIENCE {
        let mut crc = crc32::START;
        if *rehash > 0 {
            crc = crc32::update(crc, rehash.to_string().as_bytes());
        }
        crc = crc32::finish(crc32::update(crc, key));
        *hash = hash.wrapping_add((crc >> 16) & 0x7fff);
        *rehash += 1;
        let candidate = view.at_weight(u64::from(*hash))?;
        if view.is_usable(&candidate) {
            return Some(candidate);
        }
        *tries += 1;
    }
    None
}
