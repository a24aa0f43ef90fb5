//! A thousand rounds of MD5, as `htpasswd -m` (`$apr1$`) and older `crypt` (`$1$`) use them.

use md5::{Digest as _, Md5};

/// Most letters of a salt that count.
const SALT: usize = 8;
const ROUNDS: usize = 1000;
/// Bytes of the digest that make four letters together; the last two letters are the eleventh byte.
const TRIPLES: [[usize; 3]; 5] = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];

/// The hash of a password with another hash's magic and salt.
pub(super) fn hash(password: &[u8], like: &[u8]) -> Option<Vec<u8>> {
    let magic: &[u8] = if like.starts_with(b"$apr1$") { b"$apr1$" } else { b"$1$" };
    let salt = like.strip_prefix(magic)?.split(|byte| *byte == b'$').next()?;
    let salt = salt.get(..SALT).unwrap_or(salt);
    let mut digest = first(password, magic, salt);
    for round in 0..ROUNDS {
        let odd = round % 2 == 1;
        let mut next = Md5::new();
        next.update(if odd { password } else { &digest });
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        next.update(if odd { &digest } else { password });
        digest = next.finalize().into();
    }
    let mut out = [magic, salt, b"$"].concat();
    let byte = |index: usize| digest.get(index).copied().map_or(0, u32::from);
    for triple in TRIPLES {
        let bits = triple.into_iter().fold(0, |bits, index| bits << 8 | byte(index));
        append(bits, 4, &mut out);
    }
    append(byte(11), 2, &mut out);
    Some(out)
}

fn first(password: &[u8], magic: &[u8], salt: &[u8]) -> [u8; 16] {
    let inner: [u8; 16] = Md5::new().chain_update(password).chain_update(salt).chain_update(password).finalize().into();
    let mut outer = Md5::new().chain_update(password).chain_update(magic).chain_update(salt);
    for piece in password.chunks(inner.len()) {
        outer.update(inner.get(..piece.len()).unwrap_or(&inner));
    }
    let mut bits = password.len();
    while bits > 0 {
        outer.update(if bits & 1 == 1 { &[0] } else { password.get(..1).unwrap_or_default() });
        bits >>= 1;
    }
    outer.finalize().into()
}

/// Appends letters of six bits each, the lowest first.
fn append(mut bits: u32, letters: usize, out: &mut Vec<u8>) {
    for _ in 0..letters {
        out.push(super::des_crypt::letter(bits & 63));
        bits >>= 6;
    }
}
