//! Upgrades: a 101 turns the exchange into a tunnel, anything else leaves HTTP as it was.

use testkit::{Conversation, Gate, Setup, Site, cases, eventually, skip_on_nginx, websocket};

cases!(
    upgrade,
    setup,
    [
        a_websocket_talks_both_ways,
        any_protocol_is_tunnelled,
        bytes_behind_the_101_are_not_lost,
        bytes_before_the_101_wait_for_it,
        a_refused_upgrade_stays_http,
        a_refused_upgrade_with_a_body_keeps_its_framing,
        an_upgrade_is_not_passed_on_unasked,
        the_peer_ends_the_tunnel,
        the_client_ends_the_tunnel,
        a_quiet_tunnel_times_out,
        much_flows_both_ways,
        a_101_that_nobody_asked_for_is_refused,
    ]
);

fn setup() -> Setup {
    Setup::server(
        "
        location / {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_pass http://{peer0};
        }
        location /quiet {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 80ms;
            proxy_pass http://{peer0};
        }
        location /plain { proxy_pass http://{peer0}; }",
    )
}

const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: lines\r\nConnection: Upgrade\r\n\r\n";
const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: lines\r\nConnection: Upgrade\r\n\r\n";

/// Switches, then sends every line back in capitals.
fn capitals(conversation: &mut Conversation) {
    conversation.send(SWITCH);
    while let Ok(Some(line)) = conversation.wire().read_until(b"\n") {
        conversation.send(line.to_ascii_uppercase());
    }
    conversation.close();
}

fn a_websocket_talks_both_ways(site: &mut Site) {
    site.peer(0).script(websocket::echo);
    let mut client = site.client();
    client.send("GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    client.send("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert!(head.contains("\r\nUpgrade: websocket\r\n") && head.to_lowercase().contains("\r\nconnection: upgrade\r\n"));
    for message in ["one", "two", "three"] {
        client.send(websocket::masked_text(message));
        assert_eq!(websocket::read_text(client.wire()).unwrap(), message);
    }
    let request = site.peer(0).request();
    assert_eq!(request.field("Sec-WebSocket-Key"), Some("dGhlIHNhbXBsZSBub25jZQ=="));
}

fn any_protocol_is_tunnelled(site: &mut Site) {
    site.peer(0).script(capitals);
    let mut client = site.client();
    client.send(UPGRADE);
    client.head();
    client.send("hello\r\n\r\nGET / HTTP/1.1\r\n");
    assert_eq!(client.read_exactly(25), b"HELLO\r\n\r\nGET / HTTP/1.1\r\n");
}

fn bytes_behind_the_101_are_not_lost(site: &mut Site) {
    site.peer(0).script(|conversation| {
        conversation.send(format!("{SWITCH}greeting\n"));
        conversation.wait_for_close();
        conversation.close();
    });
    let mut client = site.client();
    client.send(UPGRADE);
    client.head();
    assert_eq!(client.read_until("\n"), "greeting\n");
}

fn bytes_before_the_101_wait_for_it(site: &mut Site) {
    site.peer(0).script(capitals);
    let mut client = site.client();
    client.send(format!("{UPGRADE}early\n"));
    client.head();
    assert_eq!(client.read_until("\n"), "EARLY\n");
}

fn a_refused_upgrade_stays_http(site: &mut Site) {
    let mut client = site.client();
    client.send(format!("{UPGRADE}GET /second HTTP/1.1\r\nHost: a\r\n\r\n"));
    let first = client.response();
    assert_eq!((first.status, first.field("Connection")), (200, Some("keep-alive")));
    assert!(first.text().ends_with("\r\n\r\n"), "what follows is no body: {}", first.text());
    assert!(client.response().text().starts_with("GET /second HTTP/1.1\r\n"));
}

fn a_refused_upgrade_with_a_body_keeps_its_framing(site: &mut Site) {
    let mut client = site.client();
    let head = "POST / HTTP/1.1\r\nHost: a\r\nUpgrade: lines\r\nConnection: Upgrade\r\nContent-Length: 34\r\n\r\n";
    client.send(format!("{head}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(client.response().status, 200);
    assert_eq!(client.ask("GET /second HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    let lines: Vec<String> = site.peer(0).requests().iter().map(|request| request.line().to_owned()).collect();
    assert_eq!(lines, ["POST / HTTP/1.1", "GET /second HTTP/1.1"]);
}

fn an_upgrade_is_not_passed_on_unasked(site: &mut Site) {
    site.ask("GET /plain HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n");
    let request = site.peer(0).request();
    assert_eq!(request.field("Upgrade"), None);
    assert_ne!(request.field("Connection"), Some("Upgrade, HTTP2-Settings"));
}

fn the_peer_ends_the_tunnel(site: &mut Site) {
    site.peer(0).script(|conversation| {
        conversation.send(format!("{SWITCH}bye\n"));
        conversation.close();
    });
    let mut client = site.client();
    client.send(UPGRADE);
    client.head();
    assert_eq!(client.read_to_end(), b"bye\n");
}

fn the_client_ends_the_tunnel(site: &mut Site) {
    let closed = Gate::new();
    let tell = closed.clone();
    site.peer(0).script(move |conversation| {
        conversation.send(SWITCH);
        conversation.wire().read_until(b"last\n").unwrap();
        if conversation.wait_for_close() {
            tell.open();
        }
        conversation.close();
    });
    let mut client = site.client();
    client.send(UPGRADE);
    client.head();
    client.send("last\n");
    drop(client);
    closed.pass("the peer sees the client's end");
}

fn a_quiet_tunnel_times_out(site: &mut Site) {
    site.peer(0).script(capitals);
    let mut client = site.client();
    client.send(UPGRADE.replace("GET /", "GET /quiet"));
    client.head();
    client.send("still here\n");
    assert_eq!(client.read_until("\n"), "STILL HERE\n");
    client.expect_closed();
    eventually("the peer's connection is closed", || site.peer(0).open_connections() == 0);
}

fn much_flows_both_ways(site: &mut Site) {
    const SIZE: usize = 3_000_000;
    site.peer(0).script(|conversation| {
        conversation.send(SWITCH);
        for _ in 0..SIZE / 100_000 {
            let piece = conversation.wire().read_exactly(100_000).unwrap();
            conversation.send(piece);
        }
        conversation.close();
    });
    let mut client = site.client();
    client.send(UPGRADE);
    client.head();
    let piece: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    for _ in 0..SIZE / 100_000 {
        client.send(&piece);
        assert_eq!(client.read_exactly(piece.len()), piece);
    }
    assert!(client.read_to_end().is_empty());
}

fn a_101_that_nobody_asked_for_is_refused(site: &mut Site) {
    if skip_on_nginx("it passes the 101 on as it came") {
        return;
    }
    site.peer(0).reply_and_close(SWITCH);
    assert_eq!(site.get("/plain").status, 502);
}
