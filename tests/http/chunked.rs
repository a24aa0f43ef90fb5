//! Chunked bodies, both ways.

use testkit::{Framing, Gate, Setup, Site, cases};

cases!(
    chunked,
    setup,
    [
        a_chunked_request_arrives_whole,
        a_chunked_request_flows_chunked_without_buffering,
        chunks_that_come_together_flow_together,
        chunk_lines_come_in_all_lawful_forms,
        a_chunked_request_may_be_empty,
        a_chunked_request_cut_anywhere_is_read,
        the_next_request_starts_after_the_last_chunk,
        a_chunked_response_stays_chunked,
        a_response_without_length_becomes_chunked,
        an_http_10_client_gets_no_chunks,
        a_broken_chunk_cuts_the_response,
        chunks_flow_as_they_come,
    ]
);

fn setup() -> Setup {
    Setup::server(
        "
        location / { proxy_pass http://{peer0}; }
        location /stream { proxy_request_buffering off; proxy_pass http://{peer0}; }
        location /direct { proxy_buffering off; proxy_pass http://{peer0}; }",
    )
}

const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

fn a_chunked_request_arrives_whole(site: &mut Site) {
    site.ask(&format!("{HEAD}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"));
    let request = site.peer(0).request();
    assert_eq!(request.text(), "hello world");
    assert_eq!(request.framing, Framing::Length, "a buffered body has a known length");
    assert_eq!(request.field("Content-Length"), Some("11"));
}

fn a_chunked_request_flows_chunked_without_buffering(site: &mut Site) {
    let mut client = site.client();
    client.send("POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    let request = &site.peer(0).wait_for_requests(1)[0];
    assert_eq!((request.framing, request.field("Content-Length")), (Framing::Chunked, None));
    client.send("6\r\n world\r\n0\r\n\r\n");
    assert_eq!(client.response().status, 200);
    assert_eq!(site.peer(0).request().text(), "hello world");
}

fn chunks_that_come_together_flow_together(site: &mut Site) {
    site.peer(0).script(|conversation| {
        let raw = conversation.wire().read_until(b"world\r\n").unwrap_or_default().unwrap_or_default();
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", raw.len());
        conversation.send([head.as_bytes(), &raw].concat());
        conversation.close();
    });
    let mut client = site.client();
    client.send(HEAD.replace("POST /", "POST /stream") + "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n");
    assert_eq!(client.response().text().to_ascii_lowercase(), "b\r\nhello world\r\n");
}

fn chunk_lines_come_in_all_lawful_forms(site: &mut Site) {
    let forms = [
        ("a\r\n0123456789\r\n0\r\n\r\n", "lower case"),
        ("A\r\n0123456789\r\n0\r\n\r\n", "upper case"),
        ("00a\r\n0123456789\r\n000\r\n\r\n", "leading zeros"),
        ("a;name=value\r\n0123456789\r\n0;last\r\n\r\n", "extensions"),
        ("a;name=\"value\"\r\n0123456789\r\n0\r\n\r\n", "a quoted extension"),
    ];
    for (body, what) in forms {
        let response = site.ask(&format!("{HEAD}{body}"));
        assert!(response.text().ends_with("\r\n\r\n0123456789"), "{what}: {}", response.text());
    }
}

fn a_chunked_request_may_be_empty(site: &mut Site) {
    site.ask(&format!("{HEAD}0\r\n\r\n"));
    let request = site.peer(0).request();
    assert_eq!((request.body.len(), request.field("Content-Length")), (0, Some("0")));
}

fn a_chunked_request_cut_anywhere_is_read(site: &mut Site) {
    let body = "4;x=\"y\"\r\nabcd\r\n2\r\nef\r\n0\r\nX-T: 1\r\n\r\n";
    let mut client = site.client();
    for at in 0..=body.len() {
        client.send(format!("{HEAD}{}", &body[..at]));
        client.send(&body[at..]);
        assert!(client.response().text().ends_with("\r\n\r\nabcdef"), "cut at {at}");
    }
}

fn the_next_request_starts_after_the_last_chunk(site: &mut Site) {
    let mut client = site.client();
    client.send(format!("{HEAD}3\r\nabc\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(client.response().text().ends_with("abc"));
    assert!(client.response().text().starts_with("GET /next "));
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

fn a_chunked_response_stays_chunked(site: &mut Site) {
    site.peer(0).reply(format!("{CHUNKED}3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"));
    let mut client = site.client();
    for _ in 0..2 {
        let response = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((response.framing, response.text().as_str()), (Framing::Chunked, "abcdefg"));
        assert_eq!(response.field("Content-Length"), None);
    }
}

fn a_response_without_length_becomes_chunked(site: &mut Site) {
    site.peer(0).reply_and_close("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    let mut client = site.client();
    for _ in 0..2 {
        let response = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((response.framing, response.text().as_str()), (Framing::Chunked, "until the end"));
    }
}

fn an_http_10_client_gets_no_chunks(site: &mut Site) {
    site.peer(0).reply(format!("{CHUNKED}3\r\nabc\r\n0\r\n\r\n"));
    let response = site.ask("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!((response.framing, response.text().as_str()), (Framing::UntilClose, "abc"));
    assert_eq!((response.field("Transfer-Encoding"), response.field("Connection")), (None, Some("close")));
}

fn a_broken_chunk_cuts_the_response(site: &mut Site) {
    for broken in ["3\r\nabc\r\nxyz\r\n", "3\r\nabcd\r\n0\r\n\r\n", "5\r\nabc"] {
        site.peer(0).reply_and_close(format!("{CHUNKED}{broken}"));
        let mut client = site.client();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let all = client.read_to_end_or_reset();
        let text = String::from_utf8_lossy(&all);
        assert!(!text.ends_with("0\r\n\r\n"), "{broken:?} must not look complete: {text}");
    }
}

fn chunks_flow_as_they_come(site: &mut Site) {
    let gate = Gate::new();
    let waits = gate.clone();
    site.peer(0).script(move |conversation| {
        conversation.send(format!("{CHUNKED}5\r\nfirst\r\n"));
        waits.wait();
        conversation.send("6\r\nsecond\r\n0\r\n\r\n");
    });
    let mut client = site.client();
    client.send("GET /direct HTTP/1.1\r\nHost: a\r\n\r\n");
    client.head();
    assert_eq!(client.read_until("first\r\n"), "5\r\nfirst\r\n");
    gate.open();
    assert!(client.read_until("0\r\n\r\n").contains("second"));
}
