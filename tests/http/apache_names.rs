//! Names of servers that nobody knows when the program starts with httpd's language.

use std::process::Command;

use testkit::{Response, Setup, Signal, Site, Transport, cases, eventually, skip_on_nginx};

cases!(
    unknown_names,
    setup,
    [
        a_name_that_is_unknown_keeps_nothing_else_from_being_served,
        members_that_are_known_serve_alone,
        nothing_is_asked_of_a_disabled_member,
        a_page_of_one_s_own_is_shown,
    ]
);
cases!(reloaded, Fresh, setup, [a_reload_changes_nothing]);

fn setup() -> Setup {
    Setup::apache(
        "
RewriteEngine On
<Proxy balancer://mixed>
    BalancerMember http://mixed.invalid:{port}
    BalancerMember http://{peer0}
</Proxy>
<Proxy balancer://standby>
    BalancerMember http://standby.invalid:{port}
    BalancerMember http://{peer0} status=+H
</Proxy>
<Proxy balancer://unknown>
    BalancerMember http://one.invalid:{port}
    BalancerMember http://two.invalid:{port}
</Proxy>
<Proxy balancer://disabled>
    BalancerMember http://disabled.invalid:{port} status=+D
</Proxy>
<VirtualHost {front}>
    ServerName example.com
    RewriteRule ^/rewritten/(.*) http://rewritten.invalid:{port}/$1 [P]
    ProxyPass /plain http://plain.invalid:{port}
    ProxyPassMatch ^/matched/(.*) http://matched.invalid:{port}/$1
    ProxyPass /program fcgi://program.invalid:9000
    ProxyPass /mixed balancer://mixed
    ProxyPass /standby balancer://standby
    ProxyPass /unknown balancer://unknown
    ProxyPass /disabled balancer://disabled
    <Location /paged>
        ProxyPass http://paged.invalid:{port}
        ErrorDocument 500 \"wait a little\"
    </Location>
    ProxyPass / http://{peer0}/
</VirtualHost>
",
    )
}

fn get(site: &Site, path: &str) -> Option<Response> {
    if skip_on_nginx("it does not read httpd's language") { None } else { Some(site.get_host("example.com", path)) }
}

fn a_name_that_is_unknown_keeps_nothing_else_from_being_served(site: &mut Site) {
    let Some(response) = get(site, "/elsewhere") else { return };
    assert_eq!(response.status, 200);
    for path in ["/plain/x", "/matched/x", "/rewritten/x", "/program/x", "/unknown/x"] {
        let response = site.get_host("example.com", path);
        assert_eq!((response.status, response.text().contains("Proxy Error")), (500, true), "{path}");
    }
    let log = site.error_log();
    assert!(log.contains("[warn]") && log.contains("host not found in upstream \"plain.invalid:"), "{log}");
    assert!(log.contains("httpd.conf:24"), "{log}");
}

fn members_that_are_known_serve_alone(site: &mut Site) {
    for path in ["/mixed", "/mixed", "/mixed", "/standby", "/standby"] {
        let Some(response) = get(site, path) else { return };
        assert_eq!(response.status, 200, "{path}");
    }
}

fn nothing_is_asked_of_a_disabled_member(site: &mut Site) {
    let Some(response) = get(site, "/disabled") else { return };
    assert_eq!(response.status, 503);
}

fn a_page_of_one_s_own_is_shown(site: &mut Site) {
    let Some(response) = get(site, "/paged") else { return };
    assert_eq!((response.status, response.text().as_str()), (500, "wait a little"));
}

fn a_reload_changes_nothing(site: &mut Site) {
    let Some(response) = get(site, "/plain") else { return };
    assert_eq!(response.status, 500);
    let warnings = |site: &Site| site.error_log().matches("upstream \"plain.invalid:").count();
    let before = warnings(site);
    site.server().signal(Signal::HUP);
    eventually("the second warning", || warnings(site) > before);
    for (path, status) in [("/plain", 500), ("/unknown", 500), ("/mixed", 200), ("/elsewhere", 200)] {
        assert_eq!(site.get_host("example.com", path).status, status, "{path}");
    }
}

/// The program runs where `/etc/hosts` is a file of its own: only root can have that.
#[test]
fn a_name_that_comes_later_is_found() {
    let own = Command::new("unshare").args(["--mount", "true"]).status();
    if !own.is_ok_and(|status| status.success()) || skip_on_nginx("it does not read httpd's language") {
        println!("skipped: the system gives no names of one's own");
        return;
    }
    let setup = Setup::apache(
        "
<Proxy balancer://cluster>
    BalancerMember http://member.test:{port} route=late
    BalancerMember http://never.test:{port}
    ProxySet stickysession=S
</Proxy>
<VirtualHost {front}>
    ServerName example.com
    ProxyPass /cluster balancer://cluster
    # It is {peer0} that it will be.
    ProxyPass / http://late.test:{port}/
</VirtualHost>
",
    );
    let setup = setup.file("hosts", "127.0.0.1 localhost\n").file("binary", env!("CARGO_BIN_EXE_zaguan"));
    let mut site = setup.start(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/http/own_hosts.sh"), Transport::Epoll);
    let status = |site: &Site, path: &str| site.get_host("example.com", path).status;
    assert_eq!((status(&site, "/x"), status(&site, "/cluster")), (500, 500));

    let address = site.peer(0).address().parse::<std::net::SocketAddr>().unwrap().ip();
    site.prefix().write("hosts", format!("127.0.0.1 localhost\n{address} late.test member.test\n"));
    for path in ["/x", "/cluster"] {
        eventually(&format!("an answer to {path}"), || status(&site, path) == 200);
    }
    let log = site.error_log();
    assert!(log.contains("host found in upstream \"cluster\": member.test"), "{log}");

    // What is known by now is not looked for again.
    site.server().signal(Signal::HUP);
    let warnings =
        |site: &Site, name: &str| site.error_log().matches(&format!("not found in upstream \"{name}")).count();
    eventually("the second warning", || warnings(&site, "never.test") > 1);
    assert_eq!((status(&site, "/x"), status(&site, "/cluster")), (200, 200));
    assert_eq!((warnings(&site, "late.test"), warnings(&site, "member.test")), (1, 1));
    site.stop();
}
