//! How fast requests may come, and how many may be under way.

use std::time::Duration;
use testkit::{Gate, Setup, Signal, Site, cases, eventually, timed};

cases!(
    limiting,
    Fresh,
    setup,
    [
        more_than_the_rate_is_refused,
        a_burst_waits_its_turn,
        a_burst_without_delay_is_served_at_once,
        a_key_of_its_own_has_a_rate_of_its_own,
        a_dry_run_only_tells,
        all_limits_must_be_kept,
        many_at_a_time_are_refused_until_one_ends,
        rates_outlive_a_reload,
        workers_share_a_rate,
    ]
);

fn setup() -> Setup {
    Setup::main(
        "worker_processes 2;
http {
    access_log off; client_body_temp_path body_temp; proxy_temp_path proxy_temp;
    limit_req_zone $arg_key zone=slow:1m rate=1r/m;
    limit_req_zone $arg_other zone=other:1m rate=1r/m;
    limit_req_zone $arg_key zone=quick:1m rate=10r/s;
    limit_conn_zone $arg_key zone=inside:1m;
    server {
        listen {front};
        add_header X-Rate $limit_req_status always;
        add_header X-Count $limit_conn_status always;
        root {prefix};
        location /slow { limit_req zone=slow; alias {prefix}/a; }
        location /429 { limit_req zone=slow; limit_req_status 429; alias {prefix}/a; }
        location /waits { limit_req zone=quick burst=5; alias {prefix}/a; }
        location /burst { limit_req zone=slow burst=2 nodelay; alias {prefix}/a; }
        location /dry { limit_req zone=slow; limit_req_dry_run on; alias {prefix}/a; }
        location /both { limit_req zone=slow burst=1 nodelay; limit_req zone=other; alias {prefix}/a; }
        location /inside { limit_conn inside 1; proxy_pass http://{peer0}; }
    }
}
",
    )
    .file("a", "a")
}

fn rated(site: &Site, path: &str) -> (u16, String) {
    let response = site.get(path);
    (response.status, response.field("X-Rate").unwrap_or_default().to_owned())
}

fn passed() -> (u16, String) {
    (200, "PASSED".to_owned())
}

fn more_than_the_rate_is_refused(site: &mut Site) {
    assert_eq!(rated(site, "/slow?key=a"), passed());
    assert_eq!(rated(site, "/slow?key=a"), (503, "REJECTED".to_owned()));
    assert_eq!(rated(site, "/429?key=a").0, 429);
    let log = site.error_log();
    assert!(log.contains("limiting requests, excess: ") && log.contains(" by zone \"slow\""));
}

fn a_burst_waits_its_turn(site: &mut Site) {
    assert_eq!(rated(site, "/waits?key=a"), passed());
    let (answer, time) = timed(|| rated(site, "/waits?key=a"));
    assert_eq!(answer, (200, "DELAYED".to_owned()));
    assert!(time >= Duration::from_millis(20), "{time:?}");
    assert!(site.error_log().contains("delaying request, excess: "));
}

fn a_burst_without_delay_is_served_at_once(site: &mut Site) {
    let statuses: Vec<u16> = (0..4).map(|_| rated(site, "/burst?key=a").0).collect();
    assert_eq!(statuses, [200, 200, 200, 503]);
}

fn a_key_of_its_own_has_a_rate_of_its_own(site: &mut Site) {
    assert_eq!((rated(site, "/slow?key=a").0, rated(site, "/slow?key=b").0), (200, 200));
    for _ in 0..3 {
        assert_eq!(rated(site, "/slow"), (200, String::new()), "an empty key is not counted");
    }
}

fn a_dry_run_only_tells(site: &mut Site) {
    assert_eq!(rated(site, "/dry?key=a"), passed());
    assert_eq!(rated(site, "/dry?key=a"), (200, "REJECTED_DRY_RUN".to_owned()));
    assert!(site.error_log().contains("limiting requests, dry run, excess: "));
}

fn all_limits_must_be_kept(site: &mut Site) {
    assert_eq!(rated(site, "/both?key=a&other=a"), passed());
    // What one limit refuses is not added to the other's bucket.
    assert_eq!(rated(site, "/both?key=a&other=a").0, 503);
    assert_eq!(rated(site, "/both?key=a&other=b"), passed());
    assert_eq!(rated(site, "/both?key=a&other=c").0, 503);
}

fn many_at_a_time_are_refused_until_one_ends(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        held.wait();
        conversation.echo();
    });
    let mut first = site.client();
    first.send("GET /inside?key=a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    let refused = site.get("/inside?key=a");
    assert_eq!((refused.status, refused.field("X-Count")), (503, Some("REJECTED")));
    gate.open();
    assert_eq!(first.response().status, 200);
    eventually("a free seat", || site.get("/inside?key=a").status == 200);
    assert!(site.error_log().contains("limiting connections by zone \"inside\""));
}

fn rates_outlive_a_reload(site: &mut Site) {
    assert_eq!(rated(site, "/slow?key=a"), passed());
    let config = std::fs::read_to_string(site.prefix().path().join("nginx.conf")).unwrap();
    site.prefix().write("nginx.conf", config.replace("limit_req_status 429", "limit_req_status 430"));
    site.server().signal(Signal::HUP);
    eventually("the new configuration serves", || rated(site, "/429?key=b").0 == 430);
    assert_eq!(rated(site, "/slow?key=a").0, 503);
}

fn workers_share_a_rate(site: &mut Site) {
    let good = (0..20).filter(|_| rated(site, "/slow?key=a").0 == 200).count();
    assert_eq!(good, 1);
}
