//! When a peer fails: another is asked while the request allows it.

use testkit::{Conversation, Setup, Site, cases, skip_on_nginx};

cases!(
    next_upstream,
    setup,
    [
        a_refusing_peer_is_passed_over,
        a_peer_that_closes_early_is_passed_over,
        a_post_is_not_sent_twice,
        a_post_that_was_never_sent_goes_on,
        a_post_is_sent_twice_when_configured,
        statuses_lead_on_when_configured,
        the_last_failure_is_the_answer,
        off_asks_once,
        tries_are_bounded,
        time_is_bounded,
        a_timeout_leads_on,
        an_invalid_head_leads_on_when_configured,
        a_response_that_began_is_not_repeated,
        a_body_is_sent_again_whole,
        a_stale_connection_costs_nothing,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    upstream dead_first { server {nobody} max_fails=0; server {peer0} backup; }
    upstream pair { server {peer0} max_fails=0; server {peer1} max_fails=0 backup; }
    upstream three { server {peer0} max_fails=0; server {peer1} max_fails=0; server {peer2} max_fails=0; }
    upstream kept { server {peer0} max_fails=0; keepalive 4; }
    server {
        listen {front};
        location /dead { proxy_pass http://dead_first; }
        location /pair { proxy_pass http://pair; }
        location /all { proxy_next_upstream error non_idempotent; proxy_pass http://pair; }
        location /statuses { proxy_next_upstream http_503 http_404; proxy_pass http://pair; }
        location /invalid { proxy_next_upstream invalid_header; proxy_pass http://pair; }
        location /off { proxy_next_upstream off; proxy_pass http://pair; }
        location /tries { proxy_next_upstream http_500; proxy_next_upstream_tries 2; proxy_pass http://three; }
        location /time {
            proxy_next_upstream timeout;
            proxy_next_upstream_timeout 50ms;
            proxy_read_timeout 100ms;
            proxy_pass http://three;
        }
        location /timeout { proxy_read_timeout 200ms; proxy_pass http://pair; }
        location /kept { proxy_pass http://kept; }
    }",
    )
}

fn closes_early(conversation: &mut Conversation) {
    conversation.read_body();
    conversation.close();
}

fn answered_by(site: &Site, path: &str) -> String {
    let response = site.get(path);
    assert_eq!(response.status, 200, "{path}");
    response.field("X-Peer").unwrap_or_default().to_owned()
}

fn a_refusing_peer_is_passed_over(site: &mut Site) {
    for _ in 0..3 {
        assert_eq!(answered_by(site, "/dead"), "peer0");
    }
}

fn a_peer_that_closes_early_is_passed_over(site: &mut Site) {
    site.peer(0).script(closes_early);
    assert_eq!(answered_by(site, "/pair"), "peer1");
    site.peer(0).script(|conversation| {
        conversation.read_body();
        conversation.abort();
    });
    assert_eq!(answered_by(site, "/pair"), "peer1");
    assert_eq!(site.peer(0).requests().len(), 2);
}

fn a_post_is_not_sent_twice(site: &mut Site) {
    site.peer(0).script(closes_early);
    assert_eq!(site.post("/pair", "body").status, 502);
    assert_eq!((site.peer(0).requests().len(), site.peer(1).requests().len()), (1, 0));
}

fn a_post_that_was_never_sent_goes_on(site: &mut Site) {
    let response = site.post("/dead", "body");
    assert_eq!((response.status, site.peer(0).request().text().as_str()), (200, "body"));
}

fn a_post_is_sent_twice_when_configured(site: &mut Site) {
    site.peer(0).script(closes_early);
    assert_eq!(site.post("/all", "body").status, 200);
    assert_eq!(site.peer(1).request().text(), "body");
}

fn statuses_lead_on_when_configured(site: &mut Site) {
    for status in ["503 Busy", "404 Not here"] {
        site.peer(0).reply(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(answered_by(site, "/statuses"), "peer1", "{status}");
    }
    site.peer(0).reply("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(site.get("/statuses").status, 500);
    assert_eq!(site.get("/pair").status, 500);
}

fn the_last_failure_is_the_answer(site: &mut Site) {
    for peer in [0, 1] {
        site.peer(peer).reply("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
    }
    let response = site.get("/statuses");
    assert_eq!((response.status, response.text().as_str()), (503, "busy"));
    for peer in [0, 1] {
        site.peer(peer).script(closes_early);
    }
    assert_eq!(site.get("/pair").status, 502);
}

fn off_asks_once(site: &mut Site) {
    site.peer(0).script(closes_early);
    assert_eq!(site.get("/off").status, 502);
    assert!(site.peer(1).requests().is_empty());
}

fn tries_are_bounded(site: &mut Site) {
    for peer in 0..3 {
        site.peer(peer).reply("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    }
    assert_eq!(site.get("/tries").status, 500);
    let asked: usize = (0..3).map(|peer| site.peer(peer).requests().len()).sum();
    assert_eq!(asked, 2);
}

fn never_answers(conversation: &mut Conversation) {
    conversation.wait_for_close();
    conversation.close();
}

fn time_is_bounded(site: &mut Site) {
    for peer in 0..3 {
        site.peer(peer).script(never_answers);
    }
    assert_eq!(site.get("/time").status, 504);
    let asked: usize = (0..3).map(|peer| site.peer(peer).requests().len()).sum();
    assert_eq!(asked, 1, "after the first try the time is over");
}

fn a_timeout_leads_on(site: &mut Site) {
    site.peer(0).script(never_answers);
    assert_eq!(answered_by(site, "/timeout"), "peer1");
}

fn an_invalid_head_leads_on_when_configured(site: &mut Site) {
    site.peer(0).reply_and_close("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n");
    assert_eq!(answered_by(site, "/invalid"), "peer1");
    assert_eq!(site.get("/pair").status, 502);
}

fn a_response_that_began_is_not_repeated(site: &mut Site) {
    site.peer(0).reply_and_close("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    let mut client = site.client();
    client.send("GET /pair HTTP/1.1\r\nHost: a\r\n\r\n");
    let all = String::from_utf8_lossy(&client.read_to_end_or_reset()).into_owned();
    assert!(all.matches("HTTP/1.1 ").count() <= 1 && !all.contains("peer1"), "{all}");
    assert!(site.peer(1).requests().is_empty());
}

fn a_body_is_sent_again_whole(site: &mut Site) {
    site.peer(0).script(closes_early);
    let body = "0123456789".repeat(10_000);
    let response = site.ask(&format!("PUT /pair HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    assert_eq!(response.status, 200);
    assert_eq!(site.peer(1).request().text(), body);
}

fn a_stale_connection_costs_nothing(site: &mut Site) {
    // The peer closes its kept connection: the next request must not fail, a POST neither.
    for method in ["GET", "POST"] {
        assert_eq!(site.get("/kept").status, 200);
        site.peer(0).cut_connections();
        testkit::eventually("the connections are closed", || site.peer(0).open_connections() == 0);
        let request = format!("{method} /kept HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(site.ask(&request).status, 200, "{method}");
    }
    if skip_on_nginx("it does not ask again when the connection dies under a request that was sent") {
        return;
    }
    // A kept connection that dies only when it is used: as if the request had never been sent.
    site.peer(0).script(|conversation| {
        let first = conversation.connection() == 0 && conversation.request().target != "/kept/first";
        if first {
            conversation.abort();
        } else {
            conversation.echo();
        }
    });
    site.peer(0).cut_connections();
    assert_eq!(site.get("/kept/first").status, 200);
    assert_eq!(site.get("/kept/second").status, 200);
}
