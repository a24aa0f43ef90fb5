//! HUP takes the new configuration whole or keeps the old one; nothing that is open is lost.

use std::os::unix::fs::PermissionsExt;
use testkit::{Client, Gate, Setup, Signal, Site, cases, eventually, skip_on_nginx, under_load, websocket};

cases!(
    reload,
    Fresh,
    setup,
    [
        a_new_configuration_is_taken,
        a_broken_configuration_is_refused,
        a_configuration_that_cannot_be_run_is_refused,
        a_listener_is_added,
        a_listener_is_removed,
        connections_of_a_removed_listener_finish,
        a_privileged_port_is_added,
        files_of_root_are_read,
        a_request_in_flight_is_finished,
        an_idle_connection_lives_on,
        a_tunnel_lives_on,
        no_request_fails_under_load,
        a_group_is_changed,
        logs_change_their_place,
        logs_are_reopened,
        gathered_lines_go_to_the_old_log,
        the_command_line_signals,
    ]
);

fn config(inside: &str) -> Setup {
    Setup::http(&format!(
        "
    server {{
        listen {{front}};
        location / {{ proxy_pass http://{{peer0}}; }}
        location /tunnel {{
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_pass http://{{peer0}};
        }}
        {inside}
    }}"
    ))
}

fn setup() -> Setup {
    config("location /text { return 200 old; } access_log access.log;")
}

/// Reloads and waits until the new text is served.
fn reload_to(site: &mut Site, inside: &str, text: &str) {
    site.rewrite_config(&config(&format!("location /text {{ return 200 {text}; }} {inside}")));
    site.server().signal(Signal::HUP);
    served(site, text);
}

fn served(site: &Site, text: &str) {
    eventually("the new configuration serves", || site.get("/text").text() == text);
}

fn a_new_configuration_is_taken(site: &mut Site) {
    assert_eq!(site.get("/text").text(), "old");
    for n in 0..3 {
        reload_to(site, "", &format!("new{n}"));
    }
}

fn a_broken_configuration_is_refused(site: &mut Site) {
    site.prefix().write("nginx.conf", "http { server { listen");
    site.server().signal(Signal::HUP);
    site.server().wait_for_log("[emerg]");
    assert_eq!(site.get("/text").text(), "old");
    reload_to(site, "", "mended");
}

fn a_configuration_that_cannot_be_run_is_refused(site: &mut Site) {
    // The address is taken by another: the listeners cannot all be bound.
    let taken = testkit::Loopback::next();
    let _holder = taken.listen();
    let inside = format!("location /text {{ return 200 new; }} listen {taken};");
    site.rewrite_config(&config(&inside));
    site.server().signal(Signal::HUP);
    site.server().wait_for_log("[emerg]");
    assert_eq!(site.get("/text").text(), "old");
}

fn ask(client: &mut Client) -> String {
    client.ask("GET /text HTTP/1.1\r\nHost: a\r\n\r\n").text()
}

fn a_listener_is_added(site: &mut Site) {
    reload_to(site, "listen {front1};", "new");
    assert_eq!(ask(&mut site.client_at("front1")), "new");
}

fn a_listener_is_removed(site: &mut Site) {
    reload_to(site, "listen {front1};", "more");
    assert_eq!(ask(&mut site.client_at("front1")), "more");
    reload_to(site, "", "less");
    let address = site.place("front1").socket();
    eventually("the listener is closed", || std::net::TcpStream::connect(address).is_err());
}

fn connections_of_a_removed_listener_finish(site: &mut Site) {
    reload_to(site, "listen {front1};", "more");
    let (gate, mut idle, mut busy) = (Gate::new(), site.client_at("front1"), site.client_at("front1"));
    let waits = gate.clone();
    site.peer(0).script(move |conversation| {
        waits.wait();
        conversation.echo();
    });
    busy.send("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    assert_eq!(ask(&mut idle), "more");
    let mut silent = site.client_at("front1");
    reload_to(site, "", "less");
    idle.expect_closed();
    assert_eq!(ask(&mut silent), "more", "it connected before, so it is answered as it was then");
    gate.open();
    assert_eq!(busy.response().status, 200);
    for mut client in [silent, busy] {
        client.expect_closed();
    }
}

fn a_privileged_port_is_added(site: &mut Site) {
    if !is_root() {
        println!("left out: only root may bind port 80");
        return;
    }
    reload_to(site, "listen {front1.host}:80;", "new");
    let mut address = site.place("front1").socket();
    address.set_port(80);
    assert_eq!(ask(&mut Client::connect(address)), "new");
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t"))
}

fn files_of_root_are_read(site: &mut Site) {
    site.prefix().write("secret.conf", "location /secret { return 200 known; }");
    let path = site.prefix().path().join("secret.conf");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    reload_to(site, "include secret.conf;", "new");
    eventually("the file was read", || site.get("/secret").text() == "known");
}

fn a_request_in_flight_is_finished(site: &mut Site) {
    let gate = Gate::new();
    let waits = gate.clone();
    site.peer(0).script(move |conversation| {
        waits.wait();
        conversation.echo();
    });
    let mut client = site.client();
    client.send("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    reload_to(site, "", "new");
    gate.open();
    assert_eq!(client.response().status, 200);
}

fn an_idle_connection_lives_on(site: &mut Site) {
    if skip_on_nginx("the old worker process closes its idle connections") {
        return;
    }
    let mut client = site.client();
    assert_eq!(ask(&mut client), "old");
    reload_to(site, "", "new");
    assert_eq!(ask(&mut client), "new", "the next exchange runs by the new configuration");
}

fn a_tunnel_lives_on(site: &mut Site) {
    site.peer(0).script(websocket::echo);
    let mut client = site.client();
    client.send("GET /tunnel HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
    client.head();
    for n in 0..3 {
        reload_to(site, "", &format!("new{n}"));
        client.send(websocket::masked_text("still there"));
        assert_eq!(websocket::read_text(client.wire()).unwrap(), "still there");
    }
}

fn no_request_fails_under_load(site: &mut Site) {
    let load = under_load(site.socket(), || {
        for n in 0..5 {
            reload_to(site, "", &format!("new{n}"));
        }
    });
    assert!(load.failures.is_empty() && load.served > 0, "{load:?}");
}

fn a_group_is_changed(site: &mut Site) {
    for peer in ["peer1", "peer0"] {
        let group = format!("location /group {{ proxy_pass http://{{{peer}}}; }}");
        reload_to(site, &group, &format!("by-{peer}"));
        eventually("the other peer answers", || site.get("/group").field("X-Peer") == Some(peer));
    }
}

fn logs_change_their_place(site: &mut Site) {
    reload_to(site, "access_log other.log;", "new");
    eventually("the other log has the line", || {
        site.get("/marker");
        site.prefix().read("other.log").contains("/marker")
    });
}

fn logs_are_reopened(site: &mut Site) {
    site.get("/before");
    eventually("a line in the log", || site.prefix().read("access.log").contains("/before"));
    for name in ["access.log", "error.log"] {
        let path = site.prefix().path().join(name);
        std::fs::rename(&path, path.with_extension("1")).unwrap();
    }
    site.server().signal(Signal::USR1);
    eventually("the logs are there again", || {
        ["access.log", "error.log"].iter().all(|name| site.prefix().path().join(name).exists())
    });
    eventually("lines go to the new file", || {
        site.get("/after");
        site.prefix().read("access.log").contains("/after")
    });
    assert!(site.prefix().read("access.1").contains("/before"));
}

fn gathered_lines_go_to_the_old_log(site: &mut Site) {
    reload_to(site, "access_log gathered.log combined buffer=64k;", "new");
    site.get("/before");
    assert_eq!(site.prefix().read("gathered.log"), "", "lines are gathered");
    let path = site.prefix().path().join("gathered.log");
    std::fs::rename(&path, path.with_extension("1")).unwrap();
    site.server().signal(Signal::USR1);
    eventually("the log is there again", || path.exists());
    eventually("the line went to the old file", || site.prefix().read("gathered.1").contains("/before"));
    assert_eq!(site.prefix().read("gathered.log"), "");
}

fn the_command_line_signals(site: &mut Site) {
    site.rewrite_config(&config("location /text { return 200 signalled; }"));
    let finished = site.server().run(&["-s", "reload"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    served(site, "signalled");
    let finished = site.server().run(&["-s", "quit"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    site.server().wait_for_exit();
    let finished = site.server().run(&["-s", "stop"]);
    assert_eq!(finished.code, Some(1), "there is no one to stop: {finished:?}");
}
