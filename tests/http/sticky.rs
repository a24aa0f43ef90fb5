//! Clients that come back to the server that they had.

use testkit::{Setup, Signal, Site, cases, eventually};

cases!(
    sticky,
    setup,
    [
        a_cookie_brings_a_client_back,
        the_cookie_says_what_it_is_told_to,
        an_answer_of_our_own_has_the_cookie_too,
        a_route_is_read_from_what_the_request_says,
        a_session_is_learned_from_the_answer,
        the_clients_of_a_lost_server_are_spread_anew,
        a_draining_server_keeps_its_clients,
        sessions_outlive_a_reload,
    ]
);

fn setup() -> Setup {
    config("first")
}

fn config(text: &str) -> Setup {
    let inside = "
    upstream cookie { server {peer0} route=a; server {peer1} route=b; sticky cookie srv; }
    upstream full {
        server {peer0} route=a;
        sticky cookie srv expires=1h domain=$arg_d path=/app httponly secure samesite=$arg_s;
    }
    upstream dead { server {nobody} route=x; sticky cookie srv; }
    upstream route { server {peer0} route=a; server {peer1} route=b; sticky route $cookie_r $arg_r; }
    upstream learn {
        server {peer0}; server {peer1};
        sticky learn zone=sessions:64k create=$upstream_cookie_sid lookup=$cookie_sid;
    }
    upstream drain { server {peer0} route=a drain; server {peer1} route=b; sticky route $arg_r; }
    server {
        listen {front};
        location / { return 404; }
        location /cookie { proxy_pass http://cookie; }
        location /full { proxy_pass http://full; }
        location /dead { proxy_pass http://dead; }
        location /route { proxy_pass http://route; add_header X-Route $upstream_route; }
        location /learn { proxy_pass http://learn; }
        location /drain { proxy_pass http://drain; }
        location /text { return 200 TEXT; }
    }";
    Setup::http(&inside.replace("TEXT", text))
}

/// Who answers a request to `target` with these cookies, and the cookie that it gets.
fn ask(site: &Site, target: &str, cookies: &str) -> (String, Option<String>) {
    let response = site
        .client()
        .ask(&format!("GET {target} HTTP/1.1\r\nHost: a\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"));
    let peer = response.field("X-Peer").unwrap_or("?").trim_start_matches("peer").to_owned();
    (peer, response.field("Set-Cookie").map(str::to_owned))
}

fn order(site: &Site, target: &str, cookies: &str, count: usize) -> String {
    (0..count).map(|_| ask(site, target, cookies).0).collect()
}

fn a_cookie_brings_a_client_back(site: &mut Site) {
    let (first, cookie) = ask(site, "/cookie", "other=1");
    assert_eq!((first.as_str(), cookie.as_deref()), ("0", Some("srv=a")));
    assert_eq!(order(site, "/cookie", "x=1; srv=b", 4), "1111");
    assert_eq!(order(site, "/cookie", "srv=unknown", 4).len(), 4);
}

fn the_cookie_says_what_it_is_told_to(site: &mut Site) {
    let (_, cookie) = ask(site, "/full?d=.example.com&s=Lax", "");
    let cookie = cookie.unwrap_or_default();
    assert!(cookie.starts_with("srv=a; expires="), "{cookie}");
    let end = " GMT; max-age=3600; domain=.example.com; httponly; secure; samesite=Lax; path=/app";
    assert!(cookie.ends_with(end), "{cookie}");
    let (_, cookie) = ask(site, "/full?s=odd", "");
    assert!(cookie.unwrap_or_default().ends_with("max-age=3600; httponly; secure; samesite=strict; path=/app"));
}

fn an_answer_of_our_own_has_the_cookie_too(site: &mut Site) {
    let response = site.get("/dead");
    assert_eq!((response.status, response.field("Set-Cookie")), (502, Some("srv=x")));
}

fn a_route_is_read_from_what_the_request_says(site: &mut Site) {
    assert_eq!(order(site, "/route?r=b", "", 3), "111");
    assert_eq!(order(site, "/route?r=b", "r=a", 3), "000", "the first that says something counts");
    assert_eq!(order(site, "/route", "", 4).matches('0').count(), 2);
    assert_eq!(site.get("/route?r=b").field("X-Route"), Some("b"));
}

fn a_session_is_learned_from_the_answer(site: &mut Site) {
    site.peer(1).reply("HTTP/1.1 200 OK\r\nX-Peer: peer1\r\nSet-Cookie: sid=mine; path=/\r\nContent-Length: 0\r\n\r\n");
    assert!(order(site, "/learn", "", 2).contains('1'));
    assert_eq!(order(site, "/learn", "sid=mine", 4), "1111");
    assert_ne!(order(site, "/learn", "sid=other", 4), "1111");
}

fn the_clients_of_a_lost_server_are_spread_anew(site: &mut Site) {
    site.peer(0).script(testkit::Conversation::close);
    let (peer, cookie) = ask(site, "/cookie", "srv=a");
    assert_eq!((peer.as_str(), cookie.as_deref()), ("1", Some("srv=b")));
}

fn a_draining_server_keeps_its_clients(site: &mut Site) {
    assert_eq!(order(site, "/drain?r=a", "", 3), "000");
    assert_eq!(order(site, "/drain", "", 3), "111");
}

fn sessions_outlive_a_reload(site: &mut Site) {
    site.peer(1).reply("HTTP/1.1 200 OK\r\nX-Peer: peer1\r\nSet-Cookie: sid=kept\r\nContent-Length: 0\r\n\r\n");
    assert!(order(site, "/learn", "", 2).contains('1'));
    site.rewrite_config(&config("second"));
    site.server().signal(Signal::HUP);
    eventually("the new configuration serves", || site.get("/text").text() == "second");
    assert_eq!(order(site, "/learn", "sid=kept", 4), "1111");
}
