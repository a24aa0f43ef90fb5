//! Which peer of a group takes a request.

use std::collections::BTreeMap;

use testkit::{Gate, Setup, Site, cases};

cases!(
    balancing,
    setup,
    [
        round_robin_takes_turns,
        weights_are_smooth,
        a_backup_waits_for_the_others_to_fail,
        a_peer_that_is_down_is_not_asked,
        a_failed_peer_rests,
        a_rested_peer_is_asked_again,
        a_lone_peer_never_rests,
        connections_are_bounded,
        requests_wait_where_they_may,
        without_a_peer_there_is_502,
        many_workers_take_turns_in_their_zone,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    upstream even { server {peer0}; server {peer1}; server {peer2}; }
    upstream weighted { server {peer0} weight=5; server {peer1}; server {peer2}; }
    upstream backup { server {nobody} max_fails=0; server {peer1} backup; server {peer2} backup; }
    upstream down { server {peer0} down; server {peer1}; }
    upstream resting { server {peer0} max_fails=2 fail_timeout=30s; server {peer1} max_fails=0; }
    upstream short { server {peer0} max_fails=1 fail_timeout=1s; server {peer1} max_fails=0; }
    upstream lone { server {peer0}; }
    upstream bounded { server {peer0} max_conns=1; server {peer1} backup; }
    upstream queued { server {peer2} max_conns=1; queue 1 timeout=5s; }
    upstream none { server {nobody}; server {nobody1}; }
    upstream shared { zone shared 64k; server {peer0} weight=2; server {peer1}; }
    server {
        listen {front};
        location / { return 404; }
        location /even { proxy_pass http://even; }
        location /weighted { proxy_pass http://weighted; }
        location /backup { proxy_pass http://backup; }
        location /down { proxy_pass http://down; }
        location /resting { proxy_pass http://resting; }
        location /short { proxy_pass http://short; }
        location /lone { proxy_pass http://lone; }
        location /bounded { proxy_pass http://bounded; }
        location /queued { proxy_pass http://queued; }
        location /none { proxy_pass http://none; }
        location /shared { proxy_pass http://shared; }
    }",
    )
}

/// Who answered, request by request.
fn order(site: &Site, path: &str, count: usize) -> String {
    let mut client = site.client();
    let ask = |_| {
        let response = client.ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        response.field("X-Peer").unwrap_or("?").trim_start_matches("peer").to_owned()
    };
    (0..count).map(ask).collect()
}

fn counts(order: &str) -> BTreeMap<char, usize> {
    let mut counts = BTreeMap::new();
    order.chars().for_each(|peer| *counts.entry(peer).or_default() += 1);
    counts
}

fn round_robin_takes_turns(site: &mut Site) {
    assert_eq!(order(site, "/even", 9), "012012012");
}

fn weights_are_smooth(site: &mut Site) {
    // The heavy peer never gets its five in a row.
    assert_eq!(order(site, "/weighted", 14), "00102000010200");
}

fn a_backup_waits_for_the_others_to_fail(site: &mut Site) {
    let order = order(site, "/backup", 4);
    assert_eq!(counts(&order), BTreeMap::from([('1', 2), ('2', 2)]), "{order}");
    assert!(self::order(site, "/even", 3).contains('0'));
}

fn a_peer_that_is_down_is_not_asked(site: &mut Site) {
    assert_eq!(order(site, "/down", 3), "111");
}

fn closes(conversation: &mut testkit::Conversation) {
    conversation.close();
}

fn a_failed_peer_rests(site: &mut Site) {
    site.peer(0).script(closes);
    let order = order(site, "/resting", 10);
    assert_eq!((order.as_str(), site.peer(0).requests().len()), ("1111111111", 2), "two failures, then rest");
}

fn a_rested_peer_is_asked_again(site: &mut Site) {
    site.peer(0).script(closes);
    order(site, "/short", 2);
    assert_eq!(site.peer(0).requests().len(), 1);
    site.peer(0).reset();
    testkit::eventually("the peer is asked again", || order(site, "/short", 2).contains('0'));
}

fn a_lone_peer_never_rests(site: &mut Site) {
    site.peer(0).script(closes);
    for _ in 0..3 {
        assert_eq!(site.get("/lone").status, 502);
    }
    assert_eq!(site.peer(0).requests().len(), 3);
}

fn connections_are_bounded(site: &mut Site) {
    let gate = Gate::new();
    let waits = gate.clone();
    site.peer(0).script(move |conversation| {
        waits.wait();
        conversation.echo();
    });
    let mut first = site.client();
    first.send("GET /bounded HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    assert_eq!(order(site, "/bounded", 2), "11", "the first peer is full");
    gate.open();
    assert_eq!(first.response().field("X-Peer"), Some("peer0"));
    assert_eq!(order(site, "/bounded", 1), "0");
}

fn requests_wait_where_they_may(site: &mut Site) {
    let gate = Gate::new();
    let waits = gate.clone();
    site.peer(2).script(move |conversation| {
        waits.wait();
        conversation.echo();
    });
    let mut clients = [site.client(), site.client()];
    for client in &mut clients {
        client.send("GET /queued HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    site.peer(2).wait_for_requests(1);
    testkit::eventually("the queue is full", || site.get("/queued").status == 502);
    assert_eq!(site.peer(2).requests().len(), 1);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().field("X-Peer"), Some("peer2"));
    }
}

fn without_a_peer_there_is_502(site: &mut Site) {
    assert_eq!(site.get("/none").status, 502);
    assert_eq!(site.get("/none").status, 502);
    assert!(site.error_log().contains("no live upstreams"), "the second finds none alive");
}

fn many_workers_take_turns_in_their_zone(site: &mut Site) {
    let order = order(site, "/shared", 9);
    assert_eq!(counts(&order), BTreeMap::from([('0', 6), ('1', 3)]), "{order}");
}
