//! Host and port of a request (RFC 3986 §3.2.2), as a Host field or a target writes them.

use crate::h1::class::{self, DOT, HOST};
use crate::request_head::HostParts;

/// An authority taken apart. It has a host, no user part, and a port below 65536 if any.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Authority<'a> {
    /// The host as written, but without one trailing dot; an IP literal keeps its brackets.
    pub host: &'a [u8],
    /// The port, if one was written after the colon.
    pub port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Takes `text` apart; `None` if it is not a host with an optional port.
    ///
    /// The rules are the stricter of RFC 3986 and nginx's: no empty host, no empty label in the middle, no user part.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let host_length = match text.first()? {
            b'[' => literal_length(text)?,
            _ => name_length(text)?,
        };
        let (host, rest) = text.split_at_checked(host_length)?;
        let port = match rest.split_first() {
            None => None,
            Some((b':', digits)) => parse_port(digits)?,
            Some(_) => return None,
        };
        let host = host.strip_suffix(b".").unwrap_or(host);
        (!host.is_empty()).then_some(Self { host, port })
    }
}

impl Authority<'_> {
    pub(crate) fn parts(&self) -> HostParts {
        HostParts { length: self.host.len(), port: self.port }
    }
}

/// The outer `None` is a malformed port, the inner one an empty one (`host:`), which RFC 3986 allows.
#[expect(clippy::option_option, reason = "private, and the two cases are named right here")]
fn parse_port(digits: &[u8]) -> Option<Option<u16>> {
    if digits.is_empty() {
        return Some(None);
    }
    // nginx takes leading zeros; the limit keeps the sum from overflowing.
    if digits.len() > 5 {
        return None;
    }
    let mut port = 0_u32;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        port = port * 10 + u32::from(digit - b'0');
    }
    u16::try_from(port).ok().map(Some)
}

/// Length of a registered name or IPv4 address at the start of `text`, up to a colon or the end.
fn name_length(text: &[u8]) -> Option<usize> {
    let (mut previous, mut pairs, mut length) = (0, 0, 0);
    for class in text.iter().map(|byte| class::of(*byte)) {
        if class & HOST == 0 {
            break;
        }
        pairs |= class & previous;
        previous = class;
        length += 1;
    }
    let ends = matches!(text.get(length), None | Some(b':'));
    (ends && length > 0 && pairs & DOT == 0).then_some(length)
}

/// Length of an IP literal with its brackets.
fn literal_length(text: &[u8]) -> Option<usize> {
    let end = memchr::memchr(b']', text)?;
    let inner = text.get(1..end)?;
    let is_future = matches!(inner.first()?, b'v' | b'V');
    let is_allowed = |byte: u8| {
        byte == b':'
            || if is_future { is_name_byte(byte) && byte != b'%' } else { byte.is_ascii_hexdigit() || byte == b'.' }
    };
    let mut previous = 0;
    for &byte in inner {
        if !is_allowed(byte) || (byte == b'.' && previous == b'.') {
            return None;
        }
        previous = byte;
    }
    Some(end + 1)
}

fn is_name_byte(byte: u8) -> bool {
    class::of(byte) & HOST != 0
}

#[cfg(test)]
mod tests {
    use super::Authority;

    fn check(text: &str, expected: Option<(&str, Option<u16>)>) {
        let parsed = Authority::parse(text.as_bytes());
        let expected = expected.map(|(host, port)| Authority { host: host.as_bytes(), port });
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn hosts_and_ports() {
        check("a", Some(("a", None)));
        check("a.example.:88", Some(("a.example", Some(88))));
        check("a:", Some(("a", None)));
        check("a:0080", Some(("a", Some(80))));
        check("home_0.net,x", Some(("home_0.net,x", None)));
        check("[::1]:5", Some(("[::1]", Some(5))));
        check("[::ffff:1.2.3.4]", Some(("[::ffff:1.2.3.4]", None)));
        check("[v1.!$&'()*+,;=-._~A:]", Some(("[v1.!$&'()*+,;=-._~A:]", None)));
    }

    #[test]
    fn what_is_no_authority() {
        for text in [
            "",
            ".",
            ":80",
            "a:65536",
            "a:123456",
            "a:1.2",
            "a:9000:80",
            "a:+1",
            "user@a",
            "a/b",
            "a\\b",
            "a?b",
            "a#b",
            "a b",
            "a, b",
            "a..b",
            "..a",
            "a..",
            "[::1",
            "[::1].",
            "[::1].:98",
            "[]",
            "x[::1]",
            "[::1%25eth0]",
            "[a..b::1]",
            "[::1]x",
            "[::z]",
            "a\u{e9}",
            "a\0",
            "a\t",
        ] {
            check(text, None);
        }
    }
}
