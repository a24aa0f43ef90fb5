//! nginx's buffers for heads: what fits, and the status of what does not.

use protocol::h1::HeadLimits;

use crate::events::{Event, read_every_way, read_requests};

const LIMITS: HeadLimits = HeadLimits {
    buffer: 128,
    large_count: 2,
    large_size: 256,
    line: None,
    ignore_invalid: true,
    underscores: false,
    fields: 1000,
};

#[track_caller]
fn check(raw: &str, limits: &HeadLimits, refused: Option<(u16, &'static str)>) {
    let events = read_every_way(raw.as_bytes(), limits);
    match refused {
        None => assert!(matches!(events.as_slice(), [Event::Head { .. }, Event::End]), "{events:?}"),
        Some((status, id)) => assert_eq!(events, [Event::Refused(status, id)]),
    }
}

/// A request line of `length` bytes, its end included.
fn line(length: usize) -> String {
    format!("GET /{} HTTP/1.1\r\n", "a".repeat(length - 16))
}

/// A field line of `length` bytes, its end included.
fn field(length: usize) -> String {
    format!("X: {}\r\n", "a".repeat(length - 5))
}

#[test]
fn a_request_line_must_fit_one_buffer() {
    let rest = "Host: a\r\n\r\n";
    check(&(line(128) + rest), &LIMITS, None);
    check(&(line(256) + rest), &LIMITS, None);
    check(&(line(257) + rest), &LIMITS, Some((414, "uri-too-long")));
    let none = HeadLimits { large_count: 0, ..LIMITS };
    check(&(line(100) + rest), &none, None);
    check(&(line(129) + rest), &none, Some((414, "uri-too-long")));
    let small = HeadLimits { large_size: 64, ..LIMITS };
    check(&(line(100) + rest), &small, None);
}

#[test]
fn field_lines_must_fit_the_buffers() {
    let start = "GET / HTTP/1.1\r\nHost: a\r\n";
    let too_large = Some((400, "header-too-large"));
    check(&format!("{start}{}\r\n", field(256)), &LIMITS, None);
    check(&format!("{start}{}{}\r\n", field(256), field(256)), &LIMITS, too_large);
    check(&format!("{start}{}\r\n", field(200)), &LIMITS, None);
    check(&format!("{start}{}\r\n", field(257)), &LIMITS, too_large);
    check(&format!("{start}{}{}\r\n", field(200), field(200)), &LIMITS, None);
    check(&format!("{start}{}{}{}\r\n", field(200), field(200), field(200)), &LIMITS, too_large);
    check(&format!("{start}{}\r\n", field(10).repeat(10)), &LIMITS, None);
}

#[test]
fn what_never_ends_is_refused_within_the_limits() {
    let endless = [b'A'; 4096];
    let events = read_requests(endless.chunks(10), &LIMITS);
    assert_eq!(events, [Event::Refused(414, "uri-too-long")]);
    let mut raw = b"GET / HTTP/1.1\r\n".to_vec();
    raw.extend_from_slice(&endless);
    assert_eq!(read_requests(raw.chunks(10), &LIMITS), [Event::Refused(400, "header-too-large")]);
    assert_eq!(read_requests([&[b'\n'; 100][..]], &LIMITS), [Event::Refused(400, "empty-lines")]);
}

#[test]
fn fields_are_counted() {
    let limits = HeadLimits { fields: 3, ..HeadLimits::default() };
    let raw = |count| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(count));
    check(&raw(2), &limits, None);
    check(&raw(3), &limits, Some((400, "too-many-fields")));
}

#[test]
fn what_is_not_http_is_refused_at_its_first_byte() {
    for raw in [&b"\x16\x03\x01\x02\x00"[..], b"\x05\x01\x00", b"get", b" GET"] {
        assert_eq!(read_requests([raw], &HeadLimits::default()), [Event::Refused(400, "invalid-method")]);
    }
    assert_eq!(read_requests([&b"GE"[..]], &HeadLimits::default()), [Event::Cut]);
}

#[test]
fn error_pages_know_a_large_head_as_494() {
    let error = protocol::h1::HeadError::HeaderTooLarge;
    assert_eq!((error.status(), error.error_page_status()), (400, 494));
    assert_eq!(protocol::h1::HeadError::UriTooLong.error_page_status(), 414);
}
