//! What `mod_proxy` and its kin say of forwarding, seen from both sides.

use testkit::{Framing, Response, Setup, Site, cases, skip_on_nginx};

cases!(
    forwarding,
    setup,
    [
        paths_are_made_of_what_an_expression_matched,
        a_path_does_not_go_on_where_the_server_s_name_ends,
        a_path_may_go_on_as_it_came,
        a_small_body_in_chunks_goes_on_with_its_length,
        a_large_body_in_chunks_goes_on_in_chunks,
        an_expectation_goes_on_and_is_met,
        the_way_is_told_both_ways,
        only_the_named_errors_are_replaced,
        a_switch_that_nobody_asked_for_is_refused,
        forwarding_comes_to_an_end,
        proxies_before_speak_for_clients,
    ]
);
cases!(
    sessions,
    Fresh,
    clusters,
    [
        a_route_leads_back_to_its_member,
        a_client_without_a_route_is_told_one,
        the_sessions_of_a_dead_member_go_on_elsewhere,
        a_member_that_dies_is_passed_over,
        shares_are_kept_over_long_runs,
        bytes_are_spread_evenly,
    ]
);

fn setup() -> Setup {
    Setup::apache(
        "
<VirtualHost {front}>
    ServerName example.com
    ProxyVia On
    RemoteIPHeader X-Client
    RemoteIPInternalProxy 127.0.0.0/8
    ProxyPassMatch ^/user/([a-z]+)/(.*)$ http://{peer0}/$2/of/$1
    ProxyPassMatch ^/joined(.*)$ http://{peer0}$1
    ProxyPass /raw http://{peer0}/as nocanon
    ProxyPass /tunnel http://{peer0}/tunnel upgrade=websocket
    <Location /some>
        ProxyPass http://{peer0}/some
        ProxyErrorOverride On 404
    </Location>
    ProxyPass / http://{peer0}/
</VirtualHost>
",
    )
}

fn clusters() -> Setup {
    Setup::apache(
        "
<VirtualHost {front}>
    ServerName example.com
    Header add Set-Cookie \"ROUTE=.%{BALANCER_WORKER_ROUTE}e; path=/\" env=BALANCER_ROUTE_CHANGED
    <Proxy balancer://sticky>
        BalancerMember http://{peer0} route=one
        BalancerMember http://{peer1} route=two
        BalancerMember http://{nobody} route=dead
        ProxySet stickysession=ROUTE
    </Proxy>
    <Proxy balancer://shares>
        BalancerMember http://{peer0} loadfactor=3
        BalancerMember http://{peer1}
    </Proxy>
    <Proxy balancer://bytes>
        BalancerMember http://{peer0}
        BalancerMember http://{peer1}
        ProxySet lbmethod=bytraffic
    </Proxy>
    ProxyPass /sticky/ balancer://sticky/
    ProxyPass /shares/ balancer://shares/
    ProxyPass /bytes/ balancer://bytes/
</VirtualHost>
",
    )
}

fn ask(site: &Site, request: &str) -> Option<Response> {
    if skip_on_nginx("it does not read httpd's language") { None } else { Some(site.ask(request)) }
}

fn get(site: &Site, path: &str, fields: &str) -> Option<Response> {
    ask(site, &format!("GET {path} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n{fields}\r\n"))
}

fn paths_are_made_of_what_an_expression_matched(site: &mut Site) {
    let Some(response) = get(site, "/user/ana/a%20b%3Fc?d=%20", "") else { return };
    assert_eq!(response.status, 200);
    assert_eq!(site.peer(0).request().line(), "GET /a%20b%3Fc/of/ana?d=%20 HTTP/1.1");
}

fn a_path_does_not_go_on_where_the_server_s_name_ends(site: &mut Site) {
    let Some(response) = get(site, "/joined.evil.test/x", "") else { return };
    assert_eq!(response.status, 500);
    assert_eq!(site.peer(0).requests().len(), 0);
    assert_eq!(get(site, "/joined/x", "").map(|response| response.status), Some(200));
    assert_eq!(site.peer(0).request().line(), "GET /x HTTP/1.1");
}

fn a_path_may_go_on_as_it_came(site: &mut Site) {
    let Some(_) = get(site, "/raw/%7Euser//x?y=%20", "") else { return };
    assert_eq!(site.peer(0).request().line(), "GET /as/%7Euser//x?y=%20 HTTP/1.1");
}

fn a_small_body_in_chunks_goes_on_with_its_length(site: &mut Site) {
    let head = "POST / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let Some(response) = ask(site, &format!("{head}3\r\nabc\r\n3\r\ndef\r\n0\r\nX-Trailer: 1\r\n\r\n")) else { return };
    assert_eq!(response.status, 200);
    let request = site.peer(0).request();
    assert_eq!((request.field("Content-Length"), request.field("Transfer-Encoding")), (Some("6"), None));
    assert_eq!(request.text(), "abcdef");
}

