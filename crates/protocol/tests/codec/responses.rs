//! Heads of upstreams' responses.

use crate::events::{bytes, read_response_every_way, text};

#[track_caller]
fn taken(raw: &str, status: u16, reason: &str, fields: &[(&str, &str)]) {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(read_response_every_way(&bytes(raw), 4096), Some(Ok((status, reason.to_owned(), fields))), "{raw:?}");
}

#[track_caller]
fn refused(raw: &str, id: &'static str) {
    assert_eq!(read_response_every_way(&bytes(raw), 4096), Some(Err(id)), "{raw:?}");
}

#[test]
fn status_lines() {
    taken("HTTP/1.1 200 OK\r\n\r\n", 200, "OK", &[]);
    taken("HTTP/1.0 404 Not here\n\n", 404, "Not here", &[]);
    taken("HTTP/1.1 200 \r\n\r\n", 200, "", &[]);
    taken("HTTP/1.1 200\r\n\r\n", 200, "", &[]);
    taken("HTTP/1.1 999 \u{e9}\tt\r\n\r\n", 999, "\u{e9}\tt", &[]);
    for line in [
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 2x0 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1\t200 OK",
        "HTTP/2.0 200 OK",
        "HTTP/0.9 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1200 OK",
        "HTTP/1.1 +20 OK",
        "HTTP/1.1 200 O\0K",
        "HTTP/1.1 200 O\rK",
        "hello",
        "",
        "<html>",
    ] {
        refused(&format!("{line}\r\n\r\n"), "invalid-status-line");
    }
}

#[test]
fn something_else_than_http_is_seen_at_once() {
    refused("220 mail.example", "invalid-status-line");
    assert_eq!(read_response_every_way(b"HTTP", 4096), None);
}

#[test]
fn fields() {
    taken("HTTP/1.1 200 OK\r\nX-A:  b \r\nx_c:\r\n\r\n", 200, "OK", &[("X-A", "b"), ("x_c", "")]);
    // RFC 9112 §5.1: a proxy takes the space away, and what is then framing is framing.
    taken("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n", 200, "OK", &[("Content-Length", "5")]);
    // It could not be sent on.
    taken("HTTP/1.1 200 OK\r\na@b: c\r\nX: y\r\n\r\n", 200, "OK", &[("X", "y")]);
    refused("HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n\r\n", "obs-fold");
    refused("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "no-colon");
    refused("HTTP/1.1 200 OK\r\n: x\r\n\r\n", "empty-name");
    refused("HTTP/1.1 200 OK\r\na b: c\r\n\r\n", "space-in-name");
    refused("HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", "bare-cr");
    refused("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "control-character");
    refused("HTTP/1.1 200 OK\r\nTransfer_Encoding: chunked\r\n\r\n", "framing-lookalike");
    refused("HTTP/1.1 200 OK\r\n\u{b}Transfer-Encoding: chunked\r\n\r\n", "framing-lookalike");
}

#[test]
fn a_head_has_a_limit() {
    let raw = bytes("HTTP/1.1 200 OK\r\nX: y\r\n\r\n");
    assert!(matches!(read_response_every_way(&raw, raw.len()), Some(Ok(_))));
    assert_eq!(read_response_every_way(&raw, raw.len() - 1), Some(Err("header-too-large")), "{}", text(&raw));
}
