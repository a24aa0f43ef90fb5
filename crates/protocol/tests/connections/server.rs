//! Clients' connections.

use std::future::poll_fn;

use protocol::h1::{Arrival, BodyError, HeadError, Length, ServerConnection};
use protocol::{BodyKind, Fields, Method, RequestHead, ResponseHead};
use transport::Chunk;

use crate::pair::{on_each_transport, pair, request, request_body, server};

async fn answer(connection: &mut ServerConnection, text: &'static str) {
    connection.queue_head(&ResponseHead::new(200), Length::Known(text.len() as u64), true);
    connection.queue_body(Chunk::from(text));
    connection.queue_end(None);
    poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn pipelined_requests_are_answered_in_order() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            .await;
        let mut head = RequestHead::new();
        assert_eq!(request(&mut connection, &mut head).await.expect("a request"), Arrival::Head);
        assert_eq!(head.path_and_query(), b"/1");
        assert_eq!(request_body(&mut connection).await.expect("a body").0, "one");
        assert!(connection.has_pipelined_input());
        assert_eq!(connection.request_bytes(), 51);
        answer(&mut connection, "first").await;
        assert!(connection.reusable());
        assert_eq!(request(&mut connection, &mut head).await.expect("a request"), Arrival::Head);
        assert_eq!((head.path_and_query(), connection.body_kind()), (&b"/2"[..], BodyKind::None));
        assert_eq!(connection.request_bytes(), 28);
        answer(&mut connection, "second").await;
        peer.expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nfirst").await;
        peer.expect("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\nsecond").await;
        peer.finish().await;
        assert_eq!(request(&mut connection, &mut head).await.expect("the end"), Arrival::Closed);
    });
}

#[test]
fn head_and_first_content_leave_together() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send(GET).await;
        request(&mut connection, &mut RequestHead::new()).await.expect("a request");
        assert!(connection.queue_head(&ResponseHead::new(200), Length::Unknown, true));
        connection.queue_body(Chunk::from("hello"));
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        let expected = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n5\r\nhello\r\n";
        assert_eq!(peer.receive_once().await, expected);
        assert_eq!(connection.bytes_sent(), expected.len() as u64);
        assert_eq!(connection.body_bytes_sent(), 10);
        let mut trailers = Fields::new();
        trailers.push(b"X-Sum", b"1");
        trailers.push(b"Content-Length", b"9");
        connection.queue_end(Some(&trailers));
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        assert_eq!(peer.receive_once().await, "0\r\nX-Sum: 1\r\n\r\n");
    });
}

#[test]
fn a_body_arrives_in_pieces() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        let mut head = RequestHead::new();
        request(&mut connection, &mut head).await.expect("a request");
        assert!(head.expects_continue());
        connection.queue_interim(100, &Fields::new());
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        peer.expect("HTTP/1.1 100 Continue\r\n\r\n").await;
        let (whole, ()) = tokio::join!(request_body(&mut connection), async {
            for piece in ["5\r\nhel", "lo\r", "\n6;x\r\n world\r\n0\r\nX-Sum: 1\r\n", "\r\n"] {
                peer.send(piece).await;
                tokio::task::yield_now().await;
            }
        });
        let (content, trailers) = whole.expect("a body");
        assert_eq!(content, "hello world");
        assert_eq!(trailers.expect("trailers").get(b"x-sum"), Some(&b"1"[..]));
        assert!(connection.body_done());
    });
}

#[test]
fn what_is_cut_is_no_request() {
    on_each_transport(async || {
        let mut head = RequestHead::new();
        for (sent, body) in [
            ("GET / HT", false),
            ("GET / HTTP/1.1\r\nHost: a\r\n", false),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", true),
        ] {
            let (mut connection, mut peer) = server().await;
            peer.send(sent).await;
            peer.finish().await;
            let arrival = request(&mut connection, &mut head).await;
            if body {
                assert_eq!(arrival.expect("a head"), Arrival::Head);
                assert!(matches!(request_body(&mut connection).await, Err(BodyError::Truncated)));
                assert!(matches!(request_body(&mut connection).await, Err(BodyError::Truncated)), "it stays cut");
            } else {
                assert!(matches!(arrival, Err(HeadError::Truncated)), "{sent}");
            }
            answer(&mut connection, "").await;
            assert!(!connection.reusable());
        }
    });
}

