//! What comes late, or is wanted no more: answers of before a purge, readers who leave, purges beside fetches.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Gate, Setup, Site, cases, eventually};

cases!(
    caching_late,
    setup,
    [
        a_late_answer_does_not_replace_the_one_after_a_purge_or_a_change,
        a_fetch_that_nobody_reads_and_nothing_keeps_ends,
        those_who_ask_after_a_purge_share_one_fetch,
        a_purge_ends_the_memory_of_an_error,
        who_joins_is_told_what_a_kept_answer_tells,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    proxy_cache_path bare keys_zone=bare:1m memory=0;
    proxy_cache_path shut keys_zone=shut:1m memory=0;
    map $request_method $purge { PURGE 1; default 0; }
    server {
        listen {front};
        add_header X-Cache $upstream_cache_status;
        proxy_cache bare;
        proxy_cache_valid 200 1m;
        location / { proxy_pass http://{peer0}; proxy_cache_purge $purge; }
        location /locked/ { proxy_pass http://{peer0}; proxy_cache_purge $purge; proxy_cache_lock on; }
        location /errors/ {
            proxy_pass http://{peer0};
            proxy_cache_purge $purge;
            proxy_intercept_errors on;
            proxy_cache_valid 404 10m;
            error_page 404 @none;
        }
        location @none { return 404 none; }
        location /standard/locked/ { proxy_pass http://{peer0}; proxy_cache_rules rfc9111; proxy_cache_lock on; }
        location /standard/ { proxy_pass http://{peer0}; proxy_cache_rules rfc9111; }
        location /shut/ { proxy_pass http://{peer0}; proxy_cache shut; }
    }",
    )
    .open_directory("bare")
    .open_directory("shut")
}

/// Asks for a path in a method that leaves no answer.
fn tell(site: &Site, method: &str, path: &str) -> u16 {
    let length = if method == "PUT" { "Content-Length: 0\r\n" } else { "" };
    site.ask(&format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{length}Connection: close\r\n\r\n")).status
}

fn a_late_answer_does_not_replace_the_one_after_a_purge_or_a_change(site: &mut Site) {
    const LENGTH: usize = 600_000;
    for (method, path) in [("PURGE", "/late/purged"), ("PUT", "/standard/changed")] {
        let gate = Gate::new();
        let held = gate.clone();
        site.peer(0).script(move |conversation| {
            conversation.read_body();
            let late = conversation.request().field("X-Late").is_some();
            conversation
                .send(format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {LENGTH}\r\n\r\n"));
            let half = if late { "old" } else { "new" }.repeat(LENGTH / 6);
            conversation.send(&half);
            if late {
                held.wait();
            }
            conversation.send(&half);
        });
        let mut client = site.client();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nX-Late: 1\r\n\r\n")).head();
        client.read_exactly(LENGTH / 2);
        assert_eq!(tell(site, method, path), if method == "PURGE" { 404 } else { 200 });
        eventually("the next one is kept", || site.get(path).field("X-Cache") == Some("HIT"));
        gate.open();
        client.read_exactly(LENGTH / 2);
        let begun = || {
            let names =
                fs::read_dir(site.prefix().path().join("bare")).unwrap().map(|entry| entry.unwrap().file_name());
            names.filter(|name| name.to_string_lossy().contains('-')).count()
        };
        eventually("nothing is being written any more", || begun() == 0);
        let answer = site.get(path);
        assert!(answer.text().starts_with("new") && answer.field("X-Cache") == Some("HIT"), "{method}");
    }
}

fn a_fetch_that_nobody_reads_and_nothing_keeps_ends(site: &mut Site) {
    let shut = site.prefix().path().join("shut");
    fs::set_permissions(&shut, Permissions::from_mode(0o555)).unwrap();
    let (closed, sent) = (Gate::new(), Arc::new(AtomicUsize::new(0)));
    let (told, counted) = (closed.clone(), Arc::clone(&sent));
    let piece = vec![b'x'; 100_000];
    site.peer(0).script(move |conversation| {
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 64000000\r\n\r\n");
        while conversation.send(&piece) {
            counted.fetch_add(1, Ordering::Relaxed);
        }
        if conversation.wait_for_close() {
            told.open();
        }
    });
    let mut client = site.client();
    client.send("GET /shut/left HTTP/1.1\r\nHost: a\r\n\r\n").head();
    site.server().wait_for_log("cannot write a file");
    let (mut last, mut same) = (0, 0);
    eventually("all waits for the client", || {
        let now = sent.load(Ordering::Relaxed);
        same = if now == last { same + 1 } else { 0 };
        last = now;
        same > 20
    });
    drop(client);
    assert!(closed.wait(), "the server is let go");
    fs::set_permissions(&shut, Permissions::from_mode(0o777)).unwrap();
}

fn those_who_ask_after_a_purge_share_one_fetch(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        let late = conversation.request().field("X-Late").is_some();
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
        conversation.send(if late { "old" } else { "new" });
        held.wait();
        conversation.send("rest");
    });
    let before = site.peer(0).requests().len();
    let mut late = site.client();
    late.send("GET /locked/shared HTTP/1.1\r\nHost: a\r\nX-Late: 1\r\n\r\n").read_until("old");
    assert_eq!(tell(site, "PURGE", "/locked/*"), 204);
    let mut clients: Vec<_> = (0..10).map(|_| site.client()).collect();
    for client in &mut clients {
        client.send("GET /locked/shared HTTP/1.1\r\nHost: a\r\n\r\n").read_until("new");
    }
    assert_eq!(site.peer(0).requests().len(), before + 2);
    gate.open();
    for client in clients.iter_mut().chain([&mut late]) {
        assert_eq!(client.read_exactly(4), b"rest");
    }
    eventually("the new one is kept", || site.get("/locked/shared").field("X-Cache") == Some("HIT"));
    assert_eq!(site.get("/locked/shared").text(), "newrest");
}

fn a_purge_ends_the_memory_of_an_error(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(site.get("/errors/x").status, 404);
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere");
    assert_eq!(site.get("/errors/x").status, 404, "it is remembered");
    assert_eq!(tell(site, "PURGE", "/errors/*"), 204);
    assert_eq!(site.get("/errors/x").text(), "there");
}

fn who_joins_is_told_what_a_kept_answer_tells(site: &mut Site) {
    const DATE: &str = "Thu, 31 Dec 2099 23:59:59 GMT";
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        let fields = format!("Date: {DATE}\r\nAge: 7\r\nCache-Control: max-age=600\r\nContent-Length: 8");
        conversation.send(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nhalf"));
        held.wait();
        conversation.send("rest");
    });
    let (mut first, mut second) = (site.client(), site.client());
    first.send("GET /standard/locked/x HTTP/1.1\r\nHost: a\r\n\r\n").read_until("half");
    let head = second.send("GET /standard/locked/x HTTP/1.1\r\nHost: a\r\n\r\n").head();
    gate.open();
    let line = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    assert_eq!(line("Date: "), DATE, "{head}");
    assert!(line("Age: ").parse::<u64>().is_ok_and(|age| (7..60).contains(&age)), "{head}");
    assert!(line("Cache-Status: ").starts_with("zaguan; hit; ttl="), "{head}");
}
