//! Heads as they are written.

use protocol::h1::{HeadLimits, Length, RequestFraming, RequestParser, encode_request_head, encode_response_head};
use protocol::{Fields, Method, Name, RequestHead, ResponseHead, Version};

use crate::events::text;

struct Answer {
    status: u16,
    length: Length,
    version: Version,
    is_head: bool,
    keep_alive: bool,
}

const ANSWER: Answer =
    Answer { status: 200, length: Length::Known(5), version: Version::Http11, is_head: false, keep_alive: true };

#[track_caller]
fn check(answer: &Answer, expected: &str, lives: bool) {
    let mut head = ResponseHead::new(answer.status);
    for (name, value) in
        [("Server", "x"), ("content-length", "99"), ("Transfer-Encoding", "chunked"), ("Connection", "y")]
    {
        head.fields.push(name.as_bytes(), value.as_bytes());
    }
    let mut out = Vec::new();
    let kept = encode_response_head(&mut out, &head, answer.length, answer.version, answer.is_head, answer.keep_alive);
    let (line, rest) = expected.split_once('|').unwrap_or((expected, ""));
    let rest = rest.replace('|', "\r\n");
    assert_eq!(text(&out), format!("HTTP/1.1 {line}\r\nServer: x\r\n{rest}\r\n\r\n"));
    assert_eq!(kept, lives);
}

#[test]
fn response_framing() {
    let live = "Connection: keep-alive";
    check(&ANSWER, &format!("200 OK|Content-Length: 5|{live}"), true);
    check(&Answer { length: Length::None, ..ANSWER }, &format!("200 OK|Content-Length: 0|{live}"), true);
    check(&Answer { length: Length::Known(0), ..ANSWER }, &format!("200 OK|Content-Length: 0|{live}"), true);
    check(&Answer { length: Length::Unknown, ..ANSWER }, &format!("200 OK|Transfer-Encoding: chunked|{live}"), true);
    check(&Answer { keep_alive: false, ..ANSWER }, "200 OK|Content-Length: 5|Connection: close", false);
    let old = Answer { version: Version::Http10, ..ANSWER };
    check(&old, &format!("200 OK|Content-Length: 5|{live}"), true);
    check(&Answer { length: Length::Unknown, ..old }, "200 OK|Connection: close", false);
}

#[test]
fn responses_without_a_body() {
    let live = "Connection: keep-alive";
    let head = Answer { is_head: true, ..ANSWER };
    check(&head, &format!("200 OK|Content-Length: 5|{live}"), true);
    check(&Answer { length: Length::Unknown, ..head }, &format!("200 OK|{live}"), true);
    for length in [Length::None, Length::Known(5), Length::Unknown] {
        check(&Answer { status: 204, length, ..ANSWER }, &format!("204 No Content|{live}"), true);
    }
    check(&Answer { status: 304, ..ANSWER }, &format!("304 Not Modified|Content-Length: 5|{live}"), true);
    check(&Answer { status: 304, length: Length::None, ..ANSWER }, &format!("304 Not Modified|{live}"), true);
    check(&Answer { status: 304, length: Length::Unknown, ..ANSWER }, &format!("304 Not Modified|{live}"), true);
    check(&Answer { status: 101, length: Length::None, ..ANSWER }, "101 Switching Protocols|Connection: upgrade", true);
}

#[test]
fn statuses_in_nginx_words() {
    check(&Answer { status: 302, ..ANSWER }, "302 Moved Temporarily|Content-Length: 5|Connection: keep-alive", true);
    check(&Answer { status: 494, ..ANSWER }, "400 Bad Request|Content-Length: 5|Connection: keep-alive", true);
    check(&Answer { status: 299, ..ANSWER }, "299 |Content-Length: 5|Connection: keep-alive", true);
}

#[test]
fn a_reason_goes_with_its_status() {
    let mut head = ResponseHead::new(200);
    head.set_reason(b"Fine");
    assert_eq!(head.reason(), b"Fine");
    head.status = 404;
    assert_eq!(head.reason(), b"Not Found");
    head.replace_status(200);
    assert_eq!(head.reason(), b"OK");
}

#[test]
fn request_heads() {
    let mut fields = Fields::new();
    fields.push(b"Host", b"a");
    fields.push(b"Content-Length", b"99");
    fields.push(b"transfer-encoding", b"gzip");
    let write = |target: &str, version, framing| {
        let mut out = Vec::new();
        encode_request_head(&mut out, &Method::Post, target.as_bytes(), version, &fields, framing);
        text(&out)
    };
    assert_eq!(write("/x", Version::Http11, RequestFraming::None), "POST /x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(
        write("/x", Version::Http10, RequestFraming::Length(0)),
        "POST /x HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    );
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(write("", Version::Http11, RequestFraming::Chunked), chunked);
    assert_eq!(write("", Version::Http10, RequestFraming::Chunked), chunked, "1.0 has no chunks");
}

#[test]
fn what_variables_hold_cannot_make_another_line() {
    let mut fields = Fields::new();
    fields.push(b"X", b"a\r\nContent-Length: 5\r\n\r\nGET /evil\0");
    fields.push(b"Y\r\nEvil: 1", b"b");
    let mut out = Vec::new();
    let target = b"/a b\r\nHost: evil\r\n\r\n\x7f";
    encode_request_head(&mut out, &Method::Get, target, Version::Http11, &fields, RequestFraming::None);
    assert_eq!(
        text(&out),
        "GET /a%20b%0D%0AHost:%20evil%0D%0A%0D%0A%7F HTTP/1.1\r\nX: a  Content-Length: 5    GET /evil \r\n\r\n"
    );
}

#[test]
fn fields_from_anywhere_are_written_in_order() {
    let raw = b"GET / HTTP/1.1\r\nHost: a\r\nA:1\r\nB: 2\r\nC:  3 \r\nD: 4\r\nE:5 \r\nContent-Length: 7\r\nF: 6\n\r\n";
    let mut head = RequestHead::new();
    RequestParser::new().parse(raw, &HeadLimits::default(), &mut head).expect("a good head");
    let mut fields = Fields::new();
    fields.push(b"Own", b"x");
    for field in head.fields.entries().filter(|field| field.name != b"B") {
        fields.push_field(&field);
    }
    fields.push(b"Broken", b"a\r\nb");
    fields.push(b"Tab", b"a\tb");
    let mut copied = Fields::new();
    for field in fields.entries().filter(|field| field.name != b"D") {
        copied.push_field(&field);
    }
    copied.set(b"c", b"33");
    copied.push_filled(Name::Via, b"Via", |_| {});
    copied.push_front(Name::Server, b"s");
    let write = |fields: &Fields| {
        let mut out = b"before ".to_vec();
        encode_request_head(&mut out, &Method::Get, b"/", Version::Http11, fields, RequestFraming::Length(7));
        text(&out)
    };
    assert_eq!(
        write(&head.fields),
        "before GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nContent-Length: 7\r\nF: 6\r\n\r\n"
    );
    assert_eq!(
        write(&copied),
        "before GET / HTTP/1.1\r\nServer: s\r\nOwn: x\r\nHost: a\r\nA: 1\r\nc: 33\r\nE: 5\r\nContent-Length: 7\r\nF: 6\r\n\
         Broken: a  b\r\nTab: a\tb\r\n\r\n"
    );
}
