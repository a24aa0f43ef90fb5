//! Connections to upstreams.

use std::future::poll_fn;

use protocol::h1::{BodyError, ClientConnection, Kind, RequestFraming, ResponseError};
use protocol::{BodyKind, Fields, Method, ResponseHead, Version};
use transport::Chunk;

use crate::pair::{Peer, client, on_each_transport, response, response_body};

/// Sends a request without a body; the peer has seen it.
async fn ask(connection: &mut ClientConnection, peer: &mut Peer, method: &Method) {
    let mut fields = Fields::new();
    fields.push(b"Host", b"u");
    connection.queue_head(method, b"/x", Version::Http11, &fields, RequestFraming::None);
    poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
    let method = String::from_utf8_lossy(method.as_bytes()).into_owned();
    peer.expect(&format!("{method} /x HTTP/1.1\r\nHost: u\r\n\r\n")).await;
}

struct Case {
    method: Method,
    answer: &'static str,
    kind: BodyKind,
    content: &'static str,
    reusable: bool,
}

fn case(answer: &'static str, kind: BodyKind, content: &'static str, reusable: bool) -> Case {
    Case { method: Method::Get, answer, kind, content, reusable }
}

#[test]
fn bodies_end_where_the_rules_say() {
    let cases = [
        case("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", BodyKind::Length(5), "hello", true),
        case("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", BodyKind::None, "", true),
        case("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", BodyKind::Length(5), "hello", true),
        case(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            BodyKind::Chunked,
            "hello",
            true,
        ),
        case("HTTP/1.1 204 No Content\r\n\r\n", BodyKind::None, "", true),
        case("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", BodyKind::None, "", true),
        case("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", BodyKind::None, "", true),
        case(
            "HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 5\r\n\r\nhello",
            BodyKind::Length(5),
            "hello",
            false,
        ),
        case("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", BodyKind::Length(5), "hello", false),
        case(
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
            BodyKind::Length(5),
            "hello",
            true,
        ),
        // RFC 9112 §6.1: to be read, but not trusted any further.
        case(
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            BodyKind::Chunked,
            "",
            false,
        ),
        case("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BodyKind::None, "", false),
        // More than was announced: cut off, and the connection is not used again.
        case(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n",
            BodyKind::Length(5),
            "hello",
            false,
        ),
        case("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", BodyKind::None, "", false),
        Case { method: Method::Head, ..case("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", BodyKind::None, "", true) },
        Case {
            method: Method::Head,
            ..case("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", BodyKind::None, "", true)
        },
        Case { method: Method::Head, ..case("HTTP/1.1 200 OK\r\n\r\n", BodyKind::None, "", true) },
    ];
    on_each_transport(async || {
        for case in &cases {
            let (mut connection, mut peer) = client().await;
            ask(&mut connection, &mut peer, &case.method).await;
            peer.send(case.answer).await;
            let mut head = ResponseHead::default();
            assert_eq!(response(&mut connection, &mut head).await.expect(case.answer), Kind::Final);
            assert_eq!(connection.body_kind(), case.kind, "{}", case.answer);
            assert_eq!(response_body(&mut connection).await.expect(case.answer).0, case.content);
            assert_eq!(connection.reusable(), case.reusable, "{}", case.answer);
        }
    });
}

#[test]
fn a_body_may_end_with_the_connection() {
    on_each_transport(async || {
        let (mut connection, mut peer) = client().await;
        ask(&mut connection, &mut peer, &Method::Get).await;
        peer.send("HTTP/1.1 200 OK\r\n\r\nall there is").await;
        peer.finish().await;
        let mut head = ResponseHead::default();
        response(&mut connection, &mut head).await.expect("a head");
        assert_eq!(connection.body_kind(), BodyKind::UntilClose);
        assert_eq!(response_body(&mut connection).await.expect("a body").0, "all there is");
        assert!(!connection.reusable());
    });
}

#[test]
fn framing_that_can_be_read_two_ways_is_refused() {
    on_each_transport(async || {
        for (fields, id) in [
            ("Content-Length: foo", "invalid-length"),
            ("Content-Length: +5", "invalid-length"),
            ("Content-Length: 5, 5", "invalid-length"),
            ("Content-Length: ", "invalid-length"),
            ("Content-Length: 5\r\nContent-Length: 5", "duplicate-length"),
            ("Content-Length: 5\r\nContent-Length: 6", "duplicate-length"),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", "length-and-coding"),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5", "length-and-coding"),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "duplicate-coding"),
            ("Transfer-Encoding: chunked, chunked", "invalid-coding"),
            ("Transfer-Encoding: identity", "unknown-coding"),
            ("Transfer-Encoding: gzip, chunked", "unknown-coding"),
            ("Transfer-Encoding: chunked, gzip", "invalid-coding"),
            ("Transfer-Encoding:", "invalid-coding"),
        ] {
            for status in ["200 OK", "304 Not Modified"] {
                let (mut connection, mut peer) = client().await;
                ask(&mut connection, &mut peer, &Method::Get).await;
                peer.send(&format!("HTTP/1.1 {status}\r\n{fields}\r\n\r\n0\r\n\r\n")).await;
                let error = response(&mut connection, &mut ResponseHead::default()).await.expect_err(fields);
                assert_eq!(error.id(), id, "{fields}");
                assert!(!connection.reusable());
            }
        }
    });
}

