//! What takes too long, on either side, and what each costs.

use std::time::Duration;

use testkit::{Setup, Site, cases, eventually};

cases!(
    timeouts,
    setup,
    [
        a_slow_head_is_408,
        a_head_that_drips_is_408,
        an_idle_connection_is_closed_in_silence,
        a_slow_body_is_408,
        a_body_that_drips_in_time_passes,
        a_peer_that_never_accepts_is_504,
        a_peer_that_never_answers_is_504,
        a_peer_that_stops_halfway_cuts_the_response,
        a_peer_that_drips_in_time_passes,
        a_peer_that_does_not_read_is_504,
        a_client_that_does_not_read_is_dropped,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    log_format status '$request_uri|$status|$body_bytes_sent|';
    server {
        listen {front};
        access_log access.log status;
        client_header_timeout 100ms;
        client_body_timeout 100ms;
        client_max_body_size 0;
        location / { proxy_read_timeout 100ms; proxy_send_timeout 100ms; proxy_pass http://{peer0}; }
        location /stuck { client_body_timeout 60s; proxy_send_timeout 100ms; proxy_pass http://{peer0}; }
        location /full { proxy_connect_timeout 100ms; proxy_pass http://{nobody}; }
        location /direct { proxy_read_timeout 100ms; proxy_buffering off; proxy_pass http://{peer0}; }
        location /patient { proxy_read_timeout 500ms; client_body_timeout 500ms; proxy_pass http://{peer0}; }
        location /large { send_timeout 100ms; proxy_buffering off; proxy_pass http://{peer0}; }
    }",
    )
}

fn logged(site: &Site, text: &str) {
    eventually(&format!("{text} in the access log"), || site.prefix().read("access.log").contains(text));
}

fn a_slow_head_is_408(site: &mut Site) {
    let mut client = site.client();
    client.send("GET /slow-head HTTP/1.1\r\nHost: ");
    client.expect_closed();
    logged(site, "/slow-head|408|");
}

fn a_head_that_drips_is_408(site: &mut Site) {
    // The bound holds for the whole head: a byte now and then does not extend it.
    let mut client = site.client();
    client.send("GET /drips HTTP/1.1\r\nHost: a\r\n");
    client.wire().set_patience(Duration::from_millis(25));
    let mut drips = 0;
    while client.wire().read_some().is_err() && client.try_send("X") {
        drips += 1;
        assert!(drips < 100, "the head may drip for ever");
    }
    logged(site, "/drips|408|");
}

fn an_idle_connection_is_closed_in_silence(site: &mut Site) {
    site.client().expect_closed();
}

fn a_slow_body_is_408(site: &mut Site) {
    let mut client = site.client();
    client.send("POST /slow-body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    client.read_to_end_or_reset();
    logged(site, "/slow-body|408|");
    assert!(site.peer(0).requests().is_empty());
}

/// Five of them are longer than the timeout of `/patient`, one is much shorter.
const PAUSE: Duration = Duration::from_millis(120);

fn a_body_that_drips_in_time_passes(site: &mut Site) {
    let mut client = site.client();
    client.send("POST /patient HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    for byte in ["a", "b", "c", "d", "e"] {
        client.expect_silence(PAUSE);
        client.send(byte);
    }
    assert!(client.response().text().ends_with("abcde"));
}

fn a_peer_that_never_accepts_is_504(site: &mut Site) {
    // A listener whose queue is full: the kernel drops what would connect.
    let full = testkit::FullListener::bind(site.place("nobody"));
    assert_eq!(site.get("/full").status, 504);
    assert!(site.error_log().contains("while connecting to upstream"), "the cause is logged");
    drop(full);
}

fn a_peer_that_never_answers_is_504(site: &mut Site) {
    site.peer(0).script(|conversation| {
        conversation.wait_for_close();
        conversation.close();
    });
    assert_eq!(site.get("/").status, 504);
    eventually("the peer's connection is closed", || site.peer(0).open_connections() == 0);
    assert!(site.error_log().contains("upstream timed out"), "the cause is logged");
}

fn a_peer_that_stops_halfway_cuts_the_response(site: &mut Site) {
    site.peer(0).script(|conversation| {
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        conversation.wait_for_close();
        conversation.close();
    });
    let mut client = site.client();
    client.send("GET /direct/half HTTP/1.1\r\nHost: a\r\n\r\n");
    let all = client.read_to_end_or_reset();
    assert!(all.ends_with(b"\r\n\r\nhalf"), "{}", String::from_utf8_lossy(&all));
}

fn a_peer_that_drips_in_time_passes(site: &mut Site) {
    site.peer(0).script(|conversation| {
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        conversation.wire().set_patience(PAUSE);
        for byte in ["a", "b", "c", "d", "e"] {
            // Nothing comes from the proxy: the read only passes the time.
            assert!(conversation.wire().read_some().is_err());
            conversation.send(byte);
        }
        conversation.close();
    });
    assert_eq!(site.get("/patient").text(), "abcde");
}

fn a_peer_that_does_not_read_is_504(site: &mut Site) {
    site.peer(0).greet(|conversation| {
        conversation.wire().shrink_receive_buffer();
        conversation.next_request();
        testkit::Gate::new().wait_at_most(Duration::from_secs(2));
        conversation.abort();
    });
    assert_eq!(site.post("/stuck", &"a".repeat(12_000_000)).status, 504);
}

fn a_client_that_does_not_read_is_dropped(site: &mut Site) {
    site.peer(0)
        .reply([b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n".as_slice(), &vec![b'a'; 30_000_000]].concat());
    let mut client = site.client();
    client.wire().shrink_receive_buffer();
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually("the proxy gave up on the client", || site.prefix().read("access.log").contains("/large|"));
    let log = site.prefix().read("access.log");
    let sent = log.split("/large|200|").nth(1).and_then(|rest| rest.split('|').next());
    assert!(sent.is_some_and(|sent| sent.parse().is_ok_and(|sent: u64| sent < 30_000_000)), "{log}");
}
