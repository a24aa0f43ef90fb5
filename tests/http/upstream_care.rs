//! Servers that do much worse than the others are left out, and retries are bounded.

use serde_json::Value;
use testkit::{Conversation, Setup, Site, cases, eventually};

cases!(
    upstream_care,
    Fresh,
    setup,
    [
        a_server_whose_requests_fail_is_left_out,
        it_is_tried_again,
        no_more_than_a_part_is_left_out,
        a_slow_server_is_left_out,
        few_requests_say_nothing,
        retries_have_a_budget,
        a_broken_kept_connection_costs_no_budget,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    upstream judged {
        zone judged 64k;
        server {peer0} max_fails=0; server {peer1} max_fails=0; server {peer2} max_fails=0;
        outlier_ejection error_rate=50% min_requests=5 interval=200ms time=1h max_ejected=34%;
    }
    upstream short {
        zone short 64k;
        server {peer0} max_fails=0; server {peer1} max_fails=0;
        outlier_ejection error_rate=50% min_requests=5 interval=200ms time=500ms;
    }
    upstream slow {
        zone slow 64k;
        server {peer0}; server {peer1}; server {peer2};
        outlier_ejection latency_factor=3 min_requests=3 interval=1s time=1h;
    }
    upstream quiet {
        zone quiet 64k;
        server {peer0} max_fails=0; server {peer1} max_fails=0;
        outlier_ejection error_rate=10% min_requests=1000 interval=100ms time=1h;
    }
    upstream bounded { server {nobody} max_fails=0; server {peer0} backup; retry_budget 20% burst=3; keepalive 4; }
    upstream kept { server {peer0} max_fails=0; retry_budget 1% burst=1; keepalive 4; }
    server {
        listen {front};
        location /api { api; }
        location /judged { proxy_pass http://judged; }
        location /short { proxy_pass http://short; }
        location /slow { proxy_pass http://slow; }
        location /quiet { proxy_pass http://quiet; }
        location /bounded { proxy_pass http://bounded; }
        location /kept { proxy_pass http://kept; }
    }",
    )
}

fn fails(conversation: &mut Conversation) {
    conversation.read_body();
    conversation.send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nX-Peer: ill\r\n\r\n");
}

fn answered_by(site: &Site, path: &str, count: usize) -> String {
    (0..count).map(|_| site.get(path).field("X-Peer").unwrap_or("?").trim_start_matches("peer").to_owned()).collect()
}

fn states(site: &Site, group: &str) -> Vec<String> {
    let told = site.get(&format!("/api/9/http/upstreams/{group}"));
    let told: Value = serde_json::from_slice(&told.body).expect("JSON");
    let peers = told["peers"].as_array().expect("peers");
    peers.iter().map(|peer| peer["state"].as_str().expect("a state").to_owned()).collect()
}

fn a_server_whose_requests_fail_is_left_out(site: &mut Site) {
    site.peer(1).script(fails);
    let address = site.peer(1).address();
    eventually("it is left out", || {
        answered_by(site, "/judged", 30);
        site.error_log().contains(&format!("peer {address} of upstream \"judged\" is left out for 3600s: 100% of its"))
    });
    assert_eq!(states(site, "judged"), ["up", "unhealthy", "up"]);
    assert!(!answered_by(site, "/judged", 10).contains("ill"));
}

fn it_is_tried_again(site: &mut Site) {
    site.peer(1).script(fails);
    eventually("it is left out", || {
        answered_by(site, "/short", 20);
        states(site, "short")[1] == "unhealthy"
    });
    site.peer(1).reset();
    eventually("it is used again", || answered_by(site, "/short", 4).contains('1'));
    assert!(site.error_log().contains("of upstream \"short\" is used again"));
}

fn no_more_than_a_part_is_left_out(site: &mut Site) {
    for peer in [0, 1, 2] {
        site.peer(peer).script(fails);
    }
    eventually("one is left out", || {
        answered_by(site, "/judged", 30);
        states(site, "judged").iter().any(|state| state == "unhealthy")
    });
    // Three more intervals' worth of failures change nothing: a third may be out.
    for _ in 0..3 {
        answered_by(site, "/judged", 60);
        assert_eq!(states(site, "judged").iter().filter(|state| *state == "unhealthy").count(), 1);
    }
    assert_eq!(site.get("/judged").status, 500, "a failing server answers rather than none");
}

fn a_slow_server_is_left_out(site: &mut Site) {
    site.peer(2).script(|conversation: &mut Conversation| {
        std::thread::sleep(std::time::Duration::from_millis(60));
        conversation.echo();
    });
    eventually("it is left out", || {
        answered_by(site, "/slow", 12);
        states(site, "slow") == ["up", "up", "unhealthy"]
    });
    assert!(site.error_log().contains("ms, others'"), "{}", site.error_log());
}

fn few_requests_say_nothing(site: &mut Site) {
    site.peer(1).script(fails);
    for _ in 0..10 {
        answered_by(site, "/quiet", 20);
    }
    assert_eq!(states(site, "quiet"), ["up", "up"]);
}

fn retries_have_a_budget(site: &mut Site) {
    let statuses: Vec<u16> = (0..33).map(|_| site.get("/bounded").status).collect();
    let again = statuses.iter().filter(|status| **status == 200).count();
    // Three were saved, and each five requests earn one more.
    assert_eq!((again, statuses.len() - again), (3 + 6, 24), "{statuses:?}");
    assert!(site.error_log().contains("no other server is tried: the retry budget is used up"));
}

fn a_broken_kept_connection_costs_no_budget(site: &mut Site) {
    for _ in 0..20 {
        assert_eq!(site.get("/kept").status, 200);
        site.peer(0).cut_connections();
    }
}
