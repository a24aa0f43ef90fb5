//! Tunnels over HTTP/2 (RFC 8441): a request for one goes on as the upgrade that HTTP/1.1 has for it.

use testkit::frames::{Frames, HEADERS};
use testkit::{Http2, Setup, Site, cases, eventually, skip_on_nginx, websocket};

cases!(
    extended_connect,
    setup,
    [
        a_websocket_talks_both_ways,
        any_protocol_is_tunnelled,
        requests_go_on_beside_a_tunnel,
        much_flows_both_ways,
        the_peer_ends_the_tunnel,
        the_client_ends_the_tunnel,
        a_client_that_leaves_ends_the_tunnel,
        a_quiet_tunnel_times_out,
        a_refusal_is_passed_on,
        a_success_that_opens_nothing_is_none,
        a_switch_that_nobody_asked_for_is_refused,
        a_mere_connect_is_refused,
        a_tunnel_goes_on_over_http2,
        an_upgrade_goes_on_over_http2,
        a_server_that_opens_no_tunnels_is_asked_for_none,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    access_log access.log;
    map $http_upgrade $connection_upgrade { default upgrade; \"\" \"\"; }
    server {
        listen {front};
        http2 on;
        proxy_http_version 1.1;
        location / {
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://{peer0};
        }
        location /quiet {
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 80ms;
            proxy_pass http://{peer0};
        }
        location /always {
            proxy_set_header Upgrade lines;
            proxy_set_header Connection upgrade;
            proxy_pass http://{peer0};
        }
        location /onward {
            proxy_http_version 2;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://{front1}/;
        }
        location /deaf {
            proxy_http_version 2;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://{peer1}/;
        }
        location /told { return 200 \"$request_method $uri\"; }
        location /page { error_page 501 =200 /told; return 200 x; }
    }
    server {
        listen {front1};
        http2 on;
        location / {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://{peer0};
        }
    }",
    )
}

/// Switches, then sends every line back in capitals.
const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: lines\r\nConnection: Upgrade\r\n\r\n";

fn capitals(conversation: &mut testkit::Conversation) {
    conversation.send(SWITCH);
    while let Ok(Some(line)) = conversation.wire().read_until(b"\n") {
        conversation.send(line.to_ascii_uppercase());
    }
    conversation.close();
}

/// A client that knows what the server offers; none where that is nginx.
fn connect(site: &Site) -> Option<Http2> {
    if skip_on_nginx("it opens no tunnels over HTTP/2") {
        return None;
    }
    let mut client = Http2::connect(site.socket());
    assert_eq!(client.get("/told").text(), "GET /told");
    Some(client)
}

fn a_websocket_talks_both_ways(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(websocket::echo);
    let mut tunnel = client.open("/chat?room=1", "websocket");
    assert_eq!((tunnel.status, tunnel.fields.get("upgrade")), (200, None));
    for message in ["one", "two", "three"] {
        client.say(&mut tunnel, websocket::masked_text(message), false);
        assert_eq!(client.hear(&mut tunnel, 2 + message.len()).unwrap(), websocket::text(message));
    }
    let request = site.peer(0).request();
    assert_eq!(request.line(), "GET /chat?room=1 HTTP/1.1");
    assert_eq!((request.field("Upgrade"), request.field("Connection")), (Some("websocket"), Some("upgrade")));
    // Sixteen bytes (RFC 6455 §4.1).
    assert_eq!(request.field("Sec-WebSocket-Key").map(str::len), Some(24));
    client.say(&mut tunnel, "", true);
    let line = || site.prefix().read("access.log").contains("\"GET /chat?room=1 HTTP/2.0\" 200 ");
    eventually("the tunnel is logged", line);
}

fn any_protocol_is_tunnelled(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(capitals);
    let mut tunnel = client.open("/", "lines");
    client.say(&mut tunnel, "hello\r\n\r\nGET / HTTP/1.1\r\n", false);
    assert_eq!(client.hear(&mut tunnel, 25).unwrap(), b"HELLO\r\n\r\nGET / HTTP/1.1\r\n");
    assert_eq!(site.peer(0).request().field("Sec-WebSocket-Key"), None);
}

fn requests_go_on_beside_a_tunnel(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(capitals);
    let mut tunnel = client.open("/", "lines");
    assert_eq!(client.get("/told").status, 200);
    client.say(&mut tunnel, "a\n", false);
    assert_eq!(client.hear(&mut tunnel, 2).unwrap(), b"A\n");
}

fn much_flows_both_ways(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(capitals);
    let mut tunnel = client.open("/", "lines");
    let line = [vec![b'a'; 9_999], b"\n".to_vec()].concat();
    for _ in 0..60 {
        client.say(&mut tunnel, line.clone(), false);
        let heard = client.hear(&mut tunnel, line.len()).unwrap();
        assert!(heard == line.to_ascii_uppercase(), "{} bytes", heard.len());
    }
}

fn the_peer_ends_the_tunnel(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(|conversation| {
        conversation.send(format!("{SWITCH}bye\n"));
        conversation.close();
    });
    let mut tunnel = client.open("/", "lines");
    assert_eq!(client.hear(&mut tunnel, 100).unwrap(), b"bye\n");
}

fn the_client_ends_the_tunnel(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(|conversation| {
        conversation.send(SWITCH);
        conversation.wait_for_close();
        conversation.send("after\n");
        conversation.close();
    });
    let mut tunnel = client.open("/", "lines");
    client.say(&mut tunnel, "", true);
    assert_eq!(client.hear(&mut tunnel, 100).unwrap(), b"after\n");
}

fn a_client_that_leaves_ends_the_tunnel(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    let (left, gate) = std::sync::mpsc::channel();
    site.peer(0).script(move |conversation| {
        conversation.send(SWITCH);
        conversation.wait_for_close();
        let _ = left.send(());
    });
    drop(client.open("/", "lines"));
    gate.recv_timeout(std::time::Duration::from_secs(10)).expect("the server is told");
}

fn a_quiet_tunnel_times_out(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(capitals);
    let mut tunnel = client.open("/quiet", "lines");
    assert_eq!(tunnel.status, 200);
    let end = client.hear(&mut tunnel, 1).unwrap_err();
    assert!(end.is_reset(), "{end}");
}

fn a_refusal_is_passed_on(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).reply("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    let mut tunnel = client.open("/", "lines");
    assert_eq!(tunnel.status, 403);
    assert_eq!(client.hear(&mut tunnel, 100).unwrap(), b"no");
    assert_eq!(client.get("/told").status, 200);
}

fn a_success_that_opens_nothing_is_none(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    assert_eq!(client.open("/told", "websocket").status, 501);
    // The peer knows of no switching.
    assert_eq!(client.open("/peer", "websocket").status, 501);
    let asked = client.ask_for_tunnel("/page", "lines");
    assert!(client.answer(asked).unwrap_err().is_reset());
    assert_eq!(client.get("/told").status, 200);
}

fn a_switch_that_nobody_asked_for_is_refused(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(capitals);
    assert_eq!(client.get("/always").status, 502);
}

fn a_mere_connect_is_refused(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    let request = client.request("CONNECT", "/").uri("example.org:443").body(()).unwrap();
    let asked = client.ask(request, false);
    assert_eq!(client.answer(asked).unwrap().status, 405);
}

fn a_tunnel_goes_on_over_http2(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(0).script(websocket::echo);
    let mut tunnel = client.open("/onward", "websocket");
    assert_eq!(tunnel.status, 200);
    client.say(&mut tunnel, websocket::masked_text("hello"), false);
    assert_eq!(client.hear(&mut tunnel, 7).unwrap(), websocket::text("hello"));
    client.say(&mut tunnel, "", true);
    assert_eq!(client.hear(&mut tunnel, 1).unwrap(), b"");
}

fn an_upgrade_goes_on_over_http2(site: &mut Site) {
    if skip_on_nginx("it opens no tunnels over HTTP/2") {
        return;
    }
    site.peer(0).script(websocket::echo);
    let mut client = site.client();
    client.send("GET /onward HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    client.send("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert!(head.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
    client.send(websocket::masked_text("hello"));
    assert_eq!(websocket::read_text(client.wire()).unwrap(), "hello");
}

fn a_server_that_opens_no_tunnels_is_asked_for_none(site: &mut Site) {
    let Some(mut client) = connect(site) else { return };
    site.peer(1).greet(|conversation| {
        let mut frames = Frames::accept(conversation.wire(), &[]);
        while let Some(head) = frames.next_of(HEADERS) {
            frames.answer(head.stream, b"no");
        }
    });
    assert_eq!(client.open("/deaf", "websocket").status, 501);
}
