//! Who waits for whom: responses and requests buffered, spilled to disk, or passed at once.

use testkit::{Conversation, Framing, Gate, Setup, Site, cases, eventually, skip_on_nginx};

cases!(
    buffering,
    setup,
    [
        a_buffered_response_frees_the_peer,
        a_large_response_is_spilled_to_disk,
        without_a_temp_file_the_peer_waits,
        an_unbuffered_response_flows_at_once,
        events_flow_at_once_by_default,
        a_buffered_request_comes_whole,
        a_large_request_is_spilled_to_disk,
        an_unbuffered_request_flows_at_once,
        an_unbuffered_chunked_request_flows_at_once,
        a_body_that_was_passed_on_is_not_promised_again,
        a_large_response_comes_whole,
        a_large_request_goes_whole,
        a_rate_is_kept,
        the_peer_can_switch_buffering_off,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    client_max_body_size 0;
    server {
        listen {front};
        location / { proxy_pass http://{peer0}; }
        location /direct { proxy_buffering off; proxy_pass http://{peer0}; }
        location /memory { proxy_max_temp_file_size 0; proxy_pass http://{peer0}; }
        location /small { client_body_buffer_size 1k; proxy_pass http://{peer0}; }
        location /stream { proxy_request_buffering off; proxy_pass http://{peer0}; }
        location /passed { proxy_request_buffering off; error_page 502 = @other; proxy_pass http://{peer0}; }
        location @other { proxy_pass http://{peer1}; }
        location /rate { proxy_limit_rate 50k; proxy_pass http://{peer0}; }
    }",
    )
}

/// Bytes that differ everywhere, so that none can be lost or swapped unseen.
fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n % 251).to_le_bytes()[0] ^ (n / 251).to_le_bytes()[0]).collect()
}

const LARGE: usize = 20_000_000;

fn large_response() -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n");
    [head.into_bytes(), pattern(LARGE)].concat()
}

/// A peer that sends a large response and says when the proxy has taken it all.
fn large_peer(site: &Site) -> Gate {
    let taken = Gate::new();
    let tell = taken.clone();
    site.peer(0).script(move |conversation| {
        if conversation.send(large_response()) {
            tell.open();
        }
    });
    taken
}

fn a_buffered_response_frees_the_peer(site: &mut Site) {
    let taken = large_peer(site);
    let mut client = site.client();
    client.wire().shrink_receive_buffer();
    client.send("GET /freed HTTP/1.1\r\nHost: a\r\n\r\n");
    taken.pass("the peer is free while the client has read nothing");
}

fn a_large_response_is_spilled_to_disk(site: &mut Site) {
    let taken = large_peer(site);
    let mut client = site.client();
    client.send("GET /spilled HTTP/1.1\r\nHost: a\r\n\r\n");
    taken.pass("the peer is free");
    let response = client.response();
    assert!(response.body == pattern(LARGE), "{} bytes", response.body.len());
    let logged = "an upstream response is buffered to a temporary file";
    eventually("the spill is logged", || site.error_log().contains(logged));
}

fn without_a_temp_file_the_peer_waits(site: &mut Site) {
    let taken = large_peer(site);
    let mut client = site.client();
    client.wire().shrink_receive_buffer();
    client.send("GET /memory HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    assert!(!taken.wait_at_most(std::time::Duration::from_millis(150)), "the peer waits for the client");
}

/// A peer that sends two pieces with a gate between them.
fn gated_peer(site: &Site, head: &'static str) -> Gate {
    let gate = Gate::new();
    let waits = gate.clone();
    site.peer(0).script(move |conversation: &mut Conversation| {
        conversation.send(format!("{head}first\n"));
        waits.wait();
        conversation.send("second\n");
        conversation.close();
    });
    gate
}

/// The first piece arrives before the gate opens.
fn flows_at_once(site: &Site, path: &str, head: &'static str) {
    let gate = gated_peer(site, head);
    let mut client = site.client();
    client.send(format!("GET {path} HTTP/1.0\r\nHost: a\r\n\r\n"));
    client.head();
    assert_eq!(client.read_until("first\n"), "first\n");
    gate.open();
    assert_eq!(client.read_to_end(), b"second\n");
}

fn an_unbuffered_response_flows_at_once(site: &mut Site) {
    flows_at_once(site, "/direct", "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n");
    flows_at_once(site, "/direct", "HTTP/1.1 200 OK\r\n\r\n");
}

fn events_flow_at_once_by_default(site: &mut Site) {
    if testkit::skip_on_nginx("it holds events back unless told otherwise") {
        return;
    }
    flows_at_once(site, "/", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    flows_at_once(site, "/", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n");
}

fn a_buffered_request_comes_whole(site: &mut Site) {
    let mut client = site.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst");
    client.expect_silence(std::time::Duration::from_millis(50));
    assert!(site.peer(0).requests().is_empty(), "the peer is not asked before the body is there");
    assert_eq!(client.ask("later").status, 200);
    assert_eq!(site.peer(0).request().text(), "firstlater");
}

fn a_large_request_is_spilled_to_disk(site: &mut Site) {
    // What is smaller may stay in the memory that a worker has for all bodies.
    let body = pattern(5_000_000);
    let mut client = site.client();
    client.send(format!("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len()));
    client.send(&body);
    assert_eq!(client.response().status, 200);
    assert!(site.peer(0).request().body == body);
    let logged = "a client request body is buffered to a temporary file";
    eventually("the spill is logged", || site.error_log().contains(logged));
}

fn an_unbuffered_request_flows_at_once(site: &mut Site) {
    let seen = Gate::new();
    let tell = seen.clone();
    site.peer(0).script(move |conversation| {
        if conversation.wire().read_exactly(5).is_ok_and(|piece| piece == b"first") {
            tell.open();
        }
        conversation.wire().read_exactly(5).unwrap();
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        conversation.close();
    });
    let mut client = site.client();
    client.send("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst");
    seen.pass("the first piece reaches the peer");
    assert_eq!(client.ask("later").status, 200);
    assert_eq!(site.peer(0).request().framing, Framing::Length);
}

fn an_unbuffered_chunked_request_flows_at_once(site: &mut Site) {
    let seen = Gate::new();
    let tell = seen.clone();
    site.peer(0).script(move |conversation| {
        if conversation.wire().read_until(b"first").is_ok() {
            tell.open();
        }
        conversation.wire().read_until(b"\r\n0\r\n\r\n").unwrap();
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        conversation.close();
    });
    let mut client = site.client();
    client.send("POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    seen.pass("the first piece reaches the peer");
    assert_eq!(client.ask("5\r\nlater\r\n0\r\n\r\n").status, 200);
    assert_eq!(site.peer(0).request().framing, Framing::Chunked);
}

fn a_body_that_was_passed_on_is_not_promised_again(site: &mut Site) {
    if skip_on_nginx("it promises the length again, and never sends the body") {
        return;
    }
    site.peer(0).script(Conversation::abort);
    assert_eq!(site.post("/passed", "body").status, 200);
    let request = site.peer(1).request();
    assert_eq!((request.framing, request.text().as_str()), (Framing::None, ""));
}

fn a_large_response_comes_whole(site: &mut Site) {
    for path in ["/", "/direct", "/memory"] {
        site.peer(0).reply(large_response());
        let response = site.get(path);
        assert!(response.body == pattern(LARGE), "{path}: {} bytes", response.body.len());
    }
}

fn a_large_request_goes_whole(site: &mut Site) {
    let body = pattern(5_000_000);
    for path in ["/", "/stream"] {
        site.peer(0).reset();
        let mut client = site.client();
        client.send(format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len()));
        client.send(&body);
        assert_eq!(client.response().status, 200);
        assert!(site.peer(0).request().body == body, "{path}");
    }
}

fn a_rate_is_kept(site: &mut Site) {
    // 50 kB in each second of the clock: the third part has to wait for the third.
    let body = pattern(125_000);
    site.peer(0).reply([b"HTTP/1.1 200 OK\r\nContent-Length: 125000\r\n\r\n".as_slice(), &body].concat());
    let (response, time) = testkit::timed(|| site.get("/rate"));
    assert!(response.body == body);
    assert!(time > std::time::Duration::from_millis(900), "{time:?}");
}

fn the_peer_can_switch_buffering_off(site: &mut Site) {
    flows_at_once(site, "/", "HTTP/1.1 200 OK\r\nX-Accel-Buffering: no\r\n\r\n");
}
