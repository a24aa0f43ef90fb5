//! HEAD: the head of a GET, never a body, and the connection lives on.

use testkit::{Setup, Site, cases};

cases!(
    head,
    setup,
    [
        a_proxied_length_is_kept,
        a_chunked_peer_sends_no_body,
        a_file_has_its_length,
        a_return_has_no_body,
        an_error_page_has_no_body,
    ]
);

fn setup() -> Setup {
    Setup::server(
        "
        location / { proxy_pass http://{peer0}; }
        location /file { root html; }
        location /return { return 200 text; }
        location /nobody { proxy_pass http://{nobody}; }",
    )
    .file("html/file", "sixteen letters!")
}

/// Asks twice on one connection: a body that should not be there would be read as the second head.
fn twice(site: &Site, path: &str) -> testkit::Response {
    let mut client = site.client();
    let request = format!("HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let first = client.ask(&request);
    let second = client.ask(&request);
    assert_eq!(first.status, second.status);
    assert_eq!(client.ask("GET /return HTTP/1.1\r\nHost: a\r\n\r\n").text(), "text");
    second
}

fn a_proxied_length_is_kept(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
    let response = twice(site, "/");
    assert_eq!((response.status, response.field("Content-Length")), (200, Some("1234")));
    assert_eq!(site.peer(0).requests()[1].method, "HEAD");
}

fn a_chunked_peer_sends_no_body(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(twice(site, "/").status, 200);
}

fn a_file_has_its_length(site: &mut Site) {
    let response = twice(site, "/file");
    assert_eq!((response.status, response.field("Content-Length")), (200, Some("16")));
}

fn a_return_has_no_body(site: &mut Site) {
    let response = twice(site, "/return");
    assert_eq!((response.status, response.field("Content-Length")), (200, Some("4")));
}

fn an_error_page_has_no_body(site: &mut Site) {
    let response = twice(site, "/nobody");
    assert_eq!(response.status, 502);
    assert_ne!(response.field("Content-Length"), Some("0"));
}
