//! HTTP/2 with clients, in clear text: many requests at once, each as it would be with HTTP/1.1.

use testkit::{Gate, Http2, Setup, Site, cases, eventually, skip_on_nginx};

cases!(
    http2,
    setup,
    [
        a_request_is_answered,
        both_versions_share_a_port,
        requests_do_not_wait_for_each_other,
        a_request_goes_on_as_http1,
        a_large_body_comes_whole,
        a_large_body_goes_whole,
        a_body_of_unknown_length_goes_on,
        trailers_are_passed_on,
        a_client_that_does_not_read_holds_only_its_own_stream,
        a_request_that_is_taken_back_is_given_up,
        a_refused_body_leaves_the_connection_alone,
        a_host_that_contradicts_the_authority_is_refused,
        too_large_a_head_is_refused,
        the_last_request_is_announced,
        an_idle_connection_ends,
        a_head_has_its_time,
        it_is_not_spoken_where_it_is_not_offered,
        a_site_that_does_not_offer_it_is_not_served_by_it,
        what_is_of_neither_version_is_told_so,
        a_client_that_pushes_is_told_to_go,
        strings_with_a_byte_of_padding_are_read,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    access_log access.log;
    server {
        listen {front};
        http2 on;
        location / { proxy_pass http://{peer0}; }
        location /told { return 200 \"$server_protocol $http2 $host $request\\n\"; }
        location /small { client_max_body_size 10; proxy_pass http://{peer0}; }
        location /stream { proxy_request_buffering off; proxy_pass http://{peer0}; }
        location /trailers {
            proxy_pass_trailers on;
            proxy_set_header Connection te;
            proxy_set_header TE trailers;
            proxy_pass http://{peer0};
        }
    }
    server { listen {front}; server_name without; http2 off; location / { return 200 x; } }
    server { listen {front1}; http2 on; keepalive_requests 2; location / { return 200 x; } }
    server { listen {front2}; http2 on; keepalive_timeout 300ms; client_header_timeout 300ms; location / { return 200 x; } }
    server { listen {front3}; location / { return 200 x; } }",
    )
}

fn connect(site: &Site) -> Http2 {
    Http2::connect(site.socket())
}

/// Bytes that differ everywhere.
fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n % 251).to_le_bytes()[0] ^ (n / 251).to_le_bytes()[0]).collect()
}

fn a_request_is_answered(site: &mut Site) {
    let answer = connect(site).get("/told");
    assert_eq!((answer.status, answer.field("content-type")), (200, "text/plain"));
    assert_eq!(answer.field("content-length"), answer.body.len().to_string());
    assert_eq!(answer.text(), format!("HTTP/2.0 h2c {} GET /told HTTP/2.0\n", site.socket().ip()));
}

fn both_versions_share_a_port(site: &mut Site) {
    assert!(site.get("/told").text().starts_with("HTTP/1.1 "));
    assert_eq!(connect(site).get("/told").status, 200);
    // What only begins like the preface is no HTTP/2.
    assert!(site.raw("PRI * HTTP/2.0\r\n\r\nSMx").starts_with("HTTP/1.1 400 "));
}

fn requests_do_not_wait_for_each_other(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        if conversation.request().target == "/held" {
            held.pass("the others are answered");
        }
        conversation.echo();
    });
    let mut client = connect(site);
    let waiting: Vec<_> = (0..20).map(|_| client.ask(client.request("GET", "/held").body(()).unwrap(), true)).collect();
    site.peer(0).wait_for_requests(20);
    assert_eq!(client.get("/free").status, 200);
    gate.open();
    for asked in waiting {
        assert_eq!(client.answer(asked).unwrap().status, 200);
    }
}

fn a_request_goes_on_as_http1(site: &mut Site) {
    let mut client = connect(site);
    let request =
        client.request("POST", "/a%20b?c=d").header("X-One", "1").header("cookie", "a=1").header("cookie", "b=2");
    let answer = client.send(request.body(()).unwrap(), b"content").unwrap();
    assert_eq!(answer.status, 200);
    let request = site.peer(0).request();
    assert_eq!((request.line(), request.body.as_slice()), ("POST /a%20b?c=d HTTP/1.1", &b"content"[..]));
    assert_eq!(request.all("x-one"), ["1"]);
    assert_eq!(request.all("cookie"), ["a=1; b=2"]);
    assert_eq!(request.all("host").len(), 1);
}

fn a_large_body_comes_whole(site: &mut Site) {
    let body = pattern(5_000_000);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    site.peer(0).reply([head.into_bytes(), body.clone()].concat());
    assert!(connect(site).get("/large").body == body);
}

fn a_large_body_goes_whole(site: &mut Site) {
    let body = pattern(900_000);
    for path in ["/kept", "/stream"] {
        site.peer(0).reset();
        let mut client = connect(site);
        let request = client.request("PUT", path).header("content-length", body.len()).body(()).unwrap();
        assert_eq!(client.send(request, &body).unwrap().status, 200);
        assert!(site.peer(0).request().body == body, "{path}");
    }
}

fn a_body_of_unknown_length_goes_on(site: &mut Site) {
    for path in ["/kept", "/stream"] {
        site.peer(0).reset();
        let mut client = connect(site);
        let request = client.request("PUT", path).body(()).unwrap();
        assert_eq!(client.send(request, b"some content").unwrap().status, 200);
        assert_eq!(site.peer(0).request().body, b"some content", "{path}");
    }
}

fn trailers_are_passed_on(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9001\r\n\r\n");
    let answer = connect(site).get("/trailers");
    assert_eq!((answer.text().as_str(), answer.trailers["x-sum"].to_str().unwrap()), ("abc", "9001"));
}

