//! USR2 starts the new binary on the same sockets, WINCH drains the old one.

use testkit::{Gate, Setup, Signal, Site, cases, eventually, is_alive, signal_process, under_load, websocket};

cases!(
    upgrade,
    Fresh,
    setup,
    [
        a_daemon_serves_and_quits,
        the_new_binary_takes_over,
        the_old_one_can_come_back,
        winch_drains,
        no_request_fails_meanwhile,
        a_tunnel_lives_on,
        what_the_old_one_keeps_late_goes_with_it,
    ]
);

fn setup() -> Setup {
    Setup::main(
        "daemon on;\nworker_processes 1;\nhttp {
    access_log off;
    proxy_cache_path kept keys_zone=kept:1m;
    server {
        listen {front};
        location /kept/ { proxy_pass http://{peer0}; proxy_cache kept; proxy_cache_valid 200 1h; }
        location / { return 200 text; }
        location /tunnel {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_pass http://{peer0};
        }
    }
}",
    )
    .open_directory("kept")
}

fn serves(site: &Site) -> bool {
    site.get("/").text() == "text"
}

fn a_daemon_serves_and_quits(site: &mut Site) {
    assert!(serves(site));
    site.server().signal(Signal::QUIT);
    site.server().wait_for_exit();
    assert!(site.server().pid_in_file().is_none());
}

/// Starts the new binary; gives the old and the new process.
fn upgrade(site: &mut Site) -> (u32, u32) {
    let old = site.server().pid();
    site.server().signal(Signal::USR2);
    eventually("another process in the pid file", || site.server().pid_in_file().is_some_and(|pid| pid != old));
    let old_file = site.prefix().read("nginx.pid.oldbin");
    assert_eq!(old_file.trim(), old.to_string());
    let new = site.server().pid_in_file().unwrap();
    eventually("the new one has a worker", || !testkit::Server::children_of(new).is_empty());
    (old, new)
}

/// The old process ends, the new one is what the test goes on with.
fn leave(site: &mut Site, old: u32, new: u32) {
    signal_process(old, Signal::QUIT);
    eventually("the old process ends", || !is_alive(old));
    // Only then does the new one see that it is alone, and lets itself be upgraded in turn.
    eventually("the new one has lost its parent", || parent_of(new) != Some(old));
    site.server().adopt(new);
}

fn parent_of(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}

fn the_new_binary_takes_over(site: &mut Site) {
    let (old, new) = upgrade(site);
    assert!(serves(site));
    leave(site, old, new);
    assert!(serves(site));
    assert_eq!(site.server().pid_in_file(), Some(new));
    // And once more.
    let (old, new) = upgrade(site);
    leave(site, old, new);
    assert!(serves(site));
}

fn the_old_one_can_come_back(site: &mut Site) {
    let (old, new) = upgrade(site);
    signal_process(old, Signal::WINCH);
    eventually("the old workers end", || testkit::Server::children_of(old).iter().all(|child| *child == new));
    assert!(serves(site));
    signal_process(old, Signal::HUP);
    eventually("the old one has workers again", || testkit::Server::children_of(old).iter().any(|child| *child != new));
    signal_process(new, Signal::QUIT);
    eventually("the new process ends", || !is_alive(new));
    eventually("the pid file is the old one's again", || site.server().pid_in_file() == Some(old));
    assert!(serves(site));
}

fn winch_drains(site: &mut Site) {
    let pid = site.server().pid();
    let mut idle = site.client();
    assert_eq!(idle.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    signal_process(pid, Signal::WINCH);
    idle.expect_closed();
    eventually("the workers end", || site.server().workers().is_empty());
    assert!(is_alive(pid));
    signal_process(pid, Signal::HUP);
    assert!(serves(site), "what came meanwhile waited in the queue");
}

fn no_request_fails_meanwhile(site: &mut Site) {
    let load = under_load(site.socket(), || {
        let (old, new) = upgrade(site);
        leave(site, old, new);
    });
    assert!(load.failures.is_empty() && load.served > 0, "{load:?}");
}

fn a_tunnel_lives_on(site: &mut Site) {
    site.peer(0).script(websocket::echo);
    let mut client = site.client();
    client.send("GET /tunnel HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
    client.head();
    let (old, new) = upgrade(site);
    signal_process(old, Signal::QUIT);
    eventually("the new one serves alone", || serves(site));
    client.send(websocket::masked_text("still there"));
    assert_eq!(websocket::read_text(client.wire()).unwrap(), "still there");
    drop(client);
    eventually("the old process ends", || !is_alive(old));
    site.server().adopt(new);
}

/// The new process does not know the file, and may have been told to purge what is in it.
fn what_the_old_one_keeps_late_goes_with_it(site: &mut Site) {
    let kept = site.prefix().path().join("kept");
    let holds = |key: &str| {
        let files = std::fs::read_dir(&kept).unwrap().map(|file| std::fs::read(file.unwrap().path()));
        files.flatten().any(|bytes| bytes.windows(key.len()).any(|part| part == key.as_bytes()))
    };
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
    site.get("/kept/first");
    eventually("there is a file", || holds("/kept/first"));
    let (gate, end) = (Gate::new(), Gate::new());
    let (held, ends) = (gate.clone(), end.clone());
    site.peer(0).script(move |conversation| {
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
        let last = conversation.request().field("X-Last").is_some();
        if last {
            ends.wait()
        } else {
            held.wait()
        };
        conversation.send(b"rest");
    });
    // The second keeps the old process until the first one's file is there.
    let mut clients = [site.client(), site.client()];
    clients[0].send("GET /kept/late HTTP/1.1\r\nHost: a\r\n\r\n").read_until("half");
    clients[1].send("GET /kept/last HTTP/1.1\r\nHost: a\r\nX-Last: 1\r\n\r\n").read_until("half");
    let (old, new) = upgrade(site);
    signal_process(old, Signal::QUIT);
    site.server().wait_for_log("1 files found");
    gate.open();
    eventually("the old one has kept it", || holds("/kept/late"));
    end.open();
    clients[1].read_until("rest");
    drop(clients);
    leave(site, old, new);
    eventually("the new one does away with it", || !holds("/kept/late"));
}
