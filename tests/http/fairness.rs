//! Clients that stop reading cost others nothing: not their turn, and no unbounded memory.

use std::time::Duration;

use testkit::{Client, Setup, Site, cases, eventually, timed};

cases!(fairness, setup, [stalled_readers_harm_no_one, slow_heads_harm_no_one]);

/// How many clients misbehave at once.
const MANY: usize = 64;

fn setup() -> Setup {
    Setup::server(
        "
        root html;
        location / { proxy_max_temp_file_size 0; proxy_pass http://{peer0}; }
        location /direct { proxy_buffering off; proxy_pass http://{peer0}; }
        location /file { }
        location /healthy { proxy_pass http://{peer1}; }",
    )
    .file("html/file", vec![b'f'; 4_000_000])
}

/// Kilobytes that the worker processes hold in memory.
fn memory(site: &mut Site) -> usize {
    let resident = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
    };
    site.server().workers().into_iter().map(resident).sum()
}

/// A healthy client's requests, each answered in good time even where the machine has other work.
fn is_served_well(site: &Site) {
    let mut client = site.client();
    for _ in 0..50 {
        let (response, time) = timed(|| client.ask("GET /healthy HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(response.status, 200);
        assert!(time < Duration::from_secs(2), "a healthy client waits {time:?}");
    }
}

fn stalled_readers_harm_no_one(site: &mut Site) {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n";
    site.peer(0).reply([head.as_slice(), &vec![b'p'; 4_000_000]].concat());
    is_served_well(site);
    let before = memory(site);
    let stall = |number: usize| -> Client {
        let path = ["/", "/direct", "/file"][number % 3];
        let mut client = site.client();
        client.wire().shrink_receive_buffer();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        client
    };
    let mut stalled: Vec<Client> = (0..MANY).map(stall).collect();
    for client in &mut stalled {
        assert!(client.head().starts_with("HTTP/1.1 200 "));
    }
    is_served_well(site);
    let grown = memory(site).saturating_sub(before);
    assert!(grown < 48 * 1024, "{grown} kB more for {MANY} clients that do not read");
    drop(stalled);
    eventually("the peers are free again", || site.peer(0).open_connections() <= 32);
    is_served_well(site);
}

fn slow_heads_harm_no_one(site: &mut Site) {
    let mut slow: Vec<Client> = (0..MANY).map(|_| site.client()).collect();
    for client in &mut slow {
        client.send("GET /healthy HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    }
    is_served_well(site);
    for client in &mut slow {
        client.send("done\r\n\r\n");
        assert_eq!(client.response().status, 200);
    }
}
