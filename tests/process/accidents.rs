//! A worker that dies is replaced; no listening socket is lost.

use testkit::{Client, Server, Setup, Signal, Site, cases, eventually, signal_process, timed};

cases!(
    accidents,
    Fresh,
    setup,
    [
        a_killed_worker_is_replaced,
        connections_wait_for_the_new_worker,
        workers_have_no_privileges,
        a_dead_parent_leaves_no_worker
    ]
);

fn setup() -> Setup {
    Setup::main("worker_processes 1;\nhttp { access_log off; server { listen {front}; return 200 text; } }")
}

fn the_worker(site: &mut Site) -> u32 {
    let mut workers = Vec::new();
    eventually("a worker process", || {
        workers = site.server().workers();
        !workers.is_empty()
    });
    workers[0]
}

fn a_killed_worker_is_replaced(site: &mut Site) {
    site.server().expect_alerts();
    for _ in 0..2 {
        let worker = the_worker(site);
        signal_process(worker, Signal::KILL);
        let ((), time) = timed(|| eventually("another worker serves", || the_worker(site) != worker && serves(site)));
        assert!(time.as_secs_f64() < 2.0, "{time:?}");
    }
}

fn serves(site: &Site) -> bool {
    site.get("/").text() == "text"
}

fn connections_wait_for_the_new_worker(site: &mut Site) {
    site.server().expect_alerts();
    let worker = the_worker(site);
    // Stopped, it accepts nothing: what comes now waits in the listener's queue. Its end must not end the queue.
    signal_process(worker, Signal::STOP);
    eventually("all threads stand still", || threads_stand_still(worker));
    let mut clients: Vec<Client> = (0..5).map(|_| site.client()).collect();
    for client in &mut clients {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    signal_process(worker, Signal::KILL);
    for client in &mut clients {
        assert_eq!(client.response().text(), "text");
    }
}

fn threads_stand_still(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let stat = |path: std::path::PathBuf| std::fs::read_to_string(path.join("stat")).unwrap_or_default();
    threads.map(|thread| stat(thread.unwrap().path())).all(|stat| stat.contains(") T "))
}

fn workers_have_no_privileges(site: &mut Site) {
    let worker = the_worker(site);
    let user = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("Uid:")).unwrap_or_default().to_owned();
        line.split_whitespace().nth(1).unwrap_or_default().to_owned()
    };
    eventually("the worker is not root", || user(worker) != "0");
    assert!(serves(site));
}

fn a_dead_parent_leaves_no_worker(site: &mut Site) {
    if testkit::skip_on_nginx("its workers live on without their master") {
        return;
    }
    let worker = the_worker(site);
    let parent = site.server().pid();
    signal_process(parent, Signal::KILL);
    eventually("the worker ends too", || !testkit::is_alive(worker));
    assert!(Server::children_of(parent).is_empty());
}
