//! Requests that two readers could read differently: every class is refused, by a rule with a name, or read one way.

use protocol::h1::HeadLimits;

use crate::events::{Event, bytes, read_every_way};

/// `raw` is refused with this status and rule, after `before` whole requests.
#[track_caller]
fn refused_after(before: usize, raw: &str, status: u16, id: &str) {
    let events = read_every_way(&bytes(raw), &HeadLimits::default());
    let whole = events.iter().filter(|event| **event == Event::End).count();
    assert_eq!(whole, before, "{events:?}");
    match events.last() {
        Some(Event::Refused(given, rule)) => assert_eq!((*given, *rule), (status, id), "{raw:?}"),
        other => panic!("{raw:?} was not refused: {other:?}"),
    }
}

#[track_caller]
fn refused(raw: &str, status: u16, id: &str) {
    refused_after(0, raw, status, id);
}

/// A POST with these field lines, followed by bytes that some reader may take for its body.
#[track_caller]
fn refused_fields(fields: &str, status: u16, id: &str) {
    refused(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n0\r\n\r\n"), status, id);
}

#[test]
fn content_length() {
    for value in [
        "", "+5", "-1", "-0", "0x5", "0o5", "1_0", "1 0", "5, 5", "5, 10", "5,5,5", "abc", "5;", "1000.0", "5\u{a0}",
        "\u{b2}",
    ] {
        refused_fields(&format!("Content-Length: {value}"), 400, "invalid-length");
    }
    for value in ["9223372036854775808", "18446744073709551616", "99999999999999999999"] {
        refused_fields(&format!("Content-Length: {value}"), 400, "invalid-length");
    }
    refused_fields("Content-Length: 5\r\nContent-Length: 5", 400, "duplicate-length");
    refused_fields("Content-Length: 0\r\ncontent-length: 1", 400, "duplicate-length");
    refused_fields("Content-Length: \r\ncontent-length: 59", 400, "duplicate-length");
}

#[test]
fn transfer_encoding() {
    for value in ["identity", "xchunked", "chunkedchunked", "gzip", "gzip, chunked", "chunked, identity", "pigeons"] {
        refused_fields(&format!("Transfer-Encoding: {value}"), 501, "unknown-coding");
    }
    for value in [
        "",
        ",",
        ", chunked",
        "chunked,",
        "chunked, chunked",
        "chunked, gzip",
        "chunked;ext=val",
        "\"chunked\"",
        "cow chunked bar",
        "\u{a0}chunked",
        "chunked\u{85}",
    ] {
        refused_fields(&format!("Transfer-Encoding: {value}"), 400, "invalid-coding");
    }
    refused_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400, "duplicate-coding");
    refused_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400, "duplicate-coding");
    refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "http-1.0-coding");
}

#[test]
fn length_and_coding_together() {
    for (length, coding) in [("5", "chunked"), ("0", "chunked"), ("5", "identity"), ("x", "chunked"), ("5", "Chunked")]
    {
        refused_fields(&format!("Content-Length: {length}\r\nTransfer-Encoding: {coding}"), 400, "length-and-coding");
        refused_fields(&format!("Transfer-Encoding: {coding}\r\nContent-Length: {length}"), 400, "length-and-coding");
    }
}

#[test]
fn names_that_some_reader_takes_for_framing() {
    for name in [
        "Content_Length",
        "Transfer_Encoding",
        "transfer.encoding",
        "_Content-Length",
        "Content-Length~",
        "TRANSFER__ENCODING",
    ] {
        for limits in [
            HeadLimits::default(),
            HeadLimits { ignore_invalid: false, ..HeadLimits::default() },
            HeadLimits { underscores: true, ..HeadLimits::default() },
        ] {
            let raw = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n{name}: 99\r\n\r\nhello world");
            assert_eq!(read_every_way(raw.as_bytes(), &limits), [Event::Refused(400, "framing-lookalike")], "{name}");
        }
    }
}

#[test]
fn whitespace_in_and_around_names() {
    refused_fields("Content-Length : 5", 400, "space-in-name");
    refused_fields("Transfer-Encoding\t: chunked", 400, "space-in-name");
    refused_fields("Content\tLength: 99", 400, "space-in-name");
    refused_fields("X Y: z", 400, "space-in-name");
    refused_fields(" Content-Length: 5", 400, "obs-fold");
    refused_fields("\tTransfer-Encoding: chunked", 400, "obs-fold");
    refused_fields("X: y\r\n folded", 400, "obs-fold");
    refused_fields("Transfer-Encoding:\r\n chunked", 400, "obs-fold");
    refused("GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", 400, "obs-fold");
    refused_fields(": no name", 400, "empty-name");
    refused_fields(":", 400, "empty-name");
    refused_fields("no colon", 400, "no-colon");
    refused_fields("Te\nst: x", 400, "no-colon");
    for byte in ["\u{a0}", "\u{85}", "\u{ff}", "\u{c5}\u{bf}"] {
        refused_fields(&format!("{byte}Transfer-Encoding: chunked"), 400, "invalid-name");
        refused_fields(&format!("Transfer-Encoding{byte}: chunked"), 400, "invalid-name");
    }
}

#[test]
fn control_characters() {
    for byte in (0..=0x1f_u8).chain([0x7f]).filter(|byte| !b"\t\r\n".contains(byte)).map(char::from) {
        refused_fields(&format!("X: a{byte}b"), 400, "control-character");
        refused_fields(&format!("X:{byte}"), 400, "control-character");
        refused_fields(&format!("X{byte}: a"), 400, "control-character");
        refused_fields(&format!("{byte}Transfer-Encoding: chunked"), 400, "control-character");
        refused_fields(&format!("Transfer-Encoding: chunked{byte}"), 400, "control-character");
        refused(&format!("GET /{byte} HTTP/1.1\r\nHost: a\r\n\r\n"), 400, "invalid-target");
    }
}

