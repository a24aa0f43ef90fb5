//! Which status stands when one thing after another goes wrong, and what becomes of the connection and its fields.

use testkit::{Setup, Site, cases};

cases!(
    error_status,
    setup,
    [
        the_status_of_the_error_stands,
        a_later_error_replaces_it,
        a_page_may_be_told_its_status,
        the_last_redirect_counts,
        a_redirect_keeps_its_place_behind_a_page,
        some_errors_end_the_connection,
        a_peers_errors_do_not_end_it,
        a_malformed_body_that_nobody_wants_is_400,
        a_peers_page_gets_the_error_status,
        kinds_of_400_name_themselves,
        trace_and_connect_are_refused,
        no_content_has_no_type,
        small_pages_are_padded_for_browsers_with_their_own,
    ]
);

fn setup() -> Setup {
    Setup::server(
        r#"
        server_name named.example;
        location /own { return 200 "own page"; }
        location /none { return 204; }
        location /gone { return 410; }
        location /moved { return 302 /second; }
        location /text { error_page 404 /own; return 404; }
        location /empty { error_page 405 /none; return 405; }
        location /again { error_page 404 /gone; return 404; }
        location /told { error_page 404 =201 /own; return 404; }
        location /as-served { error_page 404 = /none; return 404; }
        location /redirected { error_page 302 /moved; return 302 /first; }
        location /elsewhere { error_page 302 http://else.example/; return 302 /first; }
        location /kept { error_page 302 /own; return 302 /first; }
        location /padded { msie_padding on; }
        location /small { msie_padding off; }
        location /fails { return 500; }
        location /hides { error_page 500 =200 /own; return 500; }
        location /ssl { return 497; }
        location /peer { proxy_pass http://{peer0}; }
        location /page { error_page 503 @peer; return 503; }
        location @peer { proxy_pass http://{peer0}; }"#,
    )
}

fn check(site: &Site, path: &str, status: u16, text: &str) {
    let response = site.get(path);
    assert_eq!((response.status, response.text().as_str()), (status, text), "{path}");
}

fn the_status_of_the_error_stands(site: &mut Site) {
    check(site, "/text", 404, "own page");
    let response = site.get("/empty");
    assert_eq!((response.status, response.field("Content-Length")), (405, Some("0")));
}

fn a_later_error_replaces_it(site: &mut Site) {
    let response = site.get("/again");
    assert!(response.status == 410 && response.text().contains("410 Gone"), "{}", response.head);
}

fn a_page_may_be_told_its_status(site: &mut Site) {
    check(site, "/told", 201, "own page");
    check(site, "/as-served", 204, "");
}

fn the_last_redirect_counts(site: &mut Site) {
    assert_eq!(site.get_host("a", "/redirected").all("Location"), [format!("http://a:{}/second", testkit::PORT)]);
    assert_eq!(site.get("/elsewhere").all("Location"), ["http://else.example/"]);
}

fn a_redirect_keeps_its_place_behind_a_page(site: &mut Site) {
    let response = site.get_host("a", "/kept");
    assert_eq!((response.status, response.text().as_str()), (302, "own page"));
    assert_eq!(response.all("Location"), [format!("http://a:{}/first", testkit::PORT)]);
}

fn some_errors_end_the_connection(site: &mut Site) {
    assert_eq!(site.get("/fails").field("Connection"), Some("close"));
    assert_eq!(site.get("/hides").field("Connection"), Some("close"), "whatever the page says");
    let mut client = site.client();
    assert_eq!(client.ask("GET /text HTTP/1.1\r\nHost: a\r\n\r\n").field("Connection"), Some("keep-alive"));
}

fn a_peers_errors_do_not_end_it(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
    let mut client = site.client();
    for _ in 0..2 {
        let response = client.ask("GET /peer HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((response.status, response.field("Connection")), (500, Some("keep-alive")));
    }
}

fn a_malformed_body_that_nobody_wants_is_400(site: &mut Site) {
    let head = "POST /own HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(site.ask(&format!("{head}3\r\nabc\r\n0\r\n\r\n")).status, 200);
    assert_eq!(site.ask(&format!("{head}3\r\nabcde\r\n0\r\n\r\n")).status, 400);
}

fn a_peers_page_gets_the_error_status(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 Fine\r\nContent-Length: 4\r\n\r\nsoon");
    let response = site.get("/page");
    assert_eq!((response.status, response.text().as_str()), (503, "soon"));
    assert_eq!(response.status_line(), "HTTP/1.1 503 Service Temporarily Unavailable");
}

fn kinds_of_400_name_themselves(site: &mut Site) {
    let response = site.get("/ssl");
    assert_eq!(response.status, 400);
    assert!(response.text().contains("plain HTTP request was sent to HTTPS port"), "{}", response.text());
}

fn trace_and_connect_are_refused(site: &mut Site) {
    let response = site.ask("TRACE /own HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((response.status, response.field("Connection")), (405, Some("close")));
    let response = site.ask("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n");
    assert_eq!((response.status, response.field("Connection")), (405, Some("close")));
}

fn no_content_has_no_type(site: &mut Site) {
    assert_eq!(site.get("/none").field("Content-Type"), None);
}

fn small_pages_are_padded_for_browsers_with_their_own(site: &mut Site) {
    let length = |path: &str, agent: &str| site.get_with(path, &format!("User-Agent: {agent}\r\n")).text().len();
    let plain = length("/padded", "curl/8");
    for agent in
        ["Mozilla/4.0 (compatible; MSIE 7.0)", "Mozilla/5.0 (X11) AppleWebKit (KHTML, like Gecko) Chrome/120 Safari"]
    {
        assert_eq!(length("/padded", agent), plain + 402, "{agent}");
        assert_eq!(length("/small", agent), plain, "{agent}");
    }
    for agent in ["MSIE 7", "Mozilla/4.0 (compatible; MSIE 7.0) Opera 9", "Gecko/20100101 Chrome/1", ""] {
        assert_eq!(length("/padded", agent), plain, "{agent}");
    }
}
