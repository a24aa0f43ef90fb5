//! Where the proxy listens: all forms of addresses, several sites on one, Unix sockets.

use testkit::{Client, Setup, Site, cases};

cases!(
    listen,
    setup,
    [
        an_address_alone_has_port_80_or_its_own,
        a_unix_socket_is_served,
        ipv6_is_served,
        options_are_taken,
        one_address_may_have_many_sites,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    server { listen {front} backlog=64 so_keepalive=on rcvbuf=64k sndbuf=64k deferred; return 200 "first $server_addr"; }
    server { listen {front}; server_name second; return 200 second; }
    server { listen {front1} reuseport; return 200 reuseport; }
    server { listen unix:{prefix}/front.sock; return 200 "unix [$remote_addr] [$server_addr]"; }
    server { listen [::1]:{port6} ipv6only=on; return 200 "six [$remote_addr] [$server_addr]"; }
    server { listen {front2.host}:{port}; listen {front3}; return 200 "both $server_addr"; }
    "#
        .replace("{port6}", &port_6().to_string())
        .as_str(),
    )
}

/// The only IPv6 loopback address is shared by all: the port tells processes apart.
fn port_6() -> u16 {
    let process = u16::try_from(std::process::id() % 10_000).unwrap();
    20_000 + process
}

fn an_address_alone_has_port_80_or_its_own(site: &mut Site) {
    for name in ["front2", "front3"] {
        let text = site.client_at(name).ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text();
        assert_eq!(text, format!("both {}", site.place(name).host()));
    }
}

fn a_unix_socket_is_served(site: &mut Site) {
    let mut client = Client::connect_unix(&site.prefix().path().join("front.sock"));
    for _ in 0..2 {
        let text = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text();
        assert!(text.starts_with("unix [unix:] [unix:") && text.ends_with("front.sock]"), "{text}");
    }
}

fn ipv6_is_served(_: &mut Site) {
    let mut client = Client::connect(format!("[::1]:{}", port_6()).parse().unwrap());
    let text = client.ask("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n").text();
    assert_eq!(text, "six [::1] [::1]");
}

fn options_are_taken(site: &mut Site) {
    let text = site.get("/").text();
    assert_eq!(text, format!("first {}", site.front().host()));
    let text = site.client_at("front1").ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text();
    assert_eq!(text, "reuseport");
}

fn one_address_may_have_many_sites(site: &mut Site) {
    assert_eq!(site.get_host("second", "/").text(), "second");
}
