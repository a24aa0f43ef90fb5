//! What clients send before their handshake is over: served where that does no harm, and never twice.

use std::io::{Read, Write};
use std::net::TcpStream;

use testkit::{Authority, Issued, Setup, Site, Visitor, cases};

use super::tls::body;

cases!(
    early_data,
    Fresh,
    setup,
    [
        a_request_is_served_before_the_handshake_is_over,
        the_origin_is_told,
        what_changes_something_waits_for_the_handshake,
        a_request_in_several_pieces_is_served,
        nothing_that_was_sent_is_served_when_it_is_sent_again,
        who_never_finishes_changes_nothing,
        it_is_not_taken_where_it_is_not_allowed,
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
        location / { return 200 '[$ssl_early_data]$ssl_session_reused'; }
        location /back {
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
    let mut echo = TcpStream::connect(site.socket()).unwrap();
    echo.write_all(early.sent()).unwrap();
    echo.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answered = Vec::new();
    echo.read_to_end(&mut answered).unwrap();
    assert_eq!(answered.first(), Some(&22), "the server begins a handshake");
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
    let visitor = Visitor::eager();
    visitor.visit(site.place("front1").socket(), "one", b"").unwrap().get("one", "/");
    let mut again = visitor.visit(site.place("front1").socket(), "one", b"").unwrap();
    assert!(again.is_resumed());
    assert_eq!(body(&again.get("one", "/")), "[]");
}
