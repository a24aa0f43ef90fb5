//! A client that has finished sending, and one that has left.

use testkit::{Gate, Setup, Site, cases, eventually, skip_on_nginx};

cases!(
    half_close,
    setup,
    [
        a_half_closed_request_for_a_file_is_answered,
        a_half_closed_request_is_proxied_when_aborts_are_ignored,
        pipelined_requests_before_the_end_are_answered,
        a_client_that_left_frees_the_peer,
        a_client_that_left_is_logged_as_499,
        a_client_that_left_is_ignored_when_configured,
        half_a_tunnel_goes_on,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    log_format status '$request_uri $status';
    server {
        listen {front};
        access_log access.log status;
        location / { proxy_pass http://{peer0}; }
        location /ignore { proxy_ignore_client_abort on; proxy_pass http://{peer0}; }
        location /file { root html; }
        location /tunnel {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_pass http://{peer0};
        }
    }",
    )
    .file("html/file", "content")
}

fn a_half_closed_request_for_a_file_is_answered(site: &mut Site) {
    let mut client = site.client();
    client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n").finish_sending();
    assert_eq!(client.response().text(), "content");
    client.expect_closed();
}

fn a_half_closed_request_is_proxied_when_aborts_are_ignored(site: &mut Site) {
    let mut client = site.client();
    client.send("GET /ignore HTTP/1.1\r\nHost: a\r\n\r\n").finish_sending();
    assert_eq!(client.response().status, 200);
    client.expect_closed();
}

fn pipelined_requests_before_the_end_are_answered(site: &mut Site) {
    let mut client = site.client();
    client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3)).finish_sending();
    for _ in 0..3 {
        assert_eq!(client.response().text(), "content");
    }
    client.expect_closed();
}

/// A peer that waits until the proxy leaves, and says so.
fn waiting_peer(site: &Site) -> Gate {
    let left = Gate::new();
    let tell = left.clone();
    site.peer(0).script(move |conversation| {
        conversation.read_body();
        if conversation.wait_for_close() {
            tell.open();
        }
        conversation.close();
    });
    left
}

fn a_client_that_left_frees_the_peer(site: &mut Site) {
    let left = waiting_peer(site);
    let mut client = site.client();
    client.send("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    drop(client);
    left.pass("the peer's connection ends with the client's");
}

fn a_client_that_left_is_logged_as_499(site: &mut Site) {
    let left = waiting_peer(site);
    let mut client = site.client();
    client.send("POST /left HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    site.peer(0).wait_for_requests(1);
    client.reset();
    left.pass("the peer's connection ends with the client's");
    eventually("499 in the access log", || site.prefix().read("access.log").contains("/left 499"));
}

fn a_client_that_left_is_ignored_when_configured(site: &mut Site) {
    let gate = Gate::new();
    let waits = gate.clone();
    site.peer(0).script(move |conversation| {
        waits.wait();
        conversation.echo();
    });
    let mut client = site.client();
    client.send("GET /ignore/left HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    drop(client);
    gate.open();
    eventually("200 in the access log", || site.prefix().read("access.log").contains("/ignore/left 200"));
}

fn half_a_tunnel_goes_on(site: &mut Site) {
    if skip_on_nginx("it ends the tunnel when either side ends its half") {
        return;
    }
    site.peer(0).script(|conversation| {
        conversation.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
        let all = conversation.wire().read_to_end(false).unwrap();
        conversation.send(format!("{} bytes", all.len()));
        conversation.close();
    });
    let mut client = site.client();
    client.send("GET /tunnel HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    client.head();
    client.send("0123456789").finish_sending();
    assert_eq!(String::from_utf8(client.read_to_end()).unwrap(), "10 bytes");
}
