//! What is asked of the site once a response is through.

use testkit::{Setup, Site, cases, eventually};

cases!(
    post_action,
    setup,
    [the_place_hears_of_the_response, a_path_may_be_asked, a_failure_harms_nobody, off_asks_nobody]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    server {
        listen {front};
        location / { root html; post_action @done; }
        location /path { root html; post_action /told?a=1; }
        location /dead { root html; post_action @dead; }
        location /off { root html; post_action off; }
        location @done {
            proxy_set_header X-Told "$request_uri $status $body_bytes_sent";
            proxy_pass http://{peer0};
        }
        location /told { internal; proxy_pass http://{peer0}; }
        location @dead { proxy_pass http://{nobody}; }
    }"#,
    )
    .file("html/index.html", "four")
    .file("html/path", "path")
    .file("html/dead", "dead")
    .file("html/off", "off")
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden";

fn the_place_hears_of_the_response(site: &mut Site) {
    site.peer(0).reply(ANSWER);
    let mut client = site.client();
    let request = "GET /index.html?a HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(client.ask(request).text(), "four");
    assert_eq!(site.peer(0).wait_for_requests(1)[0].field("X-Told"), Some("/index.html?a 200 4"));
    // The connection goes on, and nothing of the other answer is on it.
    assert_eq!(client.ask(request).text(), "four");
    assert_eq!(site.get("/none").status, 404);
    let told = site.peer(0).wait_for_requests(3);
    // They come in any order: nobody waits for one.
    assert!(told.iter().any(|told| told.field("X-Told").unwrap().starts_with("/none 404 ")), "{told:?}");
}

fn a_path_may_be_asked(site: &mut Site) {
    site.peer(0).reply(ANSWER);
    assert_eq!(site.get("/path").text(), "path");
    assert_eq!(site.peer(0).wait_for_requests(1)[0].line(), "GET /told?a=1 HTTP/1.1");
}

fn a_failure_harms_nobody(site: &mut Site) {
    assert_eq!(site.get("/dead").text(), "dead");
    eventually("a line about it", || site.error_log().contains("connect() failed"));
    assert_eq!(site.get("/dead").text(), "dead");
}

fn off_asks_nobody(site: &mut Site) {
    assert_eq!(site.get("/off").text(), "off");
    assert!(site.peer(0).requests().is_empty());
}
