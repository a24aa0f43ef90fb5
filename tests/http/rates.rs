//! Limits on the bytes a second: `limit_rate` toward clients, `proxy_limit_rate` from peers.

use std::time::Duration;
use testkit::{Setup, Site, cases};

cases!(
    rates,
    setup,
    [
        a_file_goes_a_second_at_a_time,
        the_first_second_goes_at_once,
        what_is_free_does_not_count,
        a_script_sets_the_rate,
        a_peer_is_read_at_its_rate,
        a_peer_may_lift_the_limit,
        a_peers_field_may_be_its_rate,
        what_is_not_buffered_is_not_limited,
    ]
);

/// What a body of 30,000 bytes takes at 20,000 a second, if the first second's worth goes at once.
const HALF: Duration = Duration::from_millis(480);

fn setup() -> Setup {
    Setup::server(
        r"
        root html;
        limit_rate 20000;
        location /file { try_files /body =404; }
        location /free { limit_rate_after 30k; try_files /body =404; }
        location /set { limit_rate 0; set $limit_rate $arg_rate; try_files /body =404; }
        location /peer { proxy_pass http://{peer0}; }
        location /unbuffered { proxy_buffering off; proxy_pass http://{peer0}; }
        location /asked { limit_rate 0; proxy_limit_rate $upstream_http_x_rate; proxy_pass http://{peer0}; }
        location /from-peer { limit_rate 0; proxy_limit_rate 20000; proxy_pass http://{peer0}; }",
    )
    .file("html/body", "x".repeat(30_000))
}

fn time_of(site: &Site, path: &str) -> Duration {
    let (response, time) = testkit::timed(|| site.get(path));
    assert_eq!((response.status, response.body.len()), (200, 30_000), "{path}");
    time
}

fn reply(site: &Site, fields: &str) {
    site.peer(0).reply(format!("HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n{fields}\r\n{}", "x".repeat(30_000)));
}

fn a_file_goes_a_second_at_a_time(site: &mut Site) {
    assert!(time_of(site, "/file") > HALF);
}

fn the_first_second_goes_at_once(site: &mut Site) {
    let mut client = site.client();
    let (first, time) = testkit::timed(|| {
        client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n").head();
        client.read_exactly(15_000)
    });
    assert_eq!(first.len(), 15_000);
    assert!(time < HALF, "{time:?}");
    client.read_exactly(15_000);
}

fn what_is_free_does_not_count(site: &mut Site) {
    assert!(time_of(site, "/free") < HALF);
}

fn a_script_sets_the_rate(site: &mut Site) {
    assert!(time_of(site, "/set?rate=20000") > HALF);
    assert!(time_of(site, "/set?rate=0") < HALF);
    assert!(time_of(site, "/set?rate=unclear") < HALF, "a value that is no rate changes nothing");
}

fn a_peer_is_read_at_its_rate(site: &mut Site) {
    reply(site, "");
    assert!(time_of(site, "/from-peer") > HALF);
}

fn a_peers_field_may_be_its_rate(site: &mut Site) {
    reply(site, "X-Rate: 20000\r\n");
    assert!(time_of(site, "/asked") > HALF);
    reply(site, "X-Rate: 0\r\n");
    assert!(time_of(site, "/asked") < HALF);
}

fn a_peer_may_lift_the_limit(site: &mut Site) {
    reply(site, "");
    assert!(time_of(site, "/peer") > HALF);
    reply(site, "X-Accel-Limit-Rate: 0\r\n");
    assert!(time_of(site, "/peer") < HALF);
}

fn what_is_not_buffered_is_not_limited(site: &mut Site) {
    reply(site, "");
    assert!(time_of(site, "/unbuffered") < HALF);
}
