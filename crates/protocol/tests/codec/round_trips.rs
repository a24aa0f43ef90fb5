//! What is written is read again as it was; what is random is read the same way however it is cut, or refused.

use proptest::prelude::*;
use protocol::h1::{HeadLimits, Progress, RequestFraming, RequestParser, ResponseParser, encode_request_head};
use protocol::{Fields, Method, RequestHead, ResponseHead, Version};

use crate::events::{Event, read_requests};

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9-]{0,20}".prop_filter("framing and single fields have tests of their own", |name| {
        !["host", "te", "expect"].contains(&name.to_ascii_lowercase().as_str())
    })
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![0x21..=0x7e_u8, 0x80..=0xff_u8, Just(b' '), Just(b'\t')], 0..60).prop_map(
        |value| {
            let start = value.iter().position(|byte| !b" \t".contains(byte)).unwrap_or(value.len());
            let end = value.iter().rposition(|byte| !b" \t".contains(byte)).map_or(start, |last| last + 1);
            value[start..end].to_vec()
        },
    )
}

/// Bytes that are nearly HTTP: whole lines, halves of lines and line ends in any order.
fn nearly_http() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just("GET / HTTP/1.1\r\n"),
        Just("POST /x HTTP/1.1\n"),
        Just("Host: a\r\n"),
        Just("Content-Length: 3\r\n"),
        Just("Transfer-Encoding: chunked\r\n"),
        Just("X: y\n"),
        Just("\r\n"),
        Just("\n"),
        Just("\r"),
        Just("abc"),
        Just("3\r\nabc\r\n"),
        Just("3;a=\"b\"\r\n"),
        Just("0\r\n"),
        Just(" "),
        Just(":"),
    ];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat().into_bytes())
}

/// Lines around the usual form, for readers that take that one faster than others.
fn field_lines() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        4 => "[A-Za-z0-9-]{1,9}".prop_map(String::into_bytes),
        2 => prop_oneof![Just("User-Agent"), Just("hOST"), Just("Content-Length"), Just("TE")].prop_map(Vec::from),
        1 => prop_oneof![Just("a_b"), Just("Content_Length"), Just("x "), Just(" x"), Just("a.b"), Just(""), Just("\r")]
            .prop_map(Vec::from),
    ];
    let byte = prop_oneof![12 => 0x21..=0x7e_u8, 4 => Just(b' '), 2 => 0x80..=0xff_u8, 1 => prop_oneof![Just(b'\t'), Just(0x7f), Just(b'\r')]];
    let value =
        prop_oneof![3 => "[ -~]{0,40}".prop_map(String::into_bytes), 1 => proptest::collection::vec(byte, 0..24)];
    let colon = prop_oneof![8 => Just(": "), 2 => Just(":"), 1 => Just(":  "), 1 => Just(":\t"), 1 => Just(" ")];
    let end = prop_oneof![8 => Just("\r\n"), 2 => Just("\n"), 1 => Just(" \r\n"), 1 => Just("\r\r\n")];
    let line = (name, colon, value, end)
        .prop_map(|(name, colon, value, end)| [&name[..], colon.as_bytes(), &value, end.as_bytes()].concat());
    proptest::collection::vec(line, 0..5).prop_map(|lines: Vec<Vec<u8>>| lines.concat())
}

