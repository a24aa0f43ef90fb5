//! The name of a stored answer: a digest of the key's text, as its file is named.

use md5::{Digest as _, Md5};
use std::path::{Path, PathBuf};

/// Digits of a key's name.
const DIGITS: usize = 32;

/// The name of a stored answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key(pub [u8; 16]);

impl Key {
    /// The name that stands for a text. It may be made equal for two texts, so whoever finds an answer compares the texts.
    pub fn of(text: &[u8]) -> Self {
        Self(Md5::digest(text).into())
    }

    /// The name of one of several answers for a key: what the fields that tell them apart are in a request.
    #[must_use]
    pub fn variant<'f>(&self, names: &[u8], fields: impl Fn(&[u8], &mut dyn FnMut(&'f [u8]))) -> Self {
        let mut digest = Md5::new();
        digest.update(self.0);
        for name in names.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty()) {
            digest.update(name.to_ascii_lowercase());
            digest.update(b":");
            let mut items: Vec<Vec<u8>> = Vec::new();
            fields(name, &mut |value| {
                let list = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
                items.extend(list.filter(|item| !item.is_empty()).map(<[u8]>::to_vec));
            });
            // What somebody accepts has no order and no case of letters (RFC 9110 §12.5).
            if name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"accept")) {
                for item in &mut items {
                    item.make_ascii_lowercase();
                }
                items.sort_unstable();
            }
            digest.update(items.join(&b","[..]));
            digest.update(b"\r\n");
        }
        Self(digest.finalize().into())
    }

    /// The file below `directory`, each level of which takes so many digits off the name's end.
    pub fn path(&self, directory: &Path, levels: &[u8]) -> PathBuf {
        let name = self.to_string();
        let (mut path, mut end) = (directory.to_owned(), name.len());
        for digits in levels {
            let start = end.saturating_sub(usize::from(*digits));
            path.push(name.get(start..end).unwrap_or_default());
            end = start;
        }
        path.push(name);
        path
    }

    /// The key that a file's name stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        if name.len() != DIGITS || !name.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()) {
            return None;
        }
        u128::from_str_radix(name, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_its_key() {
        let key = Key::of(b"http://127.0.0.1:8081/t.html");
        let name = key.to_string();
        assert_eq!(Key::from_name(&name), Some(key));
        let (last, before) = (&name[31..], &name[29..31]);
        assert_eq!(key.path(Path::new("/c"), &[1, 2]), Path::new(&format!("/c/{last}/{before}/{name}")));
        assert_eq!(Key::from_name("0123"), None);
        assert_eq!(Key::from_name(&name.to_uppercase()), None);
    }

    #[test]
    fn what_tells_answers_apart_is_read_as_a_list() {
        let variant = |varies: &'static [u8], value: &'static [u8]| {
            Key::of(b"k").variant(b"Accept, X", |name, give| {
                if name == varies {
                    give(value);
                }
            })
        };
        for name in [&b"Accept"[..], b"X"] {
            assert_eq!(variant(name, b"a, b"), variant(name, b"a,,b"));
            assert_ne!(variant(name, b"a,b"), variant(name, b"a"));
        }
        assert_ne!(variant(b"X", b"a,b"), variant(b"X", b"b,a"));
        assert_eq!(variant(b"Accept", b"a,B"), variant(b"Accept", b"b,a"));
    }
}
