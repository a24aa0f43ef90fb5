//! HTTP/2 to servers: many exchanges share a connection, and what was not begun there is begun elsewhere.

use std::collections::HashSet;

use testkit::frames::{DATA, END_HEADERS, Frames, GOAWAY, HEADERS, RST_STREAM, STATUS_200};
use testkit::{Authority, Conversation, Gate, Http2, Setup, Site, cases, eventually};

cases!(
    http2_upstream,
    setup,
    [
        a_request_goes_on_as_http2,
        fields_of_a_connection_stay_behind,
        exchanges_share_a_connection,
        a_full_connection_gets_a_second,
        without_a_pool_each_exchange_has_its_own,
        a_connection_serves_so_many_requests,
        large_bodies_go_both_ways,
        a_client_that_does_not_read_holds_up_no_other,
        an_interim_answer_is_passed_on,
        an_early_answer_ends_the_upload,
        trailers_go_both_ways,
        what_is_said_goodbye_to_is_asked_again,
        what_is_refused_is_asked_again,
        a_closed_connection_is_replaced,
        a_stream_that_breaks_off_is_told,
        a_server_that_is_silent_gets_no_more,
        a_server_of_http1_is_told_as_such,
        it_is_offered_over_tls,
    ]
);

fn setup() -> Setup {
    let authority = Authority::new("root");
    let server = authority.issue(&["localhost"]);
    Setup::http(
        "
    upstream two { server {front1}; keepalive 4; }
    upstream narrow { server {front2}; keepalive 4; }
    upstream short { server {front1}; keepalive 4; keepalive_requests 2; }
    upstream raw { server {peer1}; keepalive 4; }
    upstream old { server {peer0}; keepalive 4; }
    upstream secure { server {front3}; keepalive 4; }
    server {
        listen {front};
        http2 on;
        proxy_http_version 2;
        client_max_body_size 20m;
        location / { proxy_pass http://two; }
        location /stream { proxy_request_buffering off; proxy_pass http://two; }
        location /slow { proxy_buffering off; proxy_pass http://two; }
        location /narrow { proxy_pass http://narrow; }
        location /short { proxy_pass http://short/told; }
        location /alone { proxy_pass http://{front1}/told; }
        location /raw { proxy_pass http://raw; proxy_read_timeout 300ms; early_hints 1; }
        location /once { proxy_pass http://raw; proxy_next_upstream off; }
        location /upload { proxy_request_buffering off; lingering_close off; proxy_pass http://raw; }
        location /trailers { proxy_request_buffering off; proxy_pass_trailers on; proxy_pass http://raw; }
        location /old { proxy_pass http://old; }
        location /secure { proxy_pass https://secure; }
    }
    server {
        listen {front1};
        http2 on;
        client_max_body_size 20m;
        location / { proxy_set_header X-Connection $connection; proxy_pass http://{peer0}; }
        location /told { return 200 \"$server_protocol $connection $http_host $http_x_one $http_connection\"; }
    }
    server {
        listen {front2};
        http2 on;
        http2_max_concurrent_streams 2;
        location / { proxy_set_header X-Connection $connection; proxy_pass http://{peer0}; }
    }
    server {
        listen {front3} ssl;
        http2 on;
        ssl_certificate server.crt;
        ssl_certificate_key server.key;
        location / { return 200 \"$server_protocol $ssl_alpn_protocol $scheme $connection\"; }
    }",
    )
    .file("server.crt", server.certificate)
    .file("server.key", server.key)
}

/// The connection that a location which tells it was reached over.
fn connection_of(text: &str) -> String {
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn a_request_goes_on_as_http2(site: &mut Site) {
    let text = site.get("/told").text();
    assert!(text.starts_with("HTTP/2.0 "), "{text}");
    assert!(text.contains(" two "), "{text}");
}

fn fields_of_a_connection_stay_behind(site: &mut Site) {
    let text = site.get_with("/told", "X-One: 1\r\nConnection: keep-alive, x-two\r\nX-Two: 2\r\n").text();
    assert!(text.ends_with(" 1 "), "{text}");
}

/// On how many connections so many held requests came to the server in between.
fn connections_of_held(site: &Site, path: &str, count: usize) -> usize {
    site.peer(0).reset();
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        held.pass("all have come");
        conversation.echo();
    });
    let mut client = Http2::connect(site.socket());
    let asked: Vec<_> = (0..count).map(|_| client.ask(client.request("GET", path).body(()).unwrap(), true)).collect();
    let requests = site.peer(0).wait_for_requests(count);
    gate.open();
    for asked in asked {
        assert_eq!(client.answer(asked).unwrap().status, 200);
    }
    requests.iter().map(|request| request.field("X-Connection").unwrap().to_owned()).collect::<HashSet<_>>().len()
}

fn exchanges_share_a_connection(site: &mut Site) {
    assert_eq!(site.get("/first").status, 200);
    assert_eq!(connections_of_held(site, "/held", 8), 1);
}

fn a_full_connection_gets_a_second(site: &mut Site) {
    assert_eq!(site.get("/narrow").status, 200);
    assert_eq!(connections_of_held(site, "/narrow", 3), 2);
}

fn without_a_pool_each_exchange_has_its_own(site: &mut Site) {
    let seen: HashSet<_> = (0..3).map(|_| connection_of(&site.get("/alone").text())).collect();
    assert_eq!(seen.len(), 3);
}

fn a_connection_serves_so_many_requests(site: &mut Site) {
    let seen: Vec<_> = (0..4).map(|_| connection_of(&site.get("/short").text())).collect();
    assert_eq!((seen[0] == seen[1], seen[1] == seen[2], seen[2] == seen[3]), (true, false, true), "{seen:?}");
}

fn large_bodies_go_both_ways(site: &mut Site) {
    let body: String = (0..3_000_000).map(|n| char::from(b'a' + u8::try_from(n % 23).unwrap())).collect();
    for path in ["/large", "/stream"] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        site.peer(0).reset();
        site.peer(0).reply([head.into_bytes(), body.clone().into_bytes()].concat());
        let answer = site.post(path, &body);
        assert!(answer.text() == body, "{path}");
        assert!(site.peer(0).request().body == body.as_bytes(), "{path}");
    }
}

fn a_client_that_does_not_read_holds_up_no_other(site: &mut Site) {
    let body = vec![b'x'; 3_000_000];
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let large = [head.into_bytes(), body].concat();
    site.peer(0).script(move |conversation| match conversation.request().target.as_str() {
        "/slow" => drop(conversation.send(&large)),
        _ => conversation.echo(),
    });
    let mut stalled: Vec<_> = (0..4).map(|_| Http2::connect(site.socket())).collect();
    let mut unread = Vec::new();
    for client in &mut stalled {
        let asked = client.ask(client.request("GET", "/slow").body(()).unwrap(), true);
        unread.push(client.head(asked));
    }
    assert_eq!(site.get("/other").status, 200);
    assert!(unread.iter().all(|head| head.status() == 200));
}

/// From now on: the raw server's connections are spoken to by `script`, which gets their number.
fn speak(site: &Site, script: impl Fn(Frames<'_>, usize) + Send + Sync + 'static) {
    site.peer(1).cut_connections();
    eventually("the server is left alone", || site.peer(1).open_connections() == 0);
    let first = site.peer(1).connections();
    site.peer(1).greet(move |conversation: &mut Conversation| {
        let number = conversation.connection() - first;
        script(Frames::accept(conversation.wire(), &[]), number);
        conversation.close();
    });
}

/// Answers whatever comes with the number of the connection.
fn serve(frames: &mut Frames<'_>, number: usize) {
    while let Some(head) = frames.next_of(HEADERS) {
        frames.answer(head.stream, number.to_string().as_bytes());
    }
}

fn an_interim_answer_is_passed_on(site: &mut Site) {
    speak(site, |mut frames, _| {
        let stream = frames.next_of(HEADERS).unwrap().stream;
        // 103, by a literal value (RFC 7541 §6.2.2).
        frames.send(HEADERS, END_HEADERS, stream, b"\x08\x03103");
        frames.answer(stream, b"done");
        frames.read();
    });
    let text = site.raw("GET /raw HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(text.starts_with("HTTP/1.1 103 ") && text.contains("HTTP/1.1 200 OK"), "{text}");
}

fn an_early_answer_ends_the_upload(site: &mut Site) {
    speak(site, |mut frames, _| {
        let stream = frames.next_of(HEADERS).unwrap().stream;
        frames.answer(stream, b"enough");
        frames.send(RST_STREAM, 0, stream, &0_u32.to_be_bytes());
        while frames.read().is_some() {}
    });
    let text =
        site.raw("POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\nbegin");
    assert!(text.starts_with("HTTP/1.1 200 ") && text.contains("enough"), "{text}");
}

fn trailers_go_both_ways(site: &mut Site) {
    speak(site, |mut frames, _| {
        let head = frames.next_of(HEADERS).unwrap();
        let content = frames.next_of(DATA).unwrap();
        let trailers = frames.next_of(HEADERS).unwrap();
        frames.send(HEADERS, END_HEADERS, head.stream, STATUS_200);
        frames.send(DATA, 0, head.stream, &content.payload);
        // What they say stands in them alone: they can be sent back as they came.
        frames.send(HEADERS, trailers.flags, head.stream, &trailers.payload);
    });
    let mut client = Http2::connect(site.socket());
    let mut asked = client.ask(client.request("POST", "/trailers").header("te", "trailers").body(()).unwrap(), false);
    let trailers = [("x-sum".parse().unwrap(), "9001".parse().unwrap())].into_iter().collect();
    client.end(&mut asked, "abc", trailers);
    let answer = client.answer(asked).unwrap();
    assert_eq!((answer.text().as_str(), answer.trailers["x-sum"].to_str().unwrap()), ("abc", "9001"));
}

fn what_is_said_goodbye_to_is_asked_again(site: &mut Site) {
    speak(site, |mut frames, number| {
        if number == 0 {
            let stream = frames.next_of(HEADERS).unwrap().stream;
            frames.answer(stream, b"0");
            frames.next_of(HEADERS);
            // The first stream was the last (RFC 9113 §6.8).
            frames.send(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]);
            while frames.read().is_some() {}
        }
        serve(&mut frames, number);
    });
    assert_eq!(site.get("/raw").text(), "0");
    // Nothing was done for it: even what is not idempotent is sent again.
    assert_eq!(site.post("/raw", "content").text(), "1");
}

fn what_is_refused_is_asked_again(site: &mut Site) {
    speak(site, |mut frames, number| {
        if number == 0 {
            let stream = frames.next_of(HEADERS).unwrap().stream;
            frames.answer(stream, b"0");
            let stream = frames.next_of(HEADERS).unwrap().stream;
            frames.send(RST_STREAM, 0, stream, &7_u32.to_be_bytes());
            while frames.read().is_some() {}
        }
        serve(&mut frames, number);
    });
    assert_eq!(site.get("/raw").text(), "0");
    assert_eq!(site.post("/raw", "content").text(), "1");
}

fn a_closed_connection_is_replaced(site: &mut Site) {
    speak(site, |mut frames, number| {
        let stream = frames.next_of(HEADERS).unwrap().stream;
        frames.answer(stream, number.to_string().as_bytes());
    });
    for number in 0..3 {
        assert_eq!(site.get("/raw").text(), number.to_string());
    }
}

fn a_stream_that_breaks_off_is_told(site: &mut Site) {
    speak(site, |mut frames, _| {
        let stream = frames.next_of(HEADERS).unwrap().stream;
        frames.send(HEADERS, END_HEADERS, stream, STATUS_200);
        frames.send(DATA, 0, stream, b"some");
        frames.send(RST_STREAM, 0, stream, &2_u32.to_be_bytes());
        let stream = frames.next_of(HEADERS).unwrap().stream;
        // The connection goes on.
        frames.answer(stream, b"other");
        while frames.read().is_some() {}
    });
    let text = site.raw("GET /raw HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(text.contains("some") && !text.ends_with("0\r\n\r\n"), "{text}");
    assert_eq!(site.get("/raw").text(), "other");
}

fn a_server_that_is_silent_gets_no_more(site: &mut Site) {
    speak(site, |mut frames, number| {
        if number == 0 {
            while frames.read().is_some() {}
        }
        serve(&mut frames, number);
    });
    assert_eq!(site.get("/raw").status, 504);
    assert_eq!(site.get("/raw").text(), "1");
}

fn a_server_of_http1_is_told_as_such(site: &mut Site) {
    site.peer(0).greet(|conversation| {
        conversation.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        conversation.close();
    });
    assert_eq!(site.get("/old").status, 502);
}

fn it_is_offered_over_tls(site: &mut Site) {
    let text = site.get("/secure").text();
    assert!(text.starts_with("HTTP/2.0 h2 https "), "{text}");
    assert_eq!(site.get("/secure").text(), text);
}
