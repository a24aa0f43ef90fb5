//! QUIT finishes what was begun, TERM does not.

use std::net::TcpStream;
use std::time::Duration;

use testkit::{Client, Gate, Setup, Signal, Site, cases, eventually, skip_on_nginx, timed, websocket};

cases!(
    shutdown,
    Fresh,
    setup,
    [
        quit_closes_idle_connections,
        quit_finishes_requests,
        quit_takes_no_new_connections,
        quit_has_a_bound,
        term_ends_at_once,
        int_ends_at_once,
        the_pid_file_is_removed,
        a_listening_socket_file_is_removed,
    ]
);

cases!(single_process, Fresh, single, [one_process_serves, one_process_quits, one_process_reloads]);

const SERVER: &str = "
    server {
        listen {front};
        listen unix:{prefix}/front.sock;
        location / { proxy_pass http://{peer0}; }
        location /text { return 200 text; }
        location /tunnel {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_pass http://{peer0};
        }
    }";

fn setup() -> Setup {
    Setup::main(&format!("worker_shutdown_timeout 300ms;\nhttp {{ access_log off; {SERVER} }}"))
}

fn single() -> Setup {
    Setup::main(&format!("master_process off;\nhttp {{ access_log off; {SERVER} }}"))
}

fn idle(site: &Site) -> Client {
    let mut client = site.client();
    assert_eq!(client.ask("GET /text HTTP/1.1\r\nHost: a\r\n\r\n").text(), "text");
    client
}

fn quit_closes_idle_connections(site: &mut Site) {
    let mut client = idle(site);
    site.server().signal(Signal::QUIT);
    client.expect_closed();
    site.server().wait_for_exit();
}

/// A request that waits at the peer for the gate.
fn in_flight(site: &Site) -> (Client, Gate) {
    let gate = Gate::new();
    let waits = gate.clone();
    site.peer(0).script(move |conversation| {
        waits.wait();
        conversation.echo();
    });
    let mut client = site.client();
    client.send("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    (client, gate)
}

fn refuses(site: &Site) {
    let address = site.socket();
    eventually("new connections are refused", || TcpStream::connect(address).is_err());
}

fn quit_finishes_requests(site: &mut Site) {
    let (mut client, gate) = in_flight(site);
    site.server().signal(Signal::QUIT);
    refuses(site);
    gate.open();
    let response = client.response();
    assert_eq!((response.status, response.field("Connection")), (200, Some("close")));
    client.expect_closed();
    site.server().wait_for_exit();
}

fn quit_takes_no_new_connections(site: &mut Site) {
    site.server().signal(Signal::QUIT);
    site.server().wait_for_exit();
    refuses(site);
}

fn quit_has_a_bound(site: &mut Site) {
    site.peer(0).script(websocket::echo);
    let mut client = site.client();
    client.send("GET /tunnel HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
    client.head();
    site.server().signal(Signal::QUIT);
    let ((), time) = timed(|| site.server().wait_for_exit());
    assert!(time > Duration::from_millis(250), "the tunnel is left its time: {time:?}");
    client.read_to_end_or_reset();
    if !skip_on_nginx("it says nothing of that") {
        assert!(site.error_log().contains("[warn]") && site.error_log().contains("worker_shutdown_timeout has passed"));
    }
}

fn term_ends_at_once(site: &mut Site) {
    let (mut client, _gate) = in_flight(site);
    site.server().signal(Signal::TERM);
    site.server().wait_for_exit();
    assert!(client.read_to_end_or_reset().is_empty());
}

fn int_ends_at_once(site: &mut Site) {
    let (mut client, _gate) = in_flight(site);
    site.server().signal(Signal::INT);
    site.server().wait_for_exit();
    assert!(client.read_to_end_or_reset().is_empty());
}

fn the_pid_file_is_removed(site: &mut Site) {
    let path = site.prefix().path().join("nginx.pid");
    assert!(path.exists());
    site.server().signal(Signal::QUIT);
    site.server().wait_for_exit();
    assert!(!path.exists());
}

fn a_listening_socket_file_is_removed(site: &mut Site) {
    let path = site.prefix().path().join("front.sock");
    assert!(path.exists());
    site.server().signal(Signal::TERM);
    site.server().wait_for_exit();
    assert!(!path.exists());
}

fn one_process_serves(site: &mut Site) {
    assert_eq!(site.get("/proxied").status, 200);
    assert!(site.server().workers().is_empty());
}

fn one_process_quits(site: &mut Site) {
    let mut client = idle(site);
    site.server().signal(Signal::QUIT);
    client.expect_closed();
    site.server().wait_for_exit();
}

fn one_process_reloads(site: &mut Site) {
    assert_eq!(site.get("/text").text(), "text");
    if skip_on_nginx("alone, it loses its connections by a reload") {
        return;
    }
    let changed =
        Setup::main("master_process off;\nhttp { server { listen {front}; access_log off; return 200 new; } }");
    site.rewrite_config(&changed);
    site.server().signal(Signal::HUP);
    eventually("the new configuration serves", || site.get("/text").text() == "new");
}
