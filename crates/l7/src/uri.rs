//! Paths of requests: decoding, normalising and escaping (RFC 3986 §5.2.4, §6.2.2), as nginx reads them.

use model::EscapedSlashes;

/// Why a path cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadPath {
    /// `%` without two hexadecimal digits, or `%00`.
    Escape,
    /// `..` that leads above the root.
    AboveRoot,
    /// `%2F` or `%00`, where nothing has such a path.
    Nowhere,
}

/// How paths are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// `//` is read as `/`.
    pub merge_slashes: bool,
    /// What becomes of an escaped `/`.
    pub escaped_slashes: EscapedSlashes,
}

/// Decodes and normalises `raw` (an origin-form target) into `path`; what follows `?` goes to `arguments` as it is.
///
/// `%2F` counts as `/`, as it does for nginx; an escaped `?`, `#` or `%` is a character of the path. A fragment is dropped.
/// Whether the path came with an escape or a `+`.
pub fn normalise(raw: &[u8], reading: Reading, path: &mut Vec<u8>, arguments: &mut Vec<u8>) -> Result<bool, BadPath> {
    path.clear();
    arguments.clear();
    let (encoded, rest) = split_target(raw);
    arguments.extend_from_slice(rest);
    let look = look_at(encoded);
    if look.plain {
        path.extend_from_slice(encoded);
        return Ok(look.quoted);
    }
    let mut bytes = encoded.iter();
    while let Some(&byte) = bytes.next() {
        let escaped = byte == b'%';
        let digits = bytes.as_slice();
        let byte = if escaped { unescape(&mut bytes.by_ref().copied())? } else { byte };
        match byte {
            b'/' if escaped && reading.escaped_slashes == EscapedSlashes::Kept => {
                path.push(b'%');
                path.extend_from_slice(digits.get(..2).unwrap_or_default());
            }
            b'/' | 0 if escaped && reading.escaped_slashes == EscapedSlashes::Refused => return Err(BadPath::Nowhere),
            b'/' => end_segment(path, reading.merge_slashes)?,
            0 => return Err(BadPath::Escape),
            _ => path.push(byte),
        }
    }
    resolve_dots(path).map(|_| look.quoted)
}

/// Path (decoded once) and arguments of a target that an upstream asks for; `None`: it is empty, holds a zero byte, or
/// has a `..` segment.
pub fn decode_target(target: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (encoded, arguments) = split_arguments(target);
    let mut path = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((byte, after)) = rest.split_first() {
        let decoded = (*byte == b'%').then(|| unescape(&mut after.iter().copied()).ok()).flatten();
        path.push(decoded.unwrap_or(*byte));
        rest = if decoded.is_some() { after.get(2..).unwrap_or(&[]) } else { after };
    }
    let climbs = |path: &[u8]| path.split(|byte| *byte == b'/').any(|segment| segment == b"..");
    let is_safe = !path.is_empty() && !path.contains(&0) && !climbs(encoded) && !climbs(&path);
    is_safe.then_some((path, arguments))
}

/// The path and the arguments of a target, both still encoded and without fragment.
pub fn split_target(raw: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr2(b'?', b'#', raw) {
        None => (raw, &[]),
        Some(at) if raw.get(at) == Some(&b'?') => {
            let rest = raw.get(at + 1..).unwrap_or(&[]);
            let end = memchr::memchr(b'#', rest).unwrap_or(rest.len());
            (raw.get(..at).unwrap_or(raw), rest.get(..end).unwrap_or(rest))
        }
        Some(at) => (raw.get(..at).unwrap_or(raw), &[]),
    }
}

/// What stands before the first `?`, and what stands after it.
pub fn split_arguments(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'?', text) {
        Some(at) => (text.get(..at).unwrap_or(text), text.get(at + 1..).unwrap_or(&[])),
        None => (text, &[]),
    }
}

/// What there is to do with an encoded path.
struct Look {
    /// It needs neither decoding nor normalising.
    plain: bool,
    /// There is an escape or a `+` in it.
    quoted: bool,
}

