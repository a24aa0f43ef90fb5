//! What clients send before their handshake is over: served where that does no harm, and never twice.

use std::io::{Read, Write};
use std::net::TcpStream;

use testkit::{Authority, Issued, Setup, Signal, Site, Visitor, cases, eventually};

use super::tls::body;

cases!(
    early_data,
    Fresh,
    setup,
    [
        a_request_is_served_before_the_handshake_is_over,
        the_origin_is_told,
        what_changes_something_waits_for_the_handshake,
        what_asks_for_another_protocol_waits_for_the_handshake,
        a_request_in_several_pieces_is_served,
        nothing_that_was_sent_is_served_when_it_is_sent_again,
        who_never_finishes_changes_nothing,
        it_is_not_taken_where_it_is_not_allowed,
        requests_of_http2_wait_each_for_itself,
        a_reload_keeps_what_was_promised,
    ]
);

fn setup() -> Setup {
    let Issued { certificate, key } = Authority::new("root").issue(&["one"]);
    Setup::http(CONFIG).file("one.crt", certificate).file("one.key", key)
}

const CONFIG: &str = "
    ssl_certificate one.crt;
    ssl_certificate_key one.key;
    client_header_timeout 2s;
    server {
        listen {front} ssl;
        server_name one;
        ssl_early_data on;
        http2 on;
        location / { return 200 '[$ssl_early_data]$ssl_session_reused'; }
        location /back {
            proxy_set_header Early-Data $ssl_early_data;
            proxy_pass http://{peer0};
        }
        location /tunnel {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_set_header Early-Data $ssl_early_data;
            proxy_pass http://{peer0};
        }
    }
    server {
        listen {front1} ssl;
        server_name one;
        location / { return 200 '[$ssl_early_data]'; }
    }";

/// A client that was there before.
fn known(site: &Site, place: &str) -> Visitor {
    let visitor = Visitor::eager();
    visitor.visit(site.place(place).socket(), "one", b"").unwrap().get("one", "/");
    visitor
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: one\r\n\r\n").into_bytes()
}