fn a_client_that_does_not_read_holds_only_its_own_stream(site: &mut Site) {
    let body = pattern(3_000_000);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let large = [head.into_bytes(), body].concat();
    site.peer(0).script(move |conversation| match conversation.request().target.as_str() {
        "/large" => drop(conversation.send(&large)),
        _ => conversation.echo(),
    });
    // The stream's window is as large as the connection's: a second connection is what is not held.
    let mut stalled = connect(site);
    let asked = stalled.ask(stalled.request("GET", "/large").body(()).unwrap(), true);
    let unread = stalled.head(asked);
    assert_eq!(connect(site).get("/other").status, 200);
    assert_eq!(unread.status(), 200);
}

fn a_request_that_is_taken_back_is_given_up(site: &mut Site) {
    let gone = Gate::new();
    let tell = gone.clone();
    site.peer(0).script(move |conversation| {
        if conversation.wait_for_close() {
            tell.open();
        }
    });
    let mut client = connect(site);
    let asked = client.ask(client.request("GET", "/slow").body(()).unwrap(), true);
    site.peer(0).wait_for_requests(1);
    client.cancel(asked);
    gone.pass("the peer's connection is closed");
    site.peer(0).reset();
    assert_eq!(client.get("/next").status, 200);
    eventually("the request is logged as given up", || {
        site.prefix().read("access.log").contains("GET /slow HTTP/2.0\" 499")
    });
}

fn a_refused_body_leaves_the_connection_alone(site: &mut Site) {
    let mut client = connect(site);
    let request = client.request("POST", "/small").body(()).unwrap();
    assert_eq!(client.send(request, &pattern(50_000)).unwrap().status, 413);
    assert!(site.peer(0).requests().is_empty());
    assert_eq!(client.get("/small").status, 200);
}

fn a_host_that_contradicts_the_authority_is_refused(site: &mut Site) {
    let mut client = connect(site);
    let request = client.request("GET", "/").header("host", "other").body(()).unwrap();
    assert_eq!(client.send(request, b"").unwrap().status, 400);
    assert!(site.peer(0).requests().is_empty());
}

fn too_large_a_head_is_refused(site: &mut Site) {
    let mut client = connect(site);
    let request = client.request("GET", "/").header("x-large", "x".repeat(9000)).body(()).unwrap();
    assert_eq!(client.send(request, b"").unwrap().status, 400);
    assert!(site.peer(0).requests().is_empty());
    assert_eq!(client.get("/next").status, 200);
}

fn the_last_request_is_announced(site: &mut Site) {
    let mut client = Http2::connect(site.place("front1").socket());
    assert_eq!(client.get("/").status, 200);
    assert_eq!(client.get("/").status, 200);
    assert!(client.wait_for_end().is_ok());
}

fn an_idle_connection_ends(site: &mut Site) {
    let mut client = Http2::connect(site.place("front2").socket());
    assert_eq!(client.get("/").status, 200);
    assert!(client.wait_for_end().is_ok());
}

fn a_head_has_its_time(site: &mut Site) {
    if skip_on_nginx("it ends the stream, not the connection") {
        return;
    }
    let mut client = site.client_at("front2");
    // A head of five bytes, of which one comes.
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x05\x01\x05\0\0\0\x01\x82");
    let end = client.read_to_end_or_reset();
    // GOAWAY, and why: PROTOCOL_ERROR.
    assert!(end.windows(4).any(|bytes| bytes == [0, 8, 7, 0]) && end.ends_with(&[0, 0, 0, 1]), "{end:?}");
}

fn it_is_not_spoken_where_it_is_not_offered(site: &mut Site) {
    let mut client = site.client_at("front3");
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert!(client.read_to_end_or_reset().starts_with(b"HTTP/1.1 400 "));
}

fn a_site_that_does_not_offer_it_is_not_served_by_it(site: &mut Site) {
    let mut client = connect(site);
    let request = client.request("GET", "/").uri("http://without/").body(()).unwrap();
    assert_eq!(client.send(request, b"").unwrap().status, 421);
    assert_eq!(client.get("/told").status, 200);
    assert_eq!(site.get_host("without", "/").status, 200);
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn what_is_of_neither_version_is_told_so(site: &mut Site) {
    if skip_on_nginx("it answers in HTTP/1") {
        return;
    }
    let mut client = site.client();
    client.send("INVALID CONNECTION PREFACE\r\n\r\n");
    // GOAWAY, and why: PROTOCOL_ERROR.
    assert_eq!(client.read_to_end_or_reset(), b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01");
    let mut later = site.client();
    assert_eq!(later.ask("GET /told HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    later.send("INVALID CONNECTION PREFACE\r\n\r\n");
    assert_eq!(later.response().status, 400);
}

fn a_client_that_pushes_is_told_to_go(site: &mut Site) {
    let mut client = site.client();
    client.send([PREFACE, b"\0\0\x04\x05\0\0\0\0\x01\0\0\0\x02"].concat());
    let end = client.read_to_end_or_reset();
    assert!(end.windows(4).any(|bytes| bytes == [0, 8, 7, 0]) && end.ends_with(&[0, 0, 0, 1]), "{end:?}");
}

fn strings_with_a_byte_of_padding_are_read(site: &mut Site) {
    let mut client = site.client();
    // GET, http, "/told", and for :authority eight times "0" with a byte of padding.
    let fields = b"\x82\x86\x44\x05/told\x41\x86\0\0\0\0\0\xff";
    let head = [&[0, 0, 17, 1, 5, 0, 0, 0, 1], &fields[..]].concat();
    for piece in [PREFACE, &head[..13], &head[13..]] {
        client.send(piece);
    }
    let seen = client.read_until(" HTTP/2.0\n");
    assert!(seen.ends_with("HTTP/2.0 h2c 00000000 GET /told HTTP/2.0\n"), "{seen:?}");
}