fn a_large_body_in_chunks_goes_on_in_chunks(site: &mut Site) {
    let head = "POST / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body: String = ('a'..='z').cycle().take(100_000).collect();
    let Some(response) = ask(site, &format!("{head}186a0\r\n{body}\r\n0\r\n\r\n")) else { return };
    assert_eq!(response.status, 200);
    let request = site.peer(0).request();
    assert_eq!((request.field("Content-Length"), request.framing), (None, Framing::Chunked));
    assert_eq!(request.text(), body);
}

fn an_expectation_goes_on_and_is_met(site: &mut Site) {
    if skip_on_nginx("it does not read httpd's language") {
        return;
    }
    let mut client = site.client();
    client.send("POST / HTTP/1.1\r\nHost: example.com\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    assert_eq!(client.response().status, 100);
    client.send("body");
    assert_eq!(client.response_to("POST").status, 200);
    let request = site.peer(0).request();
    assert_eq!((request.field("Expect"), request.text().as_str()), (Some("100-continue"), "body"));
}

fn the_way_is_told_both_ways(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nVia: 1.1 origin\r\nContent-Length: 0\r\n\r\n");
    let Some(response) = get(site, "/", "Via: 1.0 before\r\n") else { return };
    assert_eq!(response.all("Via"), ["1.1 origin", "1.1 example.com"]);
    assert_eq!(site.peer(0).request().all("Via"), ["1.0 before, 1.1 example.com"]);
}

fn only_the_named_errors_are_replaced(site: &mut Site) {
    for (status, kept) in [(404, false), (500, true)] {
        site.peer(0).reply(format!("HTTP/1.1 {status} Own\r\nX-Own: 1\r\nContent-Length: 3\r\n\r\nown"));
        let Some(response) = get(site, "/some", "") else { return };
        assert_eq!((response.status, response.field("X-Own").is_some()), (status, kept));
        assert_eq!(response.text() == "own", kept, "{}", response.text());
    }
}

fn a_switch_that_nobody_asked_for_is_refused(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 101 Switching\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n");
    let Some(response) = get(site, "/tunnel", "Upgrade: websocket\r\n") else { return };
    assert_eq!(response.status, 502);
}

fn forwarding_comes_to_an_end(site: &mut Site) {
    let Some(response) = get(site, "/", "Max-Forwards: 0\r\n") else { return };
    assert_eq!(response.status, 400);
    assert_eq!(site.peer(0).requests().len(), 0);
    assert_eq!(get(site, "/", "Max-Forwards: 3\r\n").map(|response| response.status), Some(200));
    assert_eq!(site.peer(0).request().field("Max-Forwards"), Some("2"));
}

fn proxies_before_speak_for_clients(site: &mut Site) {
    let Some(_) = get(site, "/", "X-Client: 192.0.2.1, 192.0.2.2, 127.0.0.9\r\n") else { return };
    let request = site.peer(0).request();
    assert_eq!(request.field("X-Forwarded-For"), Some("192.0.2.2"));
    assert_eq!(request.field("X-Client"), Some("192.0.2.1"));
}

/// How many requests each of two members has had.
fn counts(site: &Site) -> (usize, usize) {
    (site.peer(0).requests().len(), site.peer(1).requests().len())
}

fn a_route_leads_back_to_its_member(site: &mut Site) {
    for number in 0..4 {
        let Some(response) = get(site, &format!("/sticky/{number}"), "Cookie: ROUTE=x.two\r\n") else { return };
        assert_eq!((response.status, response.field("Set-Cookie")), (200, None));
    }
    let Some(_) = get(site, "/sticky/x?ROUTE=x.one", "") else { return };
    assert_eq!(counts(site), (1, 4));
}

fn a_client_without_a_route_is_told_one(site: &mut Site) {
    let Some(response) = get(site, "/sticky/x", "") else { return };
    assert_eq!(response.field("Set-Cookie"), Some("ROUTE=.one; path=/"));
}

fn the_sessions_of_a_dead_member_go_on_elsewhere(site: &mut Site) {
    let Some(response) = get(site, "/sticky/x", "Cookie: ROUTE=x.dead\r\n") else { return };
    assert_eq!(response.status, 200);
    assert_eq!(response.field("Set-Cookie"), Some("ROUTE=.one; path=/"));
}

fn a_member_that_dies_is_passed_over(site: &mut Site) {
    for number in 0..12 {
        let Some(response) = get(site, &format!("/sticky/{number}"), "") else { return };
        assert_eq!(response.status, 200, "request {number}");
    }
    assert_eq!(counts(site), (6, 6));
}

fn shares_are_kept_over_long_runs(site: &mut Site) {
    for number in 0..80 {
        let Some(response) = get(site, &format!("/shares/{number}"), "") else { return };
        assert_eq!(response.status, 200);
    }
    assert_eq!(counts(site), (60, 20));
}

fn bytes_are_spread_evenly(site: &mut Site) {
    let answer = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}", "x".repeat(length));
    site.peer(0).reply(answer(4000));
    site.peer(1).reply(answer(1));
    for number in 0..20 {
        let Some(response) = get(site, &format!("/bytes/{number}"), "") else { return };
        assert_eq!(response.status, 200);
    }
    let (large, small) = counts(site);
    assert!(large <= 2 && large + small == 20, "{large} large, {small} small");
}