#[test]
fn a_refused_request_can_be_answered_and_is_the_last() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send(&format!("GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n{GET}")).await;
        let mut head = RequestHead::new();
        let error = request(&mut connection, &mut head).await.expect_err("a space before the colon");
        assert_eq!((error.status(), error.id()), (400, "space-in-name"));
        assert_eq!(head.request_line(), b"GET / HTTP/1.1");
        assert!(!connection.queue_head(&ResponseHead::new(400), Length::None, true), "it must close");
        connection.queue_end(None);
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        peer.expect("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
        assert_eq!(request(&mut connection, &mut head).await.expect("nothing more"), Arrival::Closed);
    });
}

#[test]
fn an_unread_body_is_never_the_next_request() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send(&format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\n{GET}")).await;
        let mut head = RequestHead::new();
        request(&mut connection, &mut head).await.expect("a request");
        answer(&mut connection, "early").await;
        assert!(!connection.reusable());
        assert_eq!(request(&mut connection, &mut head).await.expect("no error"), Arrival::Closed);
        // Once it is read the connection is as good as before.
        assert_eq!(request_body(&mut connection).await.expect("a body").0, GET);
        assert!(connection.reusable());
    });
}

#[test]
fn a_response_is_what_its_head_promised() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send(&GET.repeat(2)).await;
        let mut head = RequestHead::new();
        request(&mut connection, &mut head).await.expect("a request");
        connection.queue_head(&ResponseHead::new(200), Length::Known(3), true);
        connection.queue_body(Chunk::from("abcdef"));
        connection.queue_body(Chunk::from("g"));
        connection.queue_end(None);
        assert!(connection.reusable());
        request(&mut connection, &mut head).await.expect("a request");
        connection.queue_head(&ResponseHead::new(200), Length::Known(3), true);
        connection.queue_body(Chunk::from("x"));
        connection.queue_end(None);
        assert!(!connection.reusable(), "two bytes are missing");
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        drop(connection);
        peer.expect("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc").await;
        peer.expect("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nx").await;
        peer.expect_end().await;
    });
}

#[test]
fn head_and_old_clients() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await;
        let mut head = RequestHead::new();
        request(&mut connection, &mut head).await.expect("a request");
        assert_eq!(head.method, Method::Head);
        answer(&mut connection, "hidden").await;
        peer.expect("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\n").await;
        request(&mut connection, &mut head).await.expect("a request");
        assert!(head.keep_alive());
        connection.queue_interim(103, &Fields::new());
        assert!(!connection.queue_head(&ResponseHead::new(200), Length::Unknown, true), "its end is the connection's");
        connection.queue_body(Chunk::from("raw"));
        connection.queue_end(None);
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        assert!(!connection.reusable());
        drop(connection);
        peer.expect("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nraw").await;
        peer.expect_end().await;
    });
}

#[test]
fn a_client_that_leaves_is_noticed() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send(&GET.repeat(2)).await;
        let mut head = RequestHead::new();
        request(&mut connection, &mut head).await.expect("a request");
        let mut early = true;
        poll_fn(|cx| {
            early = connection.poll_closed(cx).is_ready();
            std::task::Poll::Ready(())
        })
        .await;
        assert!(!early, "it is still there");
        peer.finish().await;
        poll_fn(|cx| connection.poll_closed(cx)).await;
        answer(&mut connection, "late").await;
        assert_eq!(
            request(&mut connection, &mut head).await.expect("the second"),
            Arrival::Head,
            "input that came stays"
        );
    });
}

#[test]
fn a_tunnel_gets_what_came_behind_the_head() {
    on_each_transport(async || {
        let (mut connection, mut peer) = server().await;
        peer.send("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nfirst").await;
        let mut head = RequestHead::new();
        request(&mut connection, &mut head).await.expect("a request");
        assert!(head.upgrade_requested());
        let mut answer = ResponseHead::new(101);
        answer.fields.push(b"Upgrade", b"echo");
        connection.queue_head(&answer, Length::None, true);
        poll_fn(|cx| connection.poll_flush(cx)).await.expect("to send");
        let (_stream, input) = connection.into_stream();
        assert_eq!(&*input, b"first");
        peer.expect("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n").await;
    });
}

#[test]
fn bytes_that_were_received_before_are_part_of_the_request() {
    on_each_transport(async || {
        let (stream, mut peer) = pair().await;
        let mut connection = ServerConnection::new(stream, Chunk::from("GET /early HT"));
        peer.send("TP/1.1\r\nHost: a\r\n\r\n").await;
        let mut head = RequestHead::new();
        request(&mut connection, &mut head).await.expect("a request");
        assert_eq!(head.path_and_query(), b"/early");
        assert!(!connection.head_started());
    });
}
