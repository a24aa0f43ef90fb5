//! Clients that stop reading cost others nothing: not their turn, and no unbounded memory.

use std::time::Duration;

use testkit::frames::{END_HEADERS, END_STREAM, HEADERS, RST_STREAM, SETTINGS};
use testkit::{Client, Setup, Site, cases, eventually, timed};

cases!(
    fairness,
    setup,
    [stalled_readers_harm_no_one, slow_heads_harm_no_one, an_answer_that_was_given_up_is_not_read_into_memory]
);

/// How many clients misbehave at once.
const MANY: usize = 64;

fn setup() -> Setup {
    Setup::server(
        "
        root html;
        location / { proxy_max_temp_file_size 0; proxy_pass http://{peer0}; }
        location /direct { proxy_buffering off; proxy_pass http://{peer0}; }
        http2 on;
        location /file { }
        location /healthy { proxy_pass http://{peer1}; }",
    )
    .file("html/file", vec![b'f'; 4_000_000])
}

/// Kilobytes that the worker processes hold in memory.
fn memory(site: &mut Site) -> usize {
    status(site, "VmRSS:")
}

/// The sum of what the kernel says of the worker processes.
fn status(site: &mut Site, name: &str) -> usize {
    let resident = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
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

/// A request and its reset in one piece: what is given up before its answer begins is not taken for a client that takes all.
fn an_answer_that_was_given_up_is_not_read_into_memory(site: &mut Site) {
    const SIZE: u64 = 1 << 30;
    let path = site.prefix().path().join("html/file");
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(SIZE).unwrap();
    is_served_well(site);
    let before = status(site, "VmHWM:");
    let frame = |kind, flags, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    };
    // GET, http, the path as it is, and a host.
    let head = [&[0x82, 0x86, 0x04, 5][..], b"/file", &[0x41, 1], b"a"].concat();
    let mut client = site.client();
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    client.send(frame(SETTINGS, 0, 0, b""));
    for stream in [1, 3, 5] {
        let given_up = frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
        client.send([frame(HEADERS, END_HEADERS | END_STREAM, stream, &head), given_up].concat());
    }
    is_served_well(site);
    let grown = status(site, "VmHWM:").saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} kB more for answers that nobody waits for");
}
