//! Trailer sections: passed on, dropped, refused.

use protocol::h1::HeadLimits;

use crate::events::{Event, read_every_way};

fn events(trailers: &str) -> Vec<Event> {
    let raw = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n{trailers}\r\n");
    read_every_way(raw.as_bytes(), &HeadLimits::default()).split_off(2)
}

#[test]
fn what_may_be_a_trailer_is_passed_on() {
    let expected = vec![("X-Checksum".to_owned(), "abc".to_owned()), ("X-Other".to_owned(), String::new())];
    assert_eq!(events("X-Checksum:  abc \r\nX-Other:\r\n"), [Event::Trailers(expected), Event::End]);
}

#[test]
fn framing_routing_and_credentials_are_dropped() {
    for name in [
        "Content-Length",
        "transfer-encoding",
        "Host",
        "Authorization",
        "Cookie",
        "Content-Type",
        "Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "Set-Cookie",
        "X-Forwarded-For",
        "X-Accel-Redirect",
        "Content_Length",
        "Transfer_Encoding",
    ] {
        assert_eq!(events(&format!("{name}: 50\r\n")), [Event::End], "{name}");
        let kept = vec![("X".to_owned(), "y".to_owned())];
        assert_eq!(events(&format!("{name}: 50\r\nX: y\r\n")), [Event::Trailers(kept), Event::End], "{name}");
    }
}

#[test]
fn malformed_trailers_are_refused() {
    for trailers in
        ["no colon\r\n", ": x\r\n", " X: y\r\n", "X : y\r\n", "X: y\n", "X: a\rb\r\n", "X: a\0\r\n", "a[b: c\r\n"]
    {
        assert_eq!(events(trailers).last(), Some(&Event::Refused(400, "invalid-trailer")), "{trailers:?}");
    }
}

#[test]
fn trailers_are_bounded() {
    assert_eq!(events(&"X: y\r\n".repeat(40)).last(), Some(&Event::Refused(400, "trailers-too-large")));
    assert_eq!(events(&"x".repeat(300)).last(), Some(&Event::Refused(400, "trailers-too-large")));
}