fn look_at(path: &[u8]) -> Look {
    let mut look = Look { plain: true, quoted: false };
    let mut before = 0;
    for &byte in path {
        // The slash and the dot are neighbours.
        if matches!(byte, b'.' | b'/') {
            look.plain &= before != b'/';
        } else if matches!(byte, b'%' | b'+') {
            look.quoted = true;
            look.plain &= byte != b'%';
        }
        before = byte;
    }
    look
}

fn unescape(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, BadPath> {
    let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or(BadPath::Escape);
    let value = digit()? * 16 + digit()?;
    u8::try_from(value).map_err(|_| BadPath::Escape)
}

/// A slash was read: the segment before it is complete.
fn end_segment(path: &mut Vec<u8>, merge_slashes: bool) -> Result<(), BadPath> {
    let dots = resolve_dots(path)?;
    let doubled = merge_slashes && path.last() == Some(&b'/');
    if !dots && !doubled {
        path.push(b'/');
    }
    Ok(())
}

/// Removes a last segment of `.` or `..` (with its parent); the path then ends in a slash.
fn resolve_dots(path: &mut Vec<u8>) -> Result<bool, BadPath> {
    let start = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
    match path.get(start..) {
        Some(b".") => path.truncate(start),
        Some(b"..") => {
            let above = path.get(..start.saturating_sub(1)).unwrap_or(&[]);
            let parent = memchr::memrchr(b'/', above).ok_or(BadPath::AboveRoot)?;
            path.truncate(parent + 1);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Decodes what needs no escape in a redirect's URL, up to its arguments.
pub fn unescape_redirect(text: &[u8]) -> Vec<u8> {
    let (path, _) = split_arguments(text);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = path;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%'
            && let Ok(decoded) = unescape(&mut after.iter().copied())
            && decoded > b'%'
            && decoded < 0x7f
        {
            out.push(decoded);
            rest = after.get(2..).unwrap_or(&[]);
        } else {
            out.push(*byte);
        }
    }
    out.extend_from_slice(text.get(path.len()..).unwrap_or(&[]));
    out
}

/// Decodes every escape; what is none stands for itself.
pub fn unescape_all(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let decoded = (*byte == b'%').then(|| unescape(&mut after.iter().copied()).ok()).flatten();
        out.push(decoded.unwrap_or(*byte));
        rest = if decoded.is_some() { after.get(2..).unwrap_or(&[]) } else { after };
    }
    out
}

/// Appends `text` with every byte that may not stand in a path escaped.
pub fn escape_path(text: &[u8], out: &mut Vec<u8>) {
    escape(text, PATH_ESCAPES, out);
}

/// Appends `text` with all escaped but what RFC 3986 §3.3 lets stand in a path.
pub fn escape_strictly(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(byte) {
            out.push(*byte);
        } else {
            push_escaped(*byte, out);
        }
    }
}

/// The same, but slashes that are escaped already stay so.
pub fn escape_but_slashes(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let (before, after) = rest.split_at(at);
        escape_strictly(before, out);
        let slash = after.get(..3).filter(|escape| escape.eq_ignore_ascii_case(b"%2f"));
        match slash {
            Some(slash) => out.extend_from_slice(slash),
            None => push_escaped(b'%', out),
        }
        rest = after.get(slash.map_or(1, <[u8]>::len)..).unwrap_or_default();
    }
    escape_strictly(rest, out);
}

/// Appends `text` with every byte that may not stand in an argument's value escaped.
pub fn escape_argument(text: &[u8], out: &mut Vec<u8>) {
    escape(text, ARGUMENT_ESCAPES, out);
}

const PATH_ESCAPES: &[u8] = b" \"#%<>?\\^`{|}";
const ARGUMENT_ESCAPES: &[u8] = b" \"#%&+;<>?\\^`{|}";

