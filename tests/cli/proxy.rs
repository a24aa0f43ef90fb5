//! `zaguan proxy`: a proxy by one line.

use std::process::{Child, Command, Stdio};

use super::{prefix_with, run};
use testkit::{Client, Loopback, Peer, Signal, eventually, signal_process, skip_on_nginx, websocket};

#[test]
fn print_shows_a_configuration_that_is_sound() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let listen = Loopback::next().to_string();
    let finished = run(&["proxy", "--print", "--listen", &listen, "http://127.0.0.1:3000", "http://127.0.0.1:3001"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for part in [listen.as_str(), "127.0.0.1:3000", "127.0.0.1:3001", "proxy_pass"] {
        assert!(finished.stdout.contains(part), "{part} in {}", finished.stdout);
    }
    let prefix = prefix_with(&finished.stdout);
    let path = prefix.path().join("nginx.conf").display().to_string();
    assert_eq!(run(&["check", &path]).code, Some(0));
}

#[test]
fn https_needs_no_file() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let finished = run(&["proxy", "--print", "--https", "example.org,www.example.org", "http://127.0.0.1:3000"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for part in ["listen 443 ssl", "server_name example.org www.example.org;", "acme_certificate automatic;"] {
        assert!(finished.stdout.contains(part), "{part} in {}", finished.stdout);
    }
    // Whom the issuer's server is verified by may not be known where this runs.
    let unverified = finished.stdout.replace("accept_terms_of_service;", "accept_terms_of_service; ssl_verify off;");
    let prefix = prefix_with(&unverified);
    let path = prefix.path().join("nginx.conf").display().to_string();
    let checked = run(&["check", &path]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn usage_errors_are_told() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    for arguments in [&["proxy"][..], &["proxy", "--listen"], &["proxy", "--what", "http://a"], &["proxy", "ftp://a"]] {
        assert_eq!(run(arguments).code, Some(2), "{arguments:?}");
    }
}

/// A running `zaguan proxy`, ended with the test.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        signal_process(self.0.id(), Signal::KILL);
        let _ = self.0.wait();
    }
}

fn start(listen: Loopback, urls: &[String]) -> Proxy {
    let binary = testkit::binary(env!("CARGO_BIN_EXE_zaguan"));
    let mut command = Command::new(binary);
    command.args(["proxy", "--listen", &listen.to_string()]).args(urls);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let proxy = Proxy(command.spawn().unwrap());
    eventually("the proxy listens", || std::net::TcpStream::connect(listen.socket()).is_ok());
    proxy
}

#[test]
fn requests_go_round_and_carry_the_right_fields() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let peers = [Peer::start("peer0"), Peer::start("peer1")];
    let listen = Loopback::next();
    let mut proxy = start(listen, &peers.each_ref().map(|peer| format!("http://{}", peer.address())));
    let mut client = Client::connect(listen.socket());
    for n in 0..4 {
        let response = client.ask(&format!("GET /{n}?q HTTP/1.1\r\nHost: public.example\r\n\r\n"));
        assert_eq!(response.status, 200);
    }
    for peer in &peers {
        let requests = peer.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].field("Host"), Some("public.example"));
        assert_eq!(requests[0].field("X-Forwarded-For"), Some("127.0.0.1"));
        assert_eq!(requests[0].field("X-Forwarded-Proto"), Some("http"));
    }
    for peer in &peers {
        peer.script(websocket::echo);
    }
    client.send("GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 101 "));
    client.send(websocket::masked_text("hello"));
    assert_eq!(websocket::read_text(client.wire()).unwrap(), "hello");
    drop(client);
    signal_process(proxy.0.id(), Signal::INT);
    eventually("the proxy ends", || proxy.0.try_wait().unwrap().is_some());
}

#[test]
fn a_body_may_have_any_length() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let peer = Peer::start("peer0");
    let listen = Loopback::next();
    let _proxy = start(listen, &[format!("http://{}", peer.address())]);
    let body = "x".repeat(3 << 20);
    let mut client = Client::connect(listen.socket());
    let response = client.ask(&format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    assert_eq!(response.status, 200);
    assert_eq!(peer.requests()[0].body.len(), body.len());
}