#[test]
fn bare_carriage_returns() {
    refused_fields("X: a\rContent-Length: 5", 400, "bare-cr");
    refused_fields("X: \rTransfer-Encoding: chunked", 400, "bare-cr");
    refused_fields("X\r: a", 400, "bare-cr");
    refused_fields("X: a\r", 400, "bare-cr");
    refused_fields("\rX: a", 400, "bare-cr");
    refused("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", 400, "bare-cr");
    refused("GET / HTTP/1.1\r\nHost: a\r\n\rGET /evil HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bare-cr");
    refused("GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "invalid-version");
    refused("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "invalid-version");
    refused("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid-target");
    refused("\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid-method");
}

#[test]
fn request_lines() {
    for line in [
        "G=\":<>(e),[T];?\" / HTTP/1.1",
        "get / HTTP/1.1",
        "GET1 / HTTP/1.1",
        " GET / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "G\u{e9}T / HTTP/1.1",
    ] {
        refused(&format!("{line}\r\nHost: a\r\n\r\n"), 400, "invalid-method");
    }
    for line in [
        "GET * HTTP/1.1",
        "GET a:80 HTTP/1.1",
        "GET x HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "CONNECT a HTTP/1.1",
        "OPTIONS ** HTTP/1.1",
        "GET ftp://a/ HTTP/1.1",
        "GET http:///x HTTP/1.1",
        "GET http://u@a/ HTTP/1.1",
        "GET http://a:x/ HTTP/1.1",
        "GET http:/a HTTP/1.1",
        "GET http://a#b HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "PRI * HTTP/1.1",
    ] {
        refused(&format!("{line}\r\nHost: a\r\n\r\n"), 400, "invalid-target");
    }
    for version in [
        "HTTP/1",
        "HTTP/1.",
        "HTTP/01.1",
        "HTTP/1.10",
        "HTTP/11.1",
        "HTTP/ 1.1",
        "http/1.1",
        "HTTP/1.1 ",
        "HTTP /1.1",
        "ICE/1.0",
        "HTTP/1.a",
        "HTTP/1,1",
        " HTTP/1.1",
        "x HTTP/1.1",
    ] {
        refused(&format!("GET / {version}\r\nHost: a\r\n\r\n"), 400, "invalid-version");
    }
    for line in ["GET  / HTTP/1.1", "GET HTTP/1.1", "GET ", "GET"] {
        refused(&format!("{line}\r\nHost: a\r\n\r\n"), 400, "invalid-request-line");
    }
    for line in ["GET /", "GET / ", "GET / HTTP/0.9"] {
        refused(&format!("{line}\r\nHost: a\r\n\r\n"), 400, "http-0.9");
    }
    for version in ["HTTP/2.0", "HTTP/3.1", "HTTP/9.9"] {
        refused(&format!("GET / {version}\r\nHost: a\r\n\r\n"), 505, "version-not-supported");
    }
    refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "http2-preface");
}

#[test]
fn hosts() {
    refused("GET / HTTP/1.1\r\n\r\n", 400, "no-host");
    refused("GET http://a/ HTTP/1.1\r\n\r\n", 400, "no-host");
    refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "duplicate-field");
    refused("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400, "duplicate-field");
    for host in ["", "a, b", "u@a", "a/path", "a?b", "a#b", "a\\b", "a b", "a:b", "a:65536", "..", "[::1", "\u{e9}"] {
        refused(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), 400, "invalid-host");
        refused(&format!("GET http://x/ HTTP/1.1\r\nHost: {host}\r\n\r\n"), 400, "invalid-host");
    }
}

#[test]
fn fields_that_mean_one_thing_come_once() {
    for name in [
        "Authorization",
        "Proxy-Authorization",
        "Expect",
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "Content-Range",
    ] {
        refused_fields(&format!("{name}: x\r\n{name}: x"), 400, "duplicate-field");
    }
}

#[test]
fn a_body_does_not_reach_into_the_next_request() {
    let head = |path: &str, body| Event::Head {
        line: format!("POST {path} HTTP/1.1"),
        path: path.into(),
        authority: Some("a".into()),
        fields: vec![("Host".into(), "a".into())],
        body,
    };
    let pipelined = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\nGET /evil HTTP/1.1\r\nHost: whatever\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    let events = read_every_way(pipelined.as_bytes(), &HeadLimits::default());
    let contents: Vec<_> = events.iter().filter(|event| matches!(event, Event::Content(_))).collect();
    assert_eq!(contents, [&Event::Content("GET /evil HTTP/1.1\r\nHost: whatever".into())]);
    // What follows the length is the next request's: here it begins with the line end that the body did not take.
    assert_eq!(events.last(), Some(&Event::End), "{events:?}");

    let chunked = "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n0\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    let events = read_every_way(chunked.as_bytes(), &HeadLimits::default());
    assert_eq!(events.last(), Some(&Event::End));
    assert!(events.contains(&head("/2", protocol::BodyKind::None)), "{events:?}");

    refused_after(
        1,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\0",
        400,
        "invalid-method",
    );
    refused_after(1, "GET / HTTP/1.1\r\nHost: a\r\nUseless:\n\nGET / HTTP/1.1\r\n\r\n", 400, "no-host");
}
