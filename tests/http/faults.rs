//! What servers do wrong, one fault each: the status that the client gets, and the line that says which server did what.

use testkit::{Conversation, FullListener, Gate, Setup, Site, cases, eventually};

cases!(
    faults,
    setup,
    [
        it_refuses,
        it_never_accepts,
        it_never_answers,
        it_closes_without_a_word,
        it_resets_in_its_head,
        it_resets_in_its_body,
        it_closes_an_idle_connection,
        it_answers_garbage,
        its_head_is_huge,
        it_is_slow,
        all_are_down_then_one_is_back,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    upstream refusing { server {nobody}; }
    upstream full { server {nobody1}; }
    upstream one { server {peer0}; keepalive 4; }
    upstream all { server {peer0} fail_timeout=1s; server {peer1} fail_timeout=1s; }
    server {
        listen {front};
        proxy_connect_timeout 300ms;
        proxy_read_timeout 300ms;
        location /refusing { proxy_pass http://refusing; }
        location /full { proxy_pass http://full; }
        location /one { proxy_pass http://one; }
        location /slow { proxy_read_timeout 5s; proxy_pass http://one; }
        location /all { proxy_pass http://all; }
    }",
    )
}

/// A line with all of these words, about this server.
fn said(site: &Site, words: &[&str], server: &str) {
    let server = format!("upstream: \"http://{server}");
    let says = |line: &str| words.iter().all(|word| line.contains(word)) && line.contains(&server);
    eventually(&format!("the log says {words:?} of {server}"), || site.error_log().lines().any(says));
}

fn it_refuses(site: &mut Site) {
    assert_eq!(site.get("/refusing").status, 502);
    let server = site.place("nobody").socket().to_string();
    said(site, &["connect() failed (111: Connection refused)", "while connecting to upstream"], &server);
}

fn it_never_accepts(site: &mut Site) {
    let address = site.place("nobody1");
    let full = FullListener::bind(address);
    assert_eq!(site.get("/full").status, 504);
    said(site, &["upstream timed out", "while connecting to upstream"], &address.to_string());
    drop(full);
}

fn it_never_answers(site: &mut Site) {
    site.peer(0).script(|conversation: &mut Conversation| {
        conversation.wait_for_close();
        conversation.close();
    });
    assert_eq!(site.get("/one/never").status, 504);
    said(site, &["upstream timed out", "reading response header", "/one/never"], &site.peer(0).address());
}

fn it_closes_without_a_word(site: &mut Site) {
    site.peer(0).script(Conversation::close);
    assert_eq!(site.get("/one/closes").status, 502);
    said(site, &["prematurely closed connection", "reading response header", "/one/closes"], &site.peer(0).address());
}

fn it_resets_in_its_head(site: &mut Site) {
    site.peer(0).script(|conversation: &mut Conversation| {
        conversation.send("HTTP/1.1 200 OK\r\nContent-Le");
        conversation.abort();
    });
    assert_eq!(site.get("/one/head").status, 502);
    said(site, &["reading response header", "/one/head"], &site.peer(0).address());
}

fn it_resets_in_its_body(site: &mut Site) {
    let gate = Gate::new();
    let opened = gate.clone();
    site.peer(0).script(move |conversation: &mut Conversation| {
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun");
        opened.wait();
        conversation.abort();
    });
    let mut client = site.client();
    client.send("GET /one/body HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 200"));
    gate.open();
    let all = client.read_to_end_or_reset();
    assert!(all.len() < 900, "what is missing is not made up: {}", String::from_utf8_lossy(&all));
    said(site, &["reading upstream", "/one/body"], &site.peer(0).address());
}

fn it_closes_an_idle_connection(site: &mut Site) {
    assert_eq!(site.get("/one/kept").status, 200);
    // The next request comes over the kept connection, or finds it closed: either way it is answered.
    site.peer(0).script(
        |conversation: &mut Conversation| {
            if conversation.connection() == 0 { conversation.abort() } else { conversation.echo() }
        },
    );
    for _ in 0..3 {
        assert_eq!(site.get("/one/kept").status, 200);
        site.peer(0).cut_connections();
    }
}

fn it_answers_garbage(site: &mut Site) {
    site.peer(0).script(|conversation: &mut Conversation| {
        conversation.send("HTTP/1.1 200 OK\r\nno colon here\r\nA\0B: c\r\n\r\n");
        conversation.close();
    });
    assert_eq!(site.get("/one/garbage").status, 502);
    said(site, &["upstream sent", "reading response header", "/one/garbage"], &site.peer(0).address());
}

fn its_head_is_huge(site: &mut Site) {
    site.peer(0).script(|conversation: &mut Conversation| {
        conversation.send(format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(100_000)));
        conversation.close();
    });
    assert_eq!(site.get("/one/huge").status, 502);
    said(site, &["upstream sent too big header", "/one/huge"], &site.peer(0).address());
}

fn it_is_slow(site: &mut Site) {
    site.peer(0).script(|conversation: &mut Conversation| {
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow".chunks(1) {
            std::thread::sleep(std::time::Duration::from_millis(5));
            conversation.send(byte);
        }
    });
    let response = site.get("/slow");
    assert_eq!((response.status, response.text()), (200, "slow".to_owned()));
}

fn all_are_down_then_one_is_back(site: &mut Site) {
    for peer in [0, 1] {
        site.peer(peer).script(Conversation::close);
    }
    assert_eq!(site.get("/all").status, 502);
    for peer in [0, 1] {
        said(site, &["prematurely closed connection", "GET /all"], &site.peer(peer).address());
    }
    assert_eq!(site.get("/all").status, 502, "both rest");
    assert!(site.error_log().contains("no live upstreams while connecting to upstream"));
    site.peer(1).reset();
    eventually("the one is found", || site.get("/all").field("X-Peer") == Some("peer1"));
}