fn post(text: &str) -> Vec<u8> {
    format!("POST /back HTTP/1.1\r\nHost: one\r\nContent-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

/// What the server answers to bytes that it has had before.
fn again(site: &Site, bytes: &[u8]) -> Vec<u8> {
    let mut echo = TcpStream::connect(site.socket()).unwrap();
    echo.write_all(bytes).unwrap();
    echo.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answered = Vec::new();
    echo.read_to_end(&mut answered).unwrap();
    answered
}

/// Whether an answer begins with a server's hello that resumes a session: with `pre_shared_key` (RFC 8446 §4.1.3, §4.2.11).
fn resumes(answered: &[u8]) -> bool {
    assert_eq!((answered[0], answered[5]), (22, 2), "a server's hello");
    // Behind the heads of a record and a message, a version, a random number, the client's session and a suite.
    let rest = &answered[5 + 4 + 2 + 32 + 1 + usize::from(answered[43]) + 2 + 1..];
    let pair = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
    let mut extensions = &rest[2..2 + usize::from(pair(rest))];
    let mut found = Vec::new();
    while !extensions.is_empty() {
        found.push(pair(extensions));
        extensions = &extensions[4 + usize::from(pair(&extensions[2..]))..];
    }
    assert!(found.contains(&51), "its key share is among {found:?}");
    found.contains(&41)
}

fn a_request_is_served_before_the_handshake_is_over(site: &mut Site) {
    let mut early = known(site, "front").visit_early(site.socket(), "one", &get("/"));
    assert_eq!(body(&early.answer(4)), "[1]r");
    let (mut visit, taken) = early.finish();
    assert!(taken);
    assert_eq!(body(&visit.get("one", "/")), "[]r", "the next comes after the handshake");
}

fn the_origin_is_told(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 425 Too Early\r\nContent-Length: 5\r\n\r\nlater");
    let visitor = known(site, "front");
    let mut early = visitor.visit_early(site.socket(), "one", &get("/back"));
    let answer = early.answer(5);
    assert!(answer.starts_with("HTTP/1.1 425 ") && body(&answer) == "later", "{answer}");
    assert_eq!(site.peer(0).request().field("early-data"), Some("1"));
    site.peer(0).reset();
    let (mut visit, _) = early.finish();
    visit.get("one", "/back");
    assert_eq!(site.peer(0).request().field("early-data"), None);
}

fn what_changes_something_waits_for_the_handshake(site: &mut Site) {
    let visitor = known(site, "front");
    let early = visitor.visit_early(site.socket(), "one", &post("something"));
    // The one worker has had its turn.
    assert_eq!(body(&Visitor::new(None, false).visit(site.socket(), "one", b"").unwrap().get("one", "/")), "[].");
    assert!(site.peer(0).requests().is_empty(), "nothing has reached the origin");
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    let (mut visit, taken) = early.finish();
    assert!(taken && visit.head().starts_with("HTTP/1.1 200 "));
    assert_eq!(visit.read_exactly(4), b"done");
    let request = site.peer(0).request();
    assert_eq!((request.text().as_str(), request.field("early-data")), ("something", None));
}

fn what_asks_for_another_protocol_waits_for_the_handshake(site: &mut Site) {
    let asks = b"GET /tunnel HTTP/1.1\r\nHost: one\r\nUpgrade: lines\r\nConnection: Upgrade\r\n\r\n";
    let early = known(site, "front").visit_early(site.socket(), "one", asks);
    // The one worker has had its turn.
    assert_eq!(body(&Visitor::new(None, false).visit(site.socket(), "one", b"").unwrap().get("one", "/")), "[].");
    site.peer(0).reply("HTTP/1.1 101 Switching Protocols\r\nUpgrade: lines\r\nConnection: Upgrade\r\n\r\n");
    let (mut visit, taken) = early.finish();
    assert!(taken && visit.head().starts_with("HTTP/1.1 101 "));
    assert_eq!(site.peer(0).request().field("early-data"), None);
}

fn a_request_in_several_pieces_is_served(site: &mut Site) {
    let text = "x".repeat(3000);
    let sent = [post(&text), get("/")].concat();
    let (before, after) = sent.split_at(1000);
    let visitor = known(site, "front");
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    let (mut visit, _) = visitor.visit_early(site.socket(), "one", before).finish();
    visit.send(after);
    assert!(visit.head().starts_with("HTTP/1.1 200 ") && visit.read_exactly(4) == b"done");
    assert!(visit.head().starts_with("HTTP/1.1 200 ") && visit.read_exactly(3) == b"[]r");
    assert_eq!(site.peer(0).request().text(), text);
}

fn nothing_that_was_sent_is_served_when_it_is_sent_again(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce");
    let mut early = known(site, "front").visit_early(site.socket(), "one", &get("/back"));
    assert_eq!(body(&early.answer(4)), "once");
    let answered = again(site, early.sent());
    assert!(!resumes(&answered), "the server knows no such session any more");
    assert_eq!(site.peer(0).requests().len(), 1);
}

fn who_never_finishes_changes_nothing(site: &mut Site) {
    let early = known(site, "front").visit_early(site.socket(), "one", &post("something"));
    let mut socket = early.abandon();
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).unwrap();
    assert!(site.peer(0).requests().is_empty());
}

fn it_is_not_taken_where_it_is_not_allowed(site: &mut Site) {
    // What is sent first to another site of this name is nothing to it.
    let elsewhere = known(site, "front").visit_early(site.place("front1").socket(), "one", &post("something"));
    let (mut visit, taken) = elsewhere.finish();
    assert!(!taken);
    assert_eq!(body(&visit.get("one", "/")), "[]");
    assert!(site.peer(0).requests().is_empty());
    let visitor = known(site, "front1");
    let mut again = visitor.visit(site.place("front1").socket(), "one", b"").unwrap();
    assert!(again.is_resumed());
    assert_eq!(body(&again.get("one", "/")), "[]");
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The frames of a request (RFC 9113 §6), with indexed and plain fields (RFC 7541 §6).
fn request_frames(stream: u8, method: u8, path: &str, content: &str) -> Vec<u8> {
    let frame = |kind: u8, flags: u8, payload: &[u8]| {
        let head = [0, 0, u8::try_from(payload.len()).unwrap(), kind, flags, 0, 0, 0, stream];
        [&head, payload].concat()
    };
    let length = u8::try_from(path.len()).unwrap();
    let fields = [&[method, 0x87, 0x41, 3], &b"one"[..], &[0x44, length], path.as_bytes()].concat();
    let last = u8::from(content.is_empty());
    let head = frame(1, 4 | last, &fields);
    if last == 1 { head } else { [head, frame(0, 1, content.as_bytes())].concat() }
}

const GET: u8 = 0x82;
const POST: u8 = 0x83;

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn requests_of_http2_wait_each_for_itself(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    let visitor = Visitor::eager().speaking("h2");
    let mut visit = visitor.visit(site.socket(), "one", b"").unwrap();
    visit.send([PREFACE, &request_frames(1, GET, "/", "")].concat());
    visit.read_until(|answer| has(answer, b"[]."));
    let requests = [request_frames(1, POST, "/back", "something"), request_frames(3, GET, "/", "")].concat();
    let mut early = visitor.visit_early(site.socket(), "one", &[PREFACE, &requests].concat());
    let answer = early.read_until(|answer| has(answer, b"[1]r"));
    assert!(!has(&answer, b"done"));
    let (mut visit, taken) = early.finish();
    assert!(taken);
    visit.read_until(|answer| has(answer, b"done"));
    let request = site.peer(0).request();
    assert_eq!((request.text().as_str(), request.field("early-data")), ("something", None));
}

fn a_reload_keeps_what_was_promised(site: &mut Site) {
    let visitors = [known(site, "front"), known(site, "front")];
    site.server().signal(Signal::HUP);
    site.server().wait_for_log("the new configuration is in force");
    let mut early = visitors[0].visit_early(site.socket(), "one", &get("/"));
    assert_eq!(body(&early.answer(4)), "[1]r");
    assert!(!resumes(&again(site, early.sent())), "nor is it forgotten what was taken");
    site.rewrite_config(&Setup::http(&CONFIG.replace("ssl_early_data on", "ssl_early_data off")));
    site.server().signal(Signal::HUP);
    eventually("it is not taken any more", || {
        site.error_log().matches("the new configuration is in force").count() == 2
    });
    let (mut visit, taken) = visitors[1].visit_early(site.socket(), "one", &get("/back")).finish();
    assert!(!taken);
    assert_eq!(body(&visit.get("one", "/")), "[].");
    assert!(site.peer(0).requests().is_empty());
}
