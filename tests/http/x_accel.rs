//! Orders that a peer gives the proxy in its response: `X-Accel-*`.

use testkit::{Setup, Site, cases};

cases!(
    x_accel,
    setup,
    [
        a_redirect_serves_a_file,
        a_redirect_keeps_what_belongs_to_the_client,
        a_redirect_may_name_a_location,
        a_redirect_is_decoded_once,
        a_redirect_upwards_is_refused,
        a_redirect_changes_post_to_get,
        a_redirect_reaches_what_is_internal,
        internal_locations_are_hidden,
        redirects_can_be_ignored,
        a_rate_is_ordered,
        a_charset_is_ordered,
        orders_are_not_passed_on,
        a_redirect_loop_ends,
    ]
);

fn setup() -> Setup {
    Setup::server(
        r#"
        location / { proxy_pass http://{peer0}; }
        location /files/ { internal; root html; add_header X-Place files; }
        location /other/ { internal; proxy_pass http://{peer1}; }
        location @named { return 200 "named $request_method $uri"; }
        location /russian/ { charset koi8-r; }
        location /ignored { proxy_ignore_headers X-Accel-Redirect; proxy_pass http://{peer0}; }"#,
    )
    .file("html/files/a.txt", "protected content")
}

fn redirect(site: &Site, to: &str) {
    site.peer(0).reply(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Accel-Redirect: {to}\r\nSet-Cookie: seen=1\r\n\
         Content-Type: text/special\r\nX-Own: 1\r\n\r\norder"
    ));
}

fn a_redirect_serves_a_file(site: &mut Site) {
    redirect(site, "/files/a.txt");
    let response = site.get("/download");
    assert_eq!((response.status, response.text().as_str()), (200, "protected content"));
    assert_eq!(response.field("X-Place"), Some("files"));
}

fn a_redirect_keeps_what_belongs_to_the_client(site: &mut Site) {
    redirect(site, "/files/a.txt");
    let response = site.get("/download");
    assert_eq!(response.all("Set-Cookie"), ["seen=1"]);
    assert_eq!(response.field("Content-Type"), Some("text/special"));
    assert_eq!(response.all("Content-Length"), ["17"]);
    assert_eq!(response.field("X-Own"), None, "others of the first response are gone");
}

fn a_redirect_may_name_a_location(site: &mut Site) {
    redirect(site, "@named");
    assert_eq!(site.get("/download").text(), "named GET /download");
}

fn a_redirect_is_decoded_once(site: &mut Site) {
    redirect(site, "/other/a%20b%252F?c=%20d");
    site.get("/download");
    assert_eq!(site.peer(1).request().target, "/other/a%20b%252F?c=%20d");
}

fn a_redirect_upwards_is_refused(site: &mut Site) {
    for unsafe_target in ["/files/../other/x", "/files/%2e%2e/other/x", ""] {
        redirect(site, unsafe_target);
        assert_eq!(site.get("/download").status, 404, "{unsafe_target}");
    }
    assert!(site.peer(1).requests().is_empty());
}

fn a_redirect_changes_post_to_get(site: &mut Site) {
    redirect(site, "/other/x?y=z");
    assert_eq!(site.post("/download", "body").status, 200);
    let request = site.peer(1).request();
    assert_eq!(request.line(), "GET /other/x?y=z HTTP/1.1");
}

fn a_redirect_reaches_what_is_internal(site: &mut Site) {
    redirect(site, "/other/x");
    assert_eq!(site.get("/download").field("X-Peer"), Some("peer1"));
    redirect(site, "/files/none");
    assert_eq!(site.get("/download").status, 404);
}

fn internal_locations_are_hidden(site: &mut Site) {
    assert_eq!(site.get("/files/a.txt").status, 404);
}

fn redirects_can_be_ignored(site: &mut Site) {
    redirect(site, "/files/a.txt");
    let response = site.get("/ignored");
    assert_eq!((response.text().as_str(), response.field("X-Own")), ("order", Some("1")));
}

fn a_rate_is_ordered(site: &mut Site) {
    let body = "a".repeat(100_000);
    site.peer(0).reply(format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nX-Accel-Limit-Rate: 40000\r\n\r\n{body}"));
    let (response, time) = testkit::timed(|| site.get("/"));
    assert_eq!(response.body.len(), 100_000);
    assert!(time > std::time::Duration::from_millis(900), "{time:?}");
}

fn a_charset_is_ordered(site: &mut Site) {
    // One that the configuration names: it knows no others.
    site.peer(0)
        .reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: text/html\r\nX-Accel-Charset: koi8-r\r\n\r\n");
    assert_eq!(site.get("/").field("Content-Type"), Some("text/html; charset=koi8-r"));
}

fn orders_are_not_passed_on(site: &mut Site) {
    let orders = "X-Accel-Expires: 1\r\nX-Accel-Buffering: yes\r\nX-Accel-Limit-Rate: 0\r\nX-Accel-Charset: utf-8\r\n";
    site.peer(0).reply(format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{orders}\r\n"));
    let response = site.get("/");
    assert!(!response.head.to_ascii_lowercase().contains("x-accel"), "{}", response.head);
}

fn a_redirect_loop_ends(site: &mut Site) {
    redirect(site, "/again");
    assert_eq!(site.get("/").status, 500);
    assert!(site.peer(0).requests().len() <= 11);
}
