//! Connections to peers are kept and used again, as many and as long as configured.

use testkit::{Setup, Site, cases, eventually};

cases!(
    keepalive_pool,
    setup,
    [
        a_connection_is_used_again,
        the_pool_has_a_size,
        a_connection_serves_so_many_requests,
        an_idle_connection_is_closed,
        an_old_connection_is_closed,
        a_peer_that_says_close_is_not_kept,
        an_http_10_peer_is_not_kept,
        an_abandoned_response_is_not_kept,
        groups_do_not_share,
        a_small_rest_does_not_cost_the_connection,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    upstream kept { server {peer0}; keepalive 8; }
    upstream single { server {peer0}; keepalive 1; }
    upstream requests { server {peer0}; keepalive 8; keepalive_requests 2; }
    upstream idle { server {peer0}; keepalive 8; keepalive_timeout 60ms; }
    upstream old { server {peer0}; keepalive 8; keepalive_time 1ms; }
    upstream other { server {peer0}; keepalive 8; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    server {
        listen {front};
        location /kept { proxy_pass http://kept; }
        location /single { proxy_pass http://single; }
        location /requests { proxy_pass http://requests; }
        location /idle { proxy_pass http://idle; }
        location /old { proxy_pass http://old; }
        location /other { proxy_pass http://other; }
    }"#,
    )
}

/// On which connections the peer got that many requests, one after another.
fn connections(site: &Site, path: &str, count: usize) -> Vec<usize> {
    site.peer(0).cut_connections();
    eventually("the peer is left alone", || site.peer(0).open_connections() == 0);
    site.peer(0).reset();
    for _ in 0..count {
        assert_eq!(site.get(path).status, 200);
    }
    site.peer(0).requests().iter().map(|request| request.connection).collect()
}

fn a_connection_is_used_again(site: &mut Site) {
    assert_eq!(connections(site, "/kept", 4), [0, 0, 0, 0]);
    assert_eq!(site.peer(0).requests()[0].field("Connection"), None);
}

fn the_pool_has_a_size(site: &mut Site) {
    site.peer(0).cut_connections();
    let gate = testkit::Gate::new();
    let waits = gate.clone();
    site.peer(0).script(move |conversation| {
        waits.wait();
        conversation.echo();
    });
    let mut clients: Vec<_> = (0..3).map(|_| site.client()).collect();
    for client in &mut clients {
        client.send("GET /single HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    site.peer(0).wait_for_requests(3);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().status, 200);
    }
    eventually("one connection is kept of three", || site.peer(0).open_connections() == 1);
}

fn a_connection_serves_so_many_requests(site: &mut Site) {
    assert_eq!(connections(site, "/requests", 5), [0, 0, 1, 1, 2]);
}

fn an_idle_connection_is_closed(site: &mut Site) {
    assert_eq!(connections(site, "/idle", 2), [0, 0]);
    eventually("the idle connection is closed", || site.peer(0).open_connections() == 0);
}

fn an_old_connection_is_closed(site: &mut Site) {
    site.peer(0).script(|conversation| {
        testkit::Gate::new().wait_at_most(std::time::Duration::from_millis(20));
        conversation.echo();
    });
    for _ in 0..2 {
        assert_eq!(site.get("/old").status, 200);
    }
    eventually("nothing is kept", || site.peer(0).open_connections() == 0);
    assert_eq!(site.peer(0).connections(), 2);
}

fn a_peer_that_says_close_is_not_kept(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    for _ in 0..2 {
        assert_eq!(site.get("/kept").status, 200);
    }
    let requests = site.peer(0).requests();
    assert_ne!(requests[0].connection, requests[1].connection);
}

fn an_http_10_peer_is_not_kept(site: &mut Site) {
    site.peer(0).reply("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    for _ in 0..2 {
        assert_eq!(site.get("/kept").status, 200);
    }
    let requests = site.peer(0).requests();
    assert_ne!(requests[0].connection, requests[1].connection);
}

fn an_abandoned_response_is_not_kept(site: &mut Site) {
    site.peer(0).script(|conversation| {
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        conversation.wait_for_close();
        conversation.close();
    });
    let mut client = site.client();
    client.send("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    drop(client);
    eventually("the connection is closed", || site.peer(0).open_connections() == 0);
}

fn groups_do_not_share(site: &mut Site) {
    site.get("/kept");
    site.get("/other");
    let requests = site.peer(0).requests();
    assert_ne!(requests[0].connection, requests[1].connection);
}

fn a_small_rest_does_not_cost_the_connection(site: &mut Site) {
    // A HEAD and a 304 end with their heads: the connection is clean and kept.
    site.peer(0).cut_connections();
    eventually("the peer is left alone", || site.peer(0).open_connections() == 0);
    site.peer(0).reset();
    site.peer(0).reply("HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n");
    for method in ["HEAD", "GET", "HEAD"] {
        let status = site.ask(&format!("{method} /kept HTTP/1.1\r\nHost: a\r\n\r\n")).status;
        assert_eq!(status, 304);
    }
    assert_eq!(site.peer(0).connections(), 1);
}
