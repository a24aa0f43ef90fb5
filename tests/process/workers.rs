//! Several workers share the listeners, across reloads and upgrades too.

use testkit::{Client, Setup, Signal, Site, cases, eventually, under_load};

cases!(
    workers,
    Fresh,
    several,
    [many_connections_are_served, the_number_of_workers_changes, no_request_fails_while_workers_change]
);

cases!(workers_with_reuseport, Fresh, reuseport, [many_connections_are_served, no_request_fails_while_workers_change]);

fn config(workers: usize, options: &str, text: &str) -> Setup {
    Setup::main(&format!(
        "worker_processes {workers};\nhttp {{ access_log off; server {{ listen {{front}} {options}; return 200 {text}; }} }}"
    ))
}

fn several() -> Setup {
    config(3, "", "old")
}

fn reuseport() -> Setup {
    config(3, "reuseport", "old")
}

fn many_connections_are_served(site: &mut Site) {
    let mut clients: Vec<Client> = (0..100).map(|_| site.client()).collect();
    for _ in 0..2 {
        for client in &mut clients {
            assert_eq!(client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text(), "old");
        }
    }
}

fn change(site: &mut Site, workers: usize, options: &str, text: &str) {
    site.rewrite_config(&config(workers, options, text));
    site.server().signal(Signal::HUP);
    eventually("the new configuration serves", || (0..10).all(|_| site.get("/").text() == text));
}

fn the_number_of_workers_changes(site: &mut Site) {
    for workers in [1, 4, 2] {
        change(site, workers, "", &format!("with{workers}"));
    }
}

fn no_request_fails_while_workers_change(site: &mut Site) {
    if testkit::skip_on_nginx("closing a worker's reuseport socket resets what waits in its queue") {
        return;
    }
    let options = if site.prefix().read("nginx.conf").contains("reuseport") { "reuseport" } else { "" };
    let load = under_load(site.socket(), || {
        for workers in [1, 4, 2, 3] {
            change(site, workers, options, &format!("with{workers}"));
        }
    });
    assert!(load.failures.is_empty() && load.served > 0, "{load:?}");
}
