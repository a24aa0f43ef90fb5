//! Client connections that live on: keep-alive by version, pipelining, and what ends them.

use testkit::{Setup, Site, cases};

cases!(
    keep_alive,
    setup,
    [
        http_11_stays_open,
        http_11_closes_when_asked,
        http_10_closes,
        http_10_stays_when_asked,
        pipelined_requests_are_answered_in_order,
        a_request_cut_anywhere_is_read,
        empty_lines_before_a_request_are_skipped,
        bare_line_feeds_end_lines,
        a_limit_on_requests_closes,
        an_old_connection_is_closed,
        a_timeout_closes_an_idle_connection,
        no_timeout_means_no_keep_alive,
        a_place_on_the_way_may_end_the_connection,
        the_keep_alive_field_is_sent_when_configured,
        connections_of_browsers_that_mistake_them_end,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    server {
        listen {front};
        location / { proxy_pass http://{peer0}; }
        location /two { keepalive_requests 2; proxy_pass http://{peer0}; }
        location /old { keepalive_time 1ms; proxy_pass http://{peer0}; }
        location /short { keepalive_timeout 60ms; proxy_pass http://{peer0}; }
        location /none { keepalive_timeout 0; proxy_pass http://{peer0}; }
        location /way { keepalive_timeout 0; rewrite ^ /two last; }
        location /safari { keepalive_disable msie6 safari; return 200; }
        location /any { keepalive_disable none; return 200; }
        location /told { keepalive_timeout 60s 30s; proxy_pass http://{peer0}; }
    }",
    )
}

fn http_11_stays_open(site: &mut Site) {
    let mut client = site.client();
    for _ in 0..3 {
        let response = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((response.status, response.field("Connection")), (200, Some("keep-alive")));
    }
}

fn http_11_closes_when_asked(site: &mut Site) {
    let mut client = site.client();
    let response = client.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n");
    assert_eq!(response.field("Connection"), Some("close"));
    client.expect_closed();
}

fn http_10_closes(site: &mut Site) {
    let mut client = site.client();
    let response = client.ask("GET / HTTP/1.0\r\n\r\n");
    assert_eq!((response.status, response.status_line()), (200, "HTTP/1.1 200 OK"));
    assert_eq!(response.field("Connection"), Some("close"));
    client.expect_closed();
}

fn http_10_stays_when_asked(site: &mut Site) {
    let mut client = site.client();
    for _ in 0..2 {
        let response = client.ask("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!((response.status, response.field("Connection")), (200, Some("keep-alive")));
    }
}

fn pipelined_requests_are_answered_in_order(site: &mut Site) {
    let mut client = site.client();
    let post = "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
    client.send(format!(
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n{post}GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    ));
    for path in ["GET /1", "POST /2", "GET /3"] {
        assert!(client.response().text().starts_with(path), "{path}");
    }
    client.expect_closed();
    assert_eq!(site.peer(0).requests()[1].text(), "body");
}

fn a_request_cut_anywhere_is_read(site: &mut Site) {
    let request = "POST /cut?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    let mut client = site.client();
    for at in 1..request.len() {
        client.send(&request[..at]);
        client.send(&request[at..]);
        let response = client.response();
        assert!(response.text().ends_with("\r\n\r\nabc"), "cut at {at}: {}", response.text());
    }
}

fn empty_lines_before_a_request_are_skipped(site: &mut Site) {
    let mut client = site.client();
    assert_eq!(client.ask("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    assert_eq!(client.ask("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

fn bare_line_feeds_end_lines(site: &mut Site) {
    let mut client = site.client();
    let response = client.ask("GET /lf HTTP/1.1\nHost: a\nX-One: 1\n\n");
    assert_eq!(response.status, 200);
    let request = site.peer(0).request();
    assert_eq!((request.line(), request.field("X-One")), ("GET /lf HTTP/1.1", Some("1")));
}

fn a_limit_on_requests_closes(site: &mut Site) {
    let mut client = site.client();
    let request = "GET /two HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(client.ask(request).field("Connection"), Some("keep-alive"));
    assert_eq!(client.ask(request).field("Connection"), Some("close"));
    client.expect_closed();
}

fn an_old_connection_is_closed(site: &mut Site) {
    let mut client = site.client();
    assert_eq!(client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").field("Connection"), Some("keep-alive"));
    client.expect_silence(std::time::Duration::from_millis(20));
    assert_eq!(client.ask("GET /old HTTP/1.1\r\nHost: a\r\n\r\n").field("Connection"), Some("close"));
    client.expect_closed();
}

fn a_timeout_closes_an_idle_connection(site: &mut Site) {
    let mut client = site.client();
    assert_eq!(client.ask("GET /short HTTP/1.1\r\nHost: a\r\n\r\n").field("Connection"), Some("keep-alive"));
    client.expect_closed();
}

fn no_timeout_means_no_keep_alive(site: &mut Site) {
    let mut client = site.client();
    assert_eq!(client.ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n").field("Connection"), Some("close"));
    client.expect_closed();
}

fn the_keep_alive_field_is_sent_when_configured(site: &mut Site) {
    let response = site.client().ask("GET /told HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(response.field("Keep-Alive"), Some("timeout=30"));
    assert_eq!(site.get("/told").field("Keep-Alive"), None);
}

fn a_place_on_the_way_may_end_the_connection(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(site.get("/way").field("Connection"), Some("close"));
}

fn connections_of_browsers_that_mistake_them_end(site: &mut Site) {
    let safari = "Mozilla/5.0 (Macintosh; Intel Mac OS X) AppleWebKit Safari/605";
    let table = [
        ("POST", "/", "MSIE 5.0", "close"),
        ("GET", "/", "MSIE 5.0", "keep-alive"),
        ("POST", "/", "MSIE 7.0", "keep-alive"),
        ("GET", "/", safari, "keep-alive"),
        ("GET", "/safari", safari, "close"),
        ("POST", "/safari", "MSIE 6.0 (Windows)", "close"),
        ("POST", "/any", "MSIE 5.0", "keep-alive"),
    ];
    for (method, path, agent, connection) in table {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: {agent}\r\nContent-Length: 0\r\n\r\n");
        let response = site.client().ask(&request);
        assert_eq!(response.field("Connection"), Some(connection), "{method} {path} {agent}");
    }
}
