//! Heads of requests that are taken, and what they mean.

use protocol::h1::{HeadLimits, Progress, RequestParser};
use protocol::{BodyKind, Method, Name, RequestHead, Version};

use crate::events::{Event, bytes, read_every_way, text};

fn parse(raw: &str) -> RequestHead {
    let raw = bytes(raw);
    let mut head = RequestHead::new();
    let progress = RequestParser::new().parse(&raw, &HeadLimits::default(), &mut head).expect("a good request");
    assert_eq!(progress, Progress::Complete(raw.len()));
    head
}

/// The form that is sent on, and the authority, of a target.
#[track_caller]
fn check_target(line: &str, path: &str, uri: &str, authority: &str) {
    let head = parse(&format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_eq!(text(head.path_and_query()), path);
    assert_eq!(text(head.request_uri()), uri);
    assert_eq!(head.authority().map(text).as_deref(), Some(authority));
    assert_eq!(text(head.fields.get_known(Name::Host).unwrap_or_default()), authority, "Host is replaced");
}

#[test]
fn targets() {
    check_target("GET /", "/", "/", "h");
    check_target("GET /a?b=c", "/a?b=c", "/a?b=c", "h");
    check_target("GET /a#b", "/a", "/a#b", "h");
    check_target("GET /\u{c3}\u{a9}?\u{ff}#\u{e9}", "/\u{c3}\u{a9}?\u{ff}", "/\u{c3}\u{a9}?\u{ff}#\u{e9}", "h");
    check_target("GET /%2f%00\\\"<>|{}^`", "/%2f%00\\\"<>|{}^`", "/%2f%00\\\"<>|{}^`", "h");
    check_target("GET http://b/x", "/x", "/x", "b");
    check_target("GET HTTPS://B:8/x?y", "/x?y", "/x?y", "B:8");
    check_target("GET http://b", "/", "", "b");
    check_target("GET http://b?x#y", "/?x", "?x#y", "b");
    check_target("OPTIONS *", "*", "*", "h");
    check_target("CONNECT a:80", "a:80", "a:80", "a:80");
}

#[test]
fn line_ends() {
    for raw in [
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\nX: y\n\n",
        "\r\n\n\r\nGET / HTTP/1.1\r\nHost: a\nX:\t y \t\r\n\n",
    ] {
        let events = read_every_way(&bytes(raw), &HeadLimits::default());
        let fields = vec![("Host".into(), "a".into()), ("X".into(), "y".into())];
        assert_eq!(
            events,
            [
                Event::Head {
                    line: "GET / HTTP/1.1".into(),
                    path: "/".into(),
                    authority: Some("a".into()),
                    fields,
                    body: BodyKind::None
                },
                Event::End
            ]
        );
    }
}

#[test]
fn versions() {
    for (text, version) in [("HTTP/1.0", Version::Http10), ("HTTP/1.1", Version::Http11), ("HTTP/1.7", Version::Http11)]
    {
        let head = parse(&format!("GET / {text}\r\nHost: a\r\n\r\n"));
        assert_eq!(head.version, version);
        assert_eq!(head.protocol(), text.as_bytes());
    }
}

#[test]
fn methods() {
    assert_eq!(parse("M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::new(b"M-SEARCH"));
    assert_eq!(parse("PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::Propfind);
    for (method, idempotent) in
        [("GET", true), ("PUT", true), ("DELETE", true), ("POST", false), ("PATCH", false), ("FOO", false)]
    {
        assert_eq!(Method::new(method.as_bytes()).is_idempotent(), idempotent, "{method}");
    }
}

#[test]
fn what_the_client_wishes() {
    let keep_alive =
        |version: &str, fields: &str| parse(&format!("GET / {version}\r\nHost: a\r\n{fields}\r\n")).keep_alive();
    assert!(keep_alive("HTTP/1.1", ""));
    assert!(!keep_alive("HTTP/1.0", ""));
    assert!(keep_alive("HTTP/1.0", "Connection: foo, Keep-Alive\r\n"));
    assert!(!keep_alive("HTTP/1.0", "Connection: close, Keep-Alive\r\n"));
    assert!(!keep_alive("HTTP/1.1", "Connection: x ,\tCLOSE\r\n"));
    assert!(!keep_alive("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    assert!(!parse("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive());

    let upgrade =
        |version: &str, fields: &str| parse(&format!("GET / {version}\r\nHost: a\r\n{fields}\r\n")).upgrade_requested();
    assert!(upgrade("HTTP/1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"));
    assert!(!upgrade("HTTP/1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n"));
    assert!(!upgrade("HTTP/1.1", "Upgrade: websocket\r\n"));
    assert!(!upgrade("HTTP/1.1", "Connection: upgrade\r\n"));

    let continues = |version: &str, value: &str| {
        parse(&format!("POST / {version}\r\nHost: a\r\nExpect: {value}\r\n\r\n")).expects_continue()
    };
    assert!(continues("HTTP/1.1", "100-Continue"));
    assert!(!continues("HTTP/1.0", "100-continue"));
    assert!(!continues("HTTP/1.1", "200-ok"));
}

#[test]
fn odd_names_follow_nginx() {
    let names = |limits: &HeadLimits, name: &str| {
        let raw = bytes(&format!("GET / HTTP/1.1\r\nHost: a\r\n{name}: v\r\n\r\n"));
        let mut head = RequestHead::new();
        RequestParser::new().parse(&raw, limits, &mut head).map(|_| head.fields.len() == 2).map_err(|error| error.id())
    };
    let usual = HeadLimits::default();
    let all = HeadLimits { ignore_invalid: false, ..usual };
    let underscores = HeadLimits { underscores: true, ..usual };
    for (name, by_default, with_all, with_underscores) in [
        ("X-1", true, true, true),
        ("x_foo", false, true, true),
        ("_foo", false, true, true),
        ("x.foo", false, true, false),
        (".!#$%&'*+^`|~", false, true, false),
    ] {
        assert_eq!(names(&usual, name), Ok(by_default), "{name}");
        assert_eq!(names(&all, name), Ok(with_all), "{name}");
        assert_eq!(names(&underscores, name), Ok(with_underscores), "{name}");
    }
    for name in ["a[b", "</kie>", "a@b", "\u{e9}", "\"x\""] {
        for limits in [&usual, &all, &underscores] {
            assert_eq!(names(limits, name), Err("invalid-name"), "{name}");
        }
    }
}

#[test]
fn a_recycled_head_holds_nothing_of_the_one_before() {
    let mut parser = RequestParser::new();
    let mut head = RequestHead::new();
    let limits = HeadLimits::default();
    let first = b"POST http://x:1/long/path?query HTTP/1.0\r\nHost: a\r\nCookie: c\r\nContent-Length: 5\r\n\r\n";
    let second = b"GET / HTTP/1.1\r\nHost: b\r\n\r\n";
    parser.parse(first, &limits, &mut head).expect("the first");
    parser.parse(second, &limits, &mut head).expect("the second");
    let mut fresh = RequestHead::new();
    RequestParser::new().parse(second, &limits, &mut fresh).expect("the second alone");
    assert_eq!(
        format!("{:?}", head.fields.iter().collect::<Vec<_>>()),
        format!("{:?}", fresh.fields.iter().collect::<Vec<_>>())
    );
    assert_eq!((head.method.clone(), head.version, head.body_kind()), (Method::Get, Version::Http11, BodyKind::None));
    assert_eq!(head.authority(), Some(&b"b"[..]));
    assert_eq!(head.request_line(), b"GET / HTTP/1.1");
}

#[test]
fn a_head_can_be_made_without_bytes_of_http1() {
    let mut head = RequestHead::new();
    head.assign(Method::Get, b"/a?b", Version::Http2).expect("an origin form");
    assert_eq!((head.path_and_query(), head.protocol()), (&b"/a?b"[..], &b"HTTP/2.0"[..]));
    assert_eq!(head.request_line(), b"GET /a?b HTTP/2.0");
    assert!(head.assign(Method::Get, b"*", Version::Http2).is_err());
}