fn escape(text: &[u8], reserved: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if *byte > 0x20 && *byte < 0x7f && !reserved.contains(byte) {
            out.push(*byte);
        } else {
            push_escaped(*byte, out);
        }
    }
}

fn push_escaped(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble & 15)).copied().unwrap_or(b'0');
    out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: Result<(&str, &str), BadPath>) {
        let (mut path, mut arguments) = (Vec::new(), Vec::new());
        let reading = Reading { merge_slashes: true, escaped_slashes: EscapedSlashes::Slashes };
        let outcome = normalise(raw.as_bytes(), reading, &mut path, &mut arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let read = (text(&path), text(&arguments));
        assert_eq!(outcome.map(|_| (read.0.as_str(), read.1.as_str())), expected, "{raw}");
    }

    #[test]
    fn paths_are_read_as_nginx_reads_them() {
        check("/", Ok(("/", "")));
        check("/a/b?c=%20d", Ok(("/a/b", "c=%20d")));
        check("//a///b", Ok(("/a/b", "")));
        check("/a/./b/../c", Ok(("/a/c", "")));
        check("/a/.", Ok(("/a/", "")));
        check("/a/b/..", Ok(("/a/", "")));
        check("/a%2Fb%2f%2e%2e/c", Ok(("/a/c", "")));
        check("/a%3Fb%23%25?x", Ok(("/a?b#%", "x")));
        check("/..", Err(BadPath::AboveRoot));
        check("/a/../../b", Err(BadPath::AboveRoot));
        check("/%00", Err(BadPath::Escape));
        check("/%2", Err(BadPath::Escape));
        check("/a#b?c", Ok(("/a", "")));
        check("/.../..a/.b", Ok(("/.../..a/.b", "")));
    }

    #[test]
    fn an_escaped_slash_may_lead_nowhere() {
        let reading = Reading { merge_slashes: true, escaped_slashes: EscapedSlashes::Refused };
        for (raw, expected) in [
            ("/a%2fb", Err(BadPath::Nowhere)),
            ("/a%2Fb", Err(BadPath::Nowhere)),
            ("/a%00", Err(BadPath::Nowhere)),
            ("/a%zz", Err(BadPath::Escape)),
            ("/a%20/b", Ok(true)),
        ] {
            assert_eq!(normalise(raw.as_bytes(), reading, &mut Vec::new(), &mut Vec::new()), expected, "{raw}");
        }
    }

    #[test]
    fn strict_escaping_leaves_what_a_path_may_hold() {
        let mut out = Vec::new();
        escape_strictly("/a b?[c]\\\"~;:@&=+$,!*'()\u{e9}".as_bytes(), &mut out);
        assert_eq!(out, b"/a%20b%3F%5Bc%5D%5C%22~;:@&=+$,!*'()%C3%A9");
    }

    #[test]
    fn targets_that_an_upstream_asks_for_are_decoded_once() {
        let check = |target: &str, expected: Option<(&str, &str)>| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let decoded = decode_target(target.as_bytes()).map(|(path, arguments)| (text(&path), text(arguments)));
            assert_eq!(
                decoded.as_ref().map(|(path, arguments)| (path.as_str(), arguments.as_str())),
                expected,
                "{target}"
            );
        };
        check("/a%20b?c=%20d", Some(("/a b", "c=%20d")));
        check("/a%2520b", Some(("/a%20b", "")));
        check("/a%zz", Some(("/a%zz", "")));
        check("/..a/b..", Some(("/..a/b..", "")));
        for unsafe_target in ["", "?x", "/a/../b", "/a/%2e%2E/b", "/..", "../a", "/a%00b", "/a%2f..%2fb"] {
            check(unsafe_target, None);
        }
    }

    #[test]
    fn escaping_keeps_what_a_path_may_hold() {
        let mut out = Vec::new();
        escape_path("/a b?c%d/\u{e9}+&".as_bytes(), &mut out);
        assert_eq!(out, b"/a%20b%3Fc%25d/%C3%A9+&");
    }
}
