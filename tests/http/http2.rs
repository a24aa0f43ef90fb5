//! HTTP/2 with clients, in clear text: many requests at once, each as it would be with HTTP/1.1.

use testkit::{Client, Gate, Http2, Setup, Site, cases, eventually, skip_on_nginx};

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
        a_head_that_does_not_come_cuts_no_answer,
        it_is_not_spoken_where_it_is_not_offered,
        a_site_that_does_not_offer_it_is_not_served_by_it,
        what_is_of_neither_version_is_told_so,
        a_bad_request_of_http1_is_answered_in_it,
        what_came_before_a_break_is_passed_on,
        a_client_that_pushes_is_told_to_go,
        strings_with_a_byte_of_padding_are_read,
        heads_in_parts_with_a_byte_of_padding_are_read,
        a_malformed_request_is_answered_and_others_are_served,
        a_method_is_as_over_http1,
        the_bytes_of_a_head_are_counted_as_they_came,
        a_body_of_another_length_is_answered,
        frames_hold_as_much_as_is_configured,
        a_client_may_keep_what_nobody_waits_for,
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
        location /length { return 200 \"$request_length\"; }
        location /bytewise { http2_chunk_size 1; return 200 body; }
        location /small { client_max_body_size 10; proxy_pass http://{peer0}; }
        location /stream { proxy_request_buffering off; proxy_pass http://{peer0}; }
        location /direct { proxy_buffering off; proxy_pass http://{peer0}; }
        location /trailers {
            proxy_pass_trailers on;
            proxy_set_header Connection te;
            proxy_set_header TE trailers;
            proxy_pass http://{peer0};
        }
    }
    server { listen {front}; server_name without; http2 off; location / { return 200 x; } }
    server { listen {front1}; http2 on; keepalive_requests 2; location / { return 200 x; } }
    server {
        listen {front2};
        http2 on;
        keepalive_timeout 300ms;
        client_header_timeout 300ms;
        location / { return 200 x; }
        location /slow { proxy_pass http://{peer0}; }
    }
    server { listen {front3}; location / { return 200 x; } }",
    )
}

fn connect(site: &Site) -> Http2 {
    Http2::connect(site.socket())
}

/// A frame of a stream, or of the connection.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// The next frame that is of a stream: its kind, flags, stream and payload.
fn read_frame(client: &mut Client) -> (u8, u8, u8, Vec<u8>) {
    loop {
        let header = client.read_exactly(9);
        let payload = client.read_exactly(usize::from(header[1]) << 8 | usize::from(header[2]));
        // A stream's window is of no interest.
        if header[8] > 0 && header[3] != 8 {
            return (header[3], header[4], header[8], payload);
        }
    }
}

/// The statuses of so many responses, as the heads' first bytes have them, and the streams.
fn statuses(client: &mut Client, count: usize) -> Vec<(u8, u8)> {
    let mut seen = Vec::new();
    while seen.len() < count {
        if let (1, _, stream, head) = read_frame(client) {
            seen.push((stream, head[0]));
        }
    }
    seen
}

const STATUS_200: u8 = 0x88;
const STATUS_400: u8 = 0x8c;

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

fn a_head_that_does_not_come_cuts_no_answer(site: &mut Site) {
    if skip_on_nginx("it ends the stream, not the connection") {
        return;
    }
    let (gate, cut) = (Gate::new(), frame(1, 5, 3, b"\x82\x86"));
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        held.pass("another head had its time");
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
    });
    let mut client = site.client_at("front2");
    client.send([PREFACE, &frame(1, 5, 1, b"\x82\x86\x44\x05/slow\x41\x01a"), &cut[..10]].concat());
    // For as long as another connection is given for its head, which comes no sooner.
    let mut other = site.client_at("front2");
    other.send([PREFACE, &cut[..10]].concat());
    other.read_to_end_or_reset();
    gate.open();
    assert_eq!(statuses(&mut client, 1), [(1, STATUS_200)]);
    assert_eq!(read_frame(&mut client), (0, 1, 1, b"slow".to_vec()));
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

fn a_bad_request_of_http1_is_answered_in_it(site: &mut Site) {
    for line in ["GET /a b HTTP/1.1", "GET / HTTP/1.10", "GET /  HTTP/1.0"] {
        let mut client = site.client();
        client.send(format!("{line}\r\nHost: a\r\n\r\n"));
        assert_eq!(client.response().status, 400, "{line}");
    }
}

fn what_came_before_a_break_is_passed_on(site: &mut Site) {
    let mut client = connect(site);
    site.peer(0).reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n");
    let asked = client.ask(client.request("GET", "/direct").body(()).unwrap(), true);
    let mut incoming = client.incoming(asked);
    assert_eq!((incoming.status, client.hear(&mut incoming, 4).unwrap()), (200, b"half".to_vec()));
    assert!(client.hear(&mut incoming, 1).unwrap_err().is_reset());
    assert_eq!(client.get("/told").status, 200);
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

fn heads_in_parts_with_a_byte_of_padding_are_read(site: &mut Site) {
    let mut client = site.client();
    let fields = b"\x82\x86\x44\x05/told\x41\x86\0\0\0\0\0\xff";
    client.send([PREFACE, &frame(1, 1, 1, &fields[..12]), &frame(9, 0, 1, &fields[12..14])].concat());
    client.send(frame(9, 4, 1, &fields[14..]));
    let seen = client.read_until(" HTTP/2.0\n");
    assert!(seen.ends_with("HTTP/2.0 h2c 00000000 GET /told HTTP/2.0\n"), "{seen:?}");
}

fn a_malformed_request_is_answered_and_others_are_served(site: &mut Site) {
    let mut client = site.client();
    client.send(PREFACE);
    // What it says is not remembered.
    let good = b"\x82\x86\x04\x05/told\x01\x01a";
    let malformed: [&[u8]; 9] = [
        // Without a method, a scheme; with an empty authority, no path at all, a field of a connection, a length that is none.
        b"\x86\x44\x05/told\x41\x01a",
        b"\x82\x44\x05/told\x41\x01a",
        b"\x82\x86\x44\x05/told\x41\x00",
        b"\x82\x86\x44\x04told\x41\x01a",
        b"\x82\x86\x44\x05/told\x41\x01a\x00\x0aconnection\x01x",
        b"\x82\x86\x44\x05/told\x41\x01a\x0f\x0d\x01x",
        // A name with a capital, which is to be remembered, and it again by its number; a value with a control character.
        b"\x82\x86\x04\x05/told\x01\x01a\x40\x03X-A\x01b",
        b"\x82\x86\x04\x05/told\x01\x01a\xbe",
        b"\x82\x86\x44\x05/told\x41\x01a\x00\x01x\x01\x07",
    ];
    for (turn, fields) in (0..).zip(malformed) {
        let stream = turn * 4 + 1;
        client.send([frame(1, 5, stream, fields), frame(1, 5, stream + 2, good)].concat());
        let mut seen = statuses(&mut client, 2);
        seen.sort_unstable();
        assert_eq!(seen, [(stream, STATUS_400), (stream + 2, STATUS_200)], "{fields:?}");
    }
    eventually("each is logged", || site.prefix().read("access.log").matches("\"-\" 400 0").count() == malformed.len());
}

fn a_method_is_as_over_http1(site: &mut Site) {
    let mut client = site.client();
    client.send(PREFACE);
    for (stream, method, expected) in [(1, b"get", STATUS_400), (3, b"G-1", STATUS_400), (5, b"G-T", STATUS_200)] {
        let fields = [&b"\x02\x03"[..], method, b"\x86\x44\x05/told\x41\x01a"].concat();
        client.send(frame(1, 5, stream, &fields));
        assert_eq!(statuses(&mut client, 1), [(stream, expected)], "{method:?}");
    }
}

fn the_bytes_of_a_head_are_counted_as_they_came(site: &mut Site) {
    let mut client = site.client();
    client.send(PREFACE);
    let fields = b"\x82\x86\x44\x07/length\x41\x01a";
    let heads = [
        frame(1, 5, 1, fields),
        // Neither padding nor a priority counts, nor in how many frames it came.
        frame(1, 0x2d, 3, &[b"\x02\0\0\0\0\x10", &fields[..], b"\0\0"].concat()),
        [frame(1, 1, 5, &fields[..4]), frame(9, 4, 5, &fields[4..])].concat(),
        // What is in the table by now.
        frame(1, 5, 7, b"\x82\x86\xbf\xbe"),
    ];
    for (head, expected) in heads.into_iter().zip(["14", "14", "14", "4"]) {
        client.send(head);
        let length = loop {
            if let (0, _, _, content) = read_frame(&mut client) {
                break content;
            }
        };
        assert_eq!(String::from_utf8_lossy(&length), expected);
    }
}

fn a_body_of_another_length_is_answered(site: &mut Site) {
    let mut client = site.client();
    client.send(PREFACE);
    // POST, with four bytes where three and five were announced.
    for (stream, length) in [(1, b'3'), (3, b'5')] {
        let fields = [&b"\x83\x86\x44\x05/next\x41\x01a\x0f\x0d\x01"[..], &[length]].concat();
        client.send([frame(1, 4, stream, &fields), frame(0, 1, stream, b"four")].concat());
        assert_eq!(statuses(&mut client, 1), [(stream, STATUS_400)]);
    }
    eventually("both are logged as what they were told", || {
        site.prefix().read("access.log").matches("POST /next HTTP/2.0\" 400").count() == 2
    });
    assert!(site.peer(0).requests().is_empty());
}

fn frames_hold_as_much_as_is_configured(site: &mut Site) {
    let mut client = site.client();
    client.send([PREFACE, &frame(1, 5, 1, b"\x82\x86\x44\x09/bytewise\x41\x01a")].concat());
    assert_eq!(statuses(&mut client, 1), [(1, STATUS_200)]);
    let frames: Vec<_> = (0..4).map(|_| read_frame(&mut client)).collect();
    let expected = b"body".iter().zip([0, 0, 0, 1]).map(|(byte, end)| (0, end, 1, vec![*byte]));
    assert_eq!(frames, expected.collect::<Vec<_>>());
}

fn a_client_may_keep_what_nobody_waits_for(site: &mut Site) {
    let mut client = site.client();
    // POST, and nothing of its body.
    client.send([PREFACE, &frame(1, 4, 1, b"\x83\x86\x44\x05/told\x41\x01a")].concat());
    assert_eq!(statuses(&mut client, 1), [(1, STATUS_200)]);
    assert_eq!(read_frame(&mut client), (0, 1, 1, b"HTTP/2.0 h2c a POST /told HTTP/2.0\n".to_vec()));
    // RST_STREAM, and why: NO_ERROR.
    assert_eq!(read_frame(&mut client), (3, 0, 1, vec![0; 4]));
    client.send([frame(0, 1, 1, b"late"), frame(1, 5, 3, b"\x82\x86\x44\x05/told\x41\x01a")].concat());
    assert_eq!(statuses(&mut client, 1), [(3, STATUS_200)]);
}
