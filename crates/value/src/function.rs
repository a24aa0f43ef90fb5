//! What is made of a text: other letters, escapes, sums.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use model::Function;
use sha1::Sha1;
use std::hash::{BuildHasher as _, RandomState};

/// Appends what a function makes of `text`.
pub fn apply(function: &Function, text: &[u8], out: &mut Vec<u8>) {
    match function {
        Function::Lower => out.extend(text.iter().map(u8::to_ascii_lowercase)),
        Function::Upper => out.extend(text.iter().map(u8::to_ascii_uppercase)),
        Function::Escape { keep, capital, plus } => escape(text, (keep.as_bytes(), *capital, *plus), out),
        Function::Unescape => unescape(text, out),
        Function::Base64 => out.extend_from_slice(STANDARD.encode(text).as_bytes()),
        Function::Unbase64 => out.extend_from_slice(&STANDARD.decode(text).unwrap_or_default()),
        Function::Md5 => Md5::digest(text).iter().for_each(|byte| push_hexadecimal(*byte, false, out)),
        Function::Sha1 => Sha1::digest(text).iter().for_each(|byte| push_hexadecimal(*byte, false, out)),
        Function::Slice { from, length } => {
            let rest = text.get(*from..).unwrap_or_default();
            out.extend_from_slice(rest.get(..*length).unwrap_or(rest));
        }
        Function::WithoutParameters => {
            out.extend_from_slice(text.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end());
        }
        Function::WithoutStart { start } => {
            out.extend_from_slice(text.strip_prefix(start.as_bytes()).unwrap_or(text));
        }
        Function::Choose => choose(text, out),
    }
}

fn escape(text: &[u8], (keep, capital, plus): (&[u8], bool, bool), out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b' ' if plus => out.push(b'+'),
            _ if byte.is_ascii_alphanumeric() || keep.contains(byte) => out.push(*byte),
            _ => {
                out.push(b'%');
                push_hexadecimal(*byte, capital, out);
            }
        }
    }
}

fn push_hexadecimal(byte: u8, capital: bool, out: &mut Vec<u8>) {
    for nibble in [byte >> 4, byte & 15] {
        let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        let digit = if capital { digit.to_ascii_uppercase() } else { digit };
        out.extend(u8::try_from(digit));
    }
}

fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let decoded = match (digit(after.first()), digit(after.get(1))) {
            (Some(high), Some(low)) if *byte == b'%' => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        out.push(decoded.unwrap_or(*byte));
        if decoded.is_some() {
            rest = after.get(2..).unwrap_or_default();
        }
    }
}

/// One of the texts between `|`; each call has a hasher with another key.
fn choose(text: &[u8], out: &mut Vec<u8>) {
    let choices: Vec<&[u8]> = text.split(|byte| *byte == b'|').collect();
    let number = RandomState::new().hash_one(0_u8);
    let count = u64::try_from(choices.len()).unwrap_or(1).max(1);
    let index = usize::try_from(number % count).unwrap_or(0);
    out.extend_from_slice(choices.get(index).copied().unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(function: &Function, text: &str, expected: &str) {
        let mut out = b">".to_vec();
        apply(function, text.as_bytes(), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), format!(">{expected}"), "{function:?} {text}");
    }

    #[test]
    fn texts_are_made_of_texts() {
        check(&Function::Lower, "aBc-1", "abc-1");
        check(&Function::Upper, "aBc-1", "ABC-1");
        check(&Function::Base64, "abc", "YWJj");
        check(&Function::Unbase64, "YWJj", "abc");
        check(&Function::Unbase64, "?", "");
        check(&Function::Md5, "a", "0cc175b9c0f1b6a831c399e269772661");
        check(&Function::Sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
        check(&Function::WithoutStart { start: "/a/".to_owned() }, "/a/b", "b");
        check(&Function::WithoutStart { start: "/a/".to_owned() }, "/a", "/a");
        check(&Function::Slice { from: 1, length: 2 }, "abcd", "bc");
        check(&Function::Slice { from: 3, length: 9 }, "abcd", "d");
        check(&Function::Slice { from: 9, length: 1 }, "abcd", "");
    }

    #[test]
    fn bytes_are_escaped_and_back() {
        let path = Function::Escape { keep: "/~".to_owned(), capital: false, plus: false };
        check(&path, "/a b~\u{e9}?", "/a%20b~%c3%a9%3f");
        let form = Function::Escape { keep: "_".to_owned(), capital: true, plus: true };
        check(&form, "a b/_\u{e9}", "a+b%2F_%C3%A9");
        check(&Function::Unescape, "a%20b%2fc%zz%4", "a b/c%zz%4");
    }

    #[test]
    fn each_choice_is_made_sometimes() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            let mut out = Vec::new();
            apply(&Function::Choose, b"a|b|c", &mut out);
            seen.insert(out);
        }
        assert_eq!(seen, [b"a".to_vec(), b"b".to_vec(), b"c".to_vec()].into());
    }
}
