//! Apache's virtual hosts that forward run as they stand.

use testkit::{Response, Setup, Site, cases, skip_on_nginx};

cases!(
    one_server,
    proxy,
    [a_request_reaches_the_server, redirects_speak_of_this_server, the_first_host_takes_other_names]
);
cases!(balancer, Fresh, cluster, [servers_take_turns, the_client_s_host_is_passed_on]);
cases!(half_dead, half_dead_cluster, [a_dead_member_is_passed_over]);
cases!(hosts, several, [addresses_come_before_names, names_are_looked_at_in_order]);

/// The site that documentation shows, with reachable addresses.
fn proxy() -> Setup {
    Setup::apache(
        r#"
<VirtualHost {front}>
        ServerName example.com
        ServerAlias www.example.com
        ProxyPass "/" "http://{peer0}/"
        ProxyPassReverse "/" "http://{peer0}/"
</VirtualHost>
"#,
    )
}

/// The balancer that documentation shows, with reachable addresses.
fn cluster() -> Setup {
    Setup::apache(
        "
<VirtualHost {front}>
    ServerName example.com
    ServerAlias www.example.com
    <Proxy balancer://mycluster>
        BalancerMember http://{peer0}
        BalancerMember http://{peer1}
    </Proxy>
    ProxyPreserveHost On
    ProxyPass / balancer://mycluster/
    ProxyPassReverse / balancer://mycluster/
</VirtualHost>
",
    )
}

/// One of two members refuses connections.
fn half_dead_cluster() -> Setup {
    Setup::apache(
        "
<VirtualHost {front}>
    ServerName example.com
    <Proxy balancer://mycluster>
        BalancerMember http://{nobody}
        BalancerMember http://{peer0}
    </Proxy>
    ProxyPass / balancer://mycluster/
</VirtualHost>
",
    )
}

fn several() -> Setup {
    Setup::apache(
        "
Listen {front}
Listen {front1}
<Macro Site $name $address $peer>
    <VirtualHost $address>
        ServerName $name
        ServerAlias *.$name
        ProxyPass /away !
        ProxyPass / http://$peer/$name/
    </VirtualHost>
</Macro>
Use Site a.test {front} {peer0}
Use Site b.test *:{port} {peer0}
Use Site sub.a.test {front} {peer1}
Use Site c.test *:{port} {peer1}
",
    )
}

fn get(site: &Site, host: &str, path: &str) -> Option<Response> {
    if skip_on_nginx("it does not read httpd's language") { None } else { Some(site.get_host(host, path)) }
}

fn a_request_reaches_the_server(site: &mut Site) {
    let Some(response) = get(site, "www.example.com", "/pages?a=1") else { return };
    assert_eq!(response.status, 200);
    let request = site.peer(0).request();
    assert_eq!(request.line(), "GET /pages?a=1 HTTP/1.1");
    let peer = site.peer(0).address();
    for (name, value) in [
        ("Host", peer.as_str()),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "www.example.com"),
        ("X-Forwarded-Server", "example.com"),
    ] {
        assert_eq!(request.all(name), [value], "{name} in {}", request.head);
    }
}

fn redirects_speak_of_this_server(site: &mut Site) {
    let location = format!("http://{}/there?x", site.peer(0).address());
    site.peer(0).reply(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"));
    let Some(response) = get(site, "example.com", "/") else { return };
    assert_eq!(response.field("Location"), Some("http://example.com/there?x"));
}

fn the_first_host_takes_other_names(site: &mut Site) {
    let Some(response) = get(site, "elsewhere.test", "/x") else { return };
    assert_eq!(response.status, 200);
    assert_eq!(site.peer(0).request().line(), "GET /x HTTP/1.1");
}

fn servers_take_turns(site: &mut Site) {
    for number in 0..6 {
        let Some(response) = get(site, "example.com", &format!("/{number}")) else { return };
        assert_eq!(response.status, 200);
    }
    for (peer, paths) in [(0, ["/0", "/2", "/4"]), (1, ["/1", "/3", "/5"])] {
        let lines: Vec<String> = site.peer(peer).requests().iter().map(|request| request.line().to_owned()).collect();
        assert_eq!(lines, paths.map(|path| format!("GET {path} HTTP/1.1")), "peer {peer}");
    }
}

fn the_client_s_host_is_passed_on(site: &mut Site) {
    let Some(_) = get(site, "www.example.com", "/") else { return };
    assert_eq!(site.peer(0).request().field("Host"), Some("www.example.com"));
}

fn a_dead_member_is_passed_over(site: &mut Site) {
    for number in 0..4 {
        let Some(response) = get(site, "example.com", &format!("/{number}")) else { return };
        assert_eq!(response.status, 200, "request {number}");
    }
    assert_eq!(site.peer(0).requests().len(), 4);
}

fn addresses_come_before_names(site: &mut Site) {
    // c.test is a name of any address; on {front} there are hosts of this address alone.
    let Some(response) = get(site, "c.test", "/x") else { return };
    assert_eq!(response.status, 200);
    assert_eq!(site.peer(0).request().line(), "GET /a.test/x HTTP/1.1");
    let request = "GET /x HTTP/1.1\r\nHost: c.test\r\nConnection: close\r\n\r\n";
    assert_eq!(site.client_at("front1").ask(request).status, 200);
    assert_eq!(site.peer(1).request().line(), "GET /c.test/x HTTP/1.1");
    assert_eq!(get(site, "a.test", "/away/x").map(|response| response.status), Some(404));
}

fn names_are_looked_at_in_order(site: &mut Site) {
    // The wildcard of an earlier host takes what a later one names exactly.
    let Some(response) = get(site, "sub.a.test", "/x") else { return };
    assert_eq!(response.status, 200);
    assert_eq!(site.peer(0).request().line(), "GET /a.test/x HTTP/1.1");
}
