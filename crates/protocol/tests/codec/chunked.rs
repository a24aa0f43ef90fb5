//! The chunked coding: what is content, and what is refused.

use protocol::h1::HeadLimits;

use crate::events::{Event, bytes, read_every_way};

const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

fn events(body: &str) -> Vec<Event> {
    let mut events = read_every_way(&bytes(&format!("{HEAD}{body}")), &HeadLimits::default());
    assert!(matches!(events.remove(0), Event::Head { .. }));
    events
}

#[track_caller]
fn content(body: &str, expected: &str) {
    let mut all = vec![Event::Content(expected.into()), Event::End];
    all.retain(|event| *event != Event::Content(String::new()));
    assert_eq!(events(body), all, "{body:?}");
}

#[track_caller]
fn refused(body: &str, id: &str) {
    match events(body).last() {
        Some(Event::Refused(400, rule)) => assert_eq!(*rule, id, "{body:?}"),
        other => panic!("{body:?} was not refused: {other:?}"),
    }
}

#[test]
fn chunks() {
    content("0\r\n\r\n", "");
    content("5\r\nhello\r\n0\r\n\r\n", "hello");
    content("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world");
    content("A\r\n0123456789\r\n000\r\n\r\n", "0123456789");
    content("1e\r\nall your base are belong to us\r\n0\r\n\r\n", "all your base are belong to us");
    content("0000000000000005\r\nhello\r\n0\r\n\r\n", "hello");
    content("6\r\n0\r\n\r\nX\r\n0\r\n\r\n", "0\r\n\r\nX");
}

#[test]
fn extensions_are_read_past() {
    for extension in [
        ";a",
        ";a=b",
        "; a = b ;c",
        " ;a",
        "\t;\ta=\"q;\\\"\t\u{e9}\"",
        ";a=\"\"",
        ";a=\"b\";c=\"d\" ;e",
        ";!#$%&'*+-.^_`|~=1",
    ] {
        content(&format!("5{extension}\r\nhello\r\n0{extension}\r\n\r\n"), "hello");
    }
}

#[test]
fn sizes_that_are_none() {
    for size in ["", "x", "0x5", "+5", "-1", " 5", "5x", "5,", "1_0", "\u{a0}5", "5\0", "5\n"] {
        refused(&format!("{size}\r\nhello\r\n0\r\n\r\n"), "invalid-chunk-size");
    }
    for size in ["FFFFFFFFFFFFFFFF0", "8000000000000000", "FFFFFFFFFFFFFFFF", "00000000000000005"] {
        refused(&format!("{size}\r\nhello\r\n0\r\n\r\n"), "chunk-too-large");
    }
}

#[test]
fn line_ends_are_crlf() {
    refused("5\nhello\r\n0\r\n\r\n", "invalid-chunk-size");
    refused("5\rhello\r\n0\r\n\r\n", "invalid-chunk-size");
    refused("5\r\nhello\n0\r\n\r\n", "invalid-chunk-end");
    refused("5\r\nhello\r0\r\n\r\n", "invalid-chunk-end");
    refused("5\r\nhello0\r\n\r\n", "invalid-chunk-end");
    refused("5\r\nhello!!\r\n0\r\n\r\n", "invalid-chunk-end");
    refused("5\r\nhello\r\n0\r\n\n", "invalid-trailer");
    refused("5\r\nhello\r\n0\n\r\n", "invalid-chunk-size");
    refused("5;a\nhello\r\n0\r\n\r\n", "invalid-chunk-extension");
    refused("5;a\r5\r\nhello\r\n0\r\n\r\n", "invalid-chunk-size");
}

#[test]
fn extensions_that_are_none() {
    for extension in [
        " ",
        ";",
        "; ",
        ";=a",
        ";a=",
        ";a b",
        ";bad[=x",
        ";a=\"b",
        ";a=b c",
        ";a=\"b\"c",
        ";a=\0",
        ";a=\"\0\"",
        " x",
        ";a ",
        ";a=b ",
    ] {
        refused(&format!("5{extension}\r\nhello\r\n0\r\n\r\n"), "invalid-chunk-extension");
    }
    let long = format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(20_000));
    let raw = format!("{HEAD}{long}");
    let last = crate::events::read_requests(raw.as_bytes().chunks(1000), &HeadLimits::default()).pop();
    assert_eq!(last, Some(Event::Refused(400, "chunk-extensions-too-long")));
}

#[test]
fn a_cut_body_is_no_whole_one() {
    let raw = "5\r\nhello\r\n0\r\n\r\n";
    for length in 0..raw.len() {
        assert_eq!(events(&raw[..length]).last(), Some(&Event::Cut), "{length}");
    }
}
