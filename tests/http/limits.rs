//! How much a request may hold, and the statuses of what holds more.

use testkit::{Setup, Site, cases};

cases!(
    limits,
    setup,
    [
        a_long_target_is_414,
        a_long_field_is_400,
        many_fields_are_400,
        a_head_in_large_buffers_passes,
        an_error_page_sees_494,
        a_body_by_length_over_the_limit_is_413,
        a_chunked_body_over_the_limit_is_413,
        a_streamed_body_over_the_limit_is_413,
        a_body_at_the_limit_passes,
        no_limit_passes_all,
        a_location_has_its_own_limit,
        the_rest_of_a_refused_body_does_no_harm,
        a_peers_large_head_is_502,
        more_fields_than_allowed_are_400,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    client_header_buffer_size 256;
    large_client_header_buffers 3 1k;
    client_max_body_size 1k;
    proxy_buffer_size 4k;
    server {
        listen {front};
        location / { proxy_pass http://{peer0}; }
        location /more { client_max_body_size 2k; proxy_pass http://{peer0}; }
        location /all { client_max_body_size 0; proxy_pass http://{peer0}; }
        location /stream { proxy_request_buffering off; proxy_pass http://{peer0}; }
    }
    server {
        listen {front1};
        error_page 494 =431 /too-large;
        max_headers 3;
        location /too-large { return 200 seen:$request_uri; }
    }",
    )
}

fn a_long_target_is_414(site: &mut Site) {
    let mut client = site.client();
    client.send(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(1100)));
    assert_eq!(client.response().status, 414);
    client.expect_closed();
}

fn a_long_field_is_400(site: &mut Site) {
    let response = site.get_with("/", &format!("X-Long: {}\r\n", "a".repeat(1100)));
    assert_eq!((response.status, response.field("Connection")), (400, Some("close")));
    assert!(site.peer(0).requests().is_empty());
}

fn many_fields_are_400(site: &mut Site) {
    let fields = format!("X-Field: {}\r\n", "a".repeat(400)).repeat(10);
    assert_eq!(site.get_with("/", &fields).status, 400);
}

fn a_head_in_large_buffers_passes(site: &mut Site) {
    let long = "a".repeat(900);
    assert_eq!(site.get_with(&format!("/{long}"), &format!("X-Long: {long}\r\n")).status, 200);
    let request = site.peer(0).request();
    assert_eq!((request.target.len(), request.field("X-Long")), (901, Some(long.as_str())));
}

fn an_error_page_sees_494(site: &mut Site) {
    let mut client = site.client_at("front1");
    let field = "a".repeat(1100);
    let response = client.ask(&format!("GET /asked HTTP/1.1\r\nHost: a\r\nX-Long: {field}\r\n\r\n"));
    assert_eq!((response.status, response.text().as_str()), (431, "seen:/asked"));
}

fn a_body_by_length_over_the_limit_is_413(site: &mut Site) {
    let response = site.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n");
    assert_eq!(response.status, 413);
    assert!(site.peer(0).requests().is_empty());
}

fn a_chunked_body_over_the_limit_is_413(site: &mut Site) {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = format!("200\r\n{}\r\n", "a".repeat(512)).repeat(3);
    let mut client = site.client();
    client.send(format!("{head}{body}0\r\n\r\n"));
    assert_eq!(client.response().status, 413);
    assert!(site.peer(0).requests().is_empty());
}

fn a_streamed_body_over_the_limit_is_413(site: &mut Site) {
    let head = "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut client = site.client();
    client.send(format!("{head}400\r\n{}\r\n", "a".repeat(1024)));
    client.send("1\r\nb\r\n");
    assert_eq!(client.response().status, 413);
    let exact = format!("{head}400\r\n{}\r\n0\r\n\r\n", "a".repeat(1024));
    assert_eq!(site.ask(&exact).status, 200);
}

fn a_body_at_the_limit_passes(site: &mut Site) {
    assert_eq!(site.post("/", &"a".repeat(1024)).status, 200);
    assert_eq!(site.peer(0).request().body.len(), 1024);
}

fn no_limit_passes_all(site: &mut Site) {
    assert_eq!(site.post("/all", &"a".repeat(100_000)).status, 200);
    assert_eq!(site.peer(0).request().body.len(), 100_000);
}

fn a_location_has_its_own_limit(site: &mut Site) {
    assert_eq!(site.post("/more", &"a".repeat(2048)).status, 200);
    assert_eq!(site.post("/more", &"a".repeat(2049)).status, 413);
}

fn the_rest_of_a_refused_body_does_no_harm(site: &mut Site) {
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50);
    let all = site.raw(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{smuggled}", smuggled.len()));
    assert!(all.starts_with("HTTP/1.1 413 ") && all.matches("HTTP/1.1 ").count() == 1, "{all}");
    assert!(site.peer(0).requests().is_empty());
}

fn a_peers_large_head_is_502(site: &mut Site) {
    let field = format!("X-Long: {}\r\n", "a".repeat(5000));
    site.peer(0).reply(format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{field}\r\n"));
    assert_eq!(site.get("/").status, 502);
    assert!(site.error_log().contains("upstream sent too big header"), "the cause is logged");
}

fn more_fields_than_allowed_are_400(site: &mut Site) {
    let ask = |fields: &str| format!("GET /too-large HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    assert_eq!(site.client_at("front1").ask(&ask("A: 1\r\nB: 2\r\n")).status, 200);
    let response = site.client_at("front1").ask(&ask("A: 1\r\nB: 2\r\nC: 3\r\n"));
    assert_eq!((response.status, response.text().as_str()), (431, "seen:/too-large"));
}