#[test]
fn interim_heads_come_before_the_final_one() {
    on_each_transport(async || {
        let (mut connection, mut peer) = client().await;
        ask(&mut connection, &mut peer, &Method::Get).await;
        peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await;
        let mut head = ResponseHead::default();
        assert_eq!(response(&mut connection, &mut head).await.expect("100"), Kind::Interim);
        assert_eq!(response(&mut connection, &mut head).await.expect("103"), Kind::Interim);
        assert_eq!((head.status, head.fields.get(b"link")), (103, Some(&b"</a>"[..])));
        assert_eq!(response(&mut connection, &mut head).await.expect("200"), Kind::Final);
        assert_eq!((head.status, head.fields.len()), (200, 1));
        assert_eq!(response_body(&mut connection).await.expect("a body").0, "hi");
        assert!(connection.reusable());
        ask(&mut connection, &mut peer, &Method::Get).await;
        peer.send(&"HTTP/1.1 102 Processing\r\n\r\n".repeat(200)).await;
        let error = loop {
            match response(&mut connection, &mut head).await {
                Ok(kind) => assert_eq!(kind, Kind::Interim),
                Err(error) => break error,
            }
        };
        assert_eq!(error.id(), "too-many-interim");
    });
}

#[test]
fn protocols_switch_only_when_asked() {
    on_each_transport(async || {
        let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nfirst";
        let (mut connection, mut peer) = client().await;
        ask(&mut connection, &mut peer, &Method::Get).await;
        peer.send(switch).await;
        let mut head = ResponseHead::default();
        assert_eq!(response(&mut connection, &mut head).await.expect_err("unasked").id(), "unexpected-switch");

        let (mut connection, mut peer) = client().await;
        let mut fields = Fields::new();
        fields.push(b"Connection", b"upgrade");
        fields.push(b"Upgrade", b"echo");
        connection.queue_head(&Method::Get, b"/", Version::Http11, &fields, RequestFraming::None);
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        peer.send(switch).await;
        assert_eq!(response(&mut connection, &mut head).await.expect("a head"), Kind::Final);
        assert_eq!(head.status, 101);
        assert!(!connection.reusable());
        assert_eq!(&*connection.into_stream().1, b"first");
    });
}

#[test]
fn how_an_upstream_can_leave() {
    on_each_transport(async || {
        let mut head = ResponseHead::default();
        for (answer, id) in [
            ("", "upstream-closed"),
            ("HTTP/1.1 200 OK\r\nConten", "head-truncated"),
            ("HTTP/1.1 100 Continue\r\n\r\n", "head-truncated"),
        ] {
            let (mut connection, mut peer) = client().await;
            ask(&mut connection, &mut peer, &Method::Get).await;
            peer.send(answer).await;
            peer.finish().await;
            let error = loop {
                match response(&mut connection, &mut head).await {
                    Ok(kind) => assert_eq!(kind, Kind::Interim),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.id(), id, "{answer:?}");
            assert_eq!(matches!(error, ResponseError::Closed), answer.is_empty());
        }
        for body in ["Content-Length: 5\r\n\r\nhel", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"] {
            let (mut connection, mut peer) = client().await;
            ask(&mut connection, &mut peer, &Method::Get).await;
            peer.send(&format!("HTTP/1.1 200 OK\r\n{body}")).await;
            peer.finish().await;
            response(&mut connection, &mut head).await.expect("a head");
            assert!(matches!(response_body(&mut connection).await, Err(BodyError::Truncated)), "{body}");
            assert!(!connection.reusable());
        }
    });
}

#[test]
fn an_early_answer_leaves_the_connection_unusable() {
    on_each_transport(async || {
        let (mut connection, mut peer) = client().await;
        connection.queue_head(&Method::Post, b"/", Version::Http11, &Fields::new(), RequestFraming::Length(10));
        connection.queue_body(Chunk::from("12345"));
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        peer.expect("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345").await;
        peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await;
        let mut head = ResponseHead::default();
        response(&mut connection, &mut head).await.expect("a head");
        assert!(connection.body_done());
        assert!(!connection.reusable(), "the upstream still waits for five bytes");
        connection.queue_body(Chunk::from("67890"));
        assert!(connection.request_complete());
        assert!(connection.reusable());
    });
}

#[test]
fn requests_with_chunks() {
    on_each_transport(async || {
        let (mut connection, mut peer) = client().await;
        let mut trailers = Fields::new();
        trailers.push(b"X-Sum", b"1");
        connection.queue_head(&Method::Put, b"/", Version::Http11, &Fields::new(), RequestFraming::Chunked);
        connection.queue_body(Chunk::from("hello"));
        connection.queue_body(Chunk::new());
        connection.queue_body(Chunk::from(vec![b'x'; 300]));
        connection.queue_end(Some(&trailers));
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        peer.expect("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n12c\r\n").await;
        peer.expect(&"x".repeat(300)).await;
        peer.expect("\r\n0\r\nX-Sum: 1\r\n\r\n").await;
    });
}

#[test]
fn an_idle_connection_knows_when_it_is_stale() {
    on_each_transport(async || {
        let (mut connection, mut peer) = client().await;
        ask(&mut connection, &mut peer, &Method::Get).await;
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        response(&mut connection, &mut ResponseHead::default()).await.expect("a head");
        assert!(connection.reusable());
        assert!(!connection.is_stale());
        peer.finish().await;
        poll_fn(|cx| connection.poll_closed(cx)).await;
        assert!(connection.is_stale());
        assert!(!connection.reusable());
    });
}