proptest! {
    #[test]
    fn request_lines_read_the_same_whole_and_byte_by_byte(lines in field_lines(), underscores: bool, fields in 2..5_usize) {
        let raw = [b"GET / HTTP/1.1\r\nHost: a\r\n", &lines[..], b"\r\n"].concat();
        let limits = HeadLimits { underscores, fields, buffer: 60, large_count: 2, large_size: 40, ..HeadLimits::default() };
        prop_assert_eq!(read_requests([&raw[..]], &limits), read_requests(raw.chunks(1), &limits));
    }

    #[test]
    fn response_lines_read_the_same_whole_and_byte_by_byte(lines in field_lines(), limit in 40..200_usize) {
        let raw = [b"HTTP/1.1 200 OK\r\n", &lines[..], b"\r\n"].concat();
        let read = |pieces: Vec<&[u8]>| {
            let (mut parser, mut head) = (ResponseParser::new(), ResponseHead::default());
            for piece in pieces {
                match parser.parse(piece, limit, &mut head) {
                    Ok(Progress::Incomplete) => {}
                    Ok(Progress::Complete(_)) => return Ok(head.fields),
                    Err(error) => return Err(error.id()),
                }
            }
            Err("incomplete")
        };
        prop_assert_eq!(read(vec![&raw]), read(raw.chunks(1).collect()));
    }

    #[test]
    fn heads(path in "/[!-~&&[^#]]{0,40}", fields in proptest::collection::vec((name(), value()), 0..12)) {
        let mut sent = Fields::new();
        sent.push(b"Host", b"example.com:80");
        for (name, value) in &fields {
            sent.push(name.as_bytes(), value);
        }
        let mut raw = Vec::new();
        encode_request_head(&mut raw, &Method::Put, path.as_bytes(), Version::Http11, &sent, RequestFraming::Length(7));
        let mut head = RequestHead::new();
        let progress = RequestParser::new().parse(&raw, &HeadLimits { buffer: 8192, ..HeadLimits::default() }, &mut head);
        prop_assert_eq!(progress.ok(), Some(Progress::Complete(raw.len())));
        prop_assert_eq!(head.path_and_query(), path.as_bytes());
        sent.push(b"Content-Length", b"7");
        prop_assert_eq!(head.fields, sent);
    }

    #[test]
    fn any_cut_reads_the_same(raw in nearly_http(), cuts in proptest::collection::vec(0..300_usize, 0..6)) {
        let limits = HeadLimits::default();
        let whole = read_requests([&raw[..]], &limits);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(raw.len())).chain([0, raw.len()]).collect();
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &raw[pair[0]..pair[1]]);
        prop_assert_eq!(read_requests(pieces, &limits), whole);
    }

    #[test]
    fn any_bytes_are_read_or_refused(raw in proptest::collection::vec(any::<u8>(), 0..400)) {
        let whole = read_requests([&raw[..]], &HeadLimits::default());
        prop_assert!(!whole.iter().any(|event| matches!(event, Event::Refused(status, _) if ![400, 414, 501, 505].contains(status))));
    }

    #[test]
    fn fields_behave_like_a_list(operations in proptest::collection::vec((0..4_u8, "(?i)(host|cookie|x-a|x-b)", "[a-z]{0,5}"), 0..30)) {
        let mut fields = Fields::new();
        let mut list: Vec<(String, String)> = Vec::new();
        for (operation, name, value) in operations {
            let same = |other: &str| other.eq_ignore_ascii_case(&name);
            match operation {
                0 => {
                    fields.push(name.as_bytes(), value.as_bytes());
                    list.push((name, value));
                }
                1 => {
                    fields.set(name.as_bytes(), value.as_bytes());
                    let first = list.iter().position(|(other, _)| same(other));
                    let mut index = 0;
                    list.retain(|(other, _)| {
                        index += 1;
                        !same(other) || Some(index - 1) == first
                    });
                    match first {
                        Some(first) => list[first] = (name, value),
                        None => list.push((name, value)),
                    }
                }
                2 => {
                    let before = list.len();
                    list.retain(|(other, _)| !same(other));
                    prop_assert_eq!(fields.remove(name.as_bytes()), list.len() != before);
                }
                _ => {
                    fields.retain(|_, kept| kept != value.as_bytes());
                    list.retain(|(_, kept)| *kept != value);
                }
            }
        }
        let seen: Vec<_> = fields.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        let expected: Vec<_> = list.iter().map(|(name, value)| (name.clone().into_bytes(), value.clone().into_bytes())).collect();
        prop_assert_eq!(seen, expected);
        for name in ["Host", "COOKIE", "X-A"] {
            let first = list.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_bytes());
            prop_assert_eq!(fields.get(name.as_bytes()), first);
        }
    }
}
