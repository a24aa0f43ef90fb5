//! Servers that are spoken to over TLS: whom to believe, who we are, and what is kept apart.

use testkit::{
    Authority, Conversation, Gate, Securing, Setup, Site, cases, eventually, rcgen::date_time_ymd, skip_on_nginx,
    websocket,
};

cases!(
    upstream_tls,
    setup,
    [
        any_server_is_believed_where_nobody_asks,
        a_server_must_prove_its_name,
        an_expired_certificate_is_refused,
        a_foreign_authority_is_refused,
        a_revoked_certificate_is_refused,
        no_depth_beyond_what_is_allowed,
        the_name_may_be_another,
        we_prove_who_we_are,
        requests_may_tell_who_we_are,
        sessions_are_resumed_where_they_may_be,
        what_was_verified_for_one_name_serves_no_other,
        what_one_identity_opened_serves_no_other,
        a_handshake_has_its_time,
        a_server_without_tls_is_passed_over,
        a_server_without_tls_is_told_as_such,
        older_servers_speak_1_2,
        bodies_of_any_size_go_both_ways,
        a_websocket_talks_over_it,
        targets_may_be_evaluated,
        servers_are_asked_over_it_whether_they_are_well,
    ]
);

fn setup() -> Setup {
    let (root, foreign) = (Authority::new("root"), Authority::new("foreign"));
    let middle = root.lower("middle");
    let good = root.issue_with(&["good.example.com", "other.example.com"], |params| {
        params.serial_number = Some(7.into());
    });
    let expired = root.issue_with(&["good.example.com"], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let deep = middle.issue(&["good.example.com"]);
    let chain = format!("{}{}", deep.certificate, middle.certificate());
    let (client, second) = (root.issue(&["client"]), root.issue(&["second"]));
    Setup::http(CONFIG)
        .secured(0, Securing { clients: Some(root.certificate()), ..good.into() })
        .secured(1, expired)
        .secured(2, foreign.issue(&["good.example.com"]))
        .secured(3, Securing { old: true, ..root.issue(&["good.example.com"]).into() })
        .secured(6, root.issue(&["good.example.com"]))
        .secured(4, Securing { chain, ..deep.into() })
        .file("root.crt", root.certificate())
        .file("none.crl", root.revoke(&[]))
        .file("seven.crl", root.revoke(&[7]))
        .file("client.crt", client.certificate)
        .file("client.key", client.key)
        .file("second.crt", second.certificate)
        .file("second.key", second.key)
}

const CONFIG: &str = "
    upstream kept { server {tls0}; keepalive 8; }
    upstream half { server {peer5} max_fails=0; server {tls0} max_fails=0 backup; }
    upstream asked { zone asked 64k; server {tls6}; }
    map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
    server {
        listen {front};
        client_max_body_size 0;
        proxy_ssl_name good.example.com;
        proxy_ssl_trusted_certificate root.crt;
        proxy_ssl_session_reuse off;
        location /anyone { proxy_pass https://{tls2}; proxy_ssl_verify off; }
        location / { proxy_pass https://{tls0}; proxy_ssl_verify on; }
        location /told { proxy_pass https://{tls0}; proxy_ssl_verify on; proxy_ssl_server_name on; }
        location /wrong { proxy_pass https://{tls0}; proxy_ssl_verify on; proxy_ssl_name wrong.example.com; }
        location /named { proxy_pass https://{tls0}; proxy_ssl_verify on; proxy_ssl_name $arg_name:443; }
        location /expired { proxy_pass https://{tls1}; proxy_ssl_verify on; }
        location /foreign { proxy_pass https://{tls2}; proxy_ssl_verify on; }
        location /unrevoked { proxy_pass https://{tls0}; proxy_ssl_verify on; proxy_ssl_crl none.crl; }
        location /revoked { proxy_pass https://{tls0}; proxy_ssl_verify on; proxy_ssl_crl seven.crl; }
        location /deep { proxy_pass https://{tls4}; proxy_ssl_verify on; }
        location /shallow { proxy_pass https://{tls4}; proxy_ssl_verify on; proxy_ssl_verify_depth 0; }
        location /client {
            proxy_pass https://{tls0};
            proxy_ssl_certificate client.crt;
            proxy_ssl_certificate_key client.key;
        }
        location /whoever {
            proxy_pass https://kept;
            proxy_ssl_certificate $arg_who.crt;
            proxy_ssl_certificate_key $arg_who.key;
            proxy_ssl_certificate_cache max=10;
        }
        location /resumed { proxy_pass https://{tls0}; proxy_ssl_session_reuse on; }
        location /resumed_old { proxy_pass https://{tls3}; proxy_ssl_session_reuse on; }
        location /kept { proxy_pass https://kept; proxy_ssl_verify on; proxy_ssl_name $arg_name; }
        location /slow { proxy_pass https://{peer5}; proxy_connect_timeout 200ms; }
        location /half { proxy_pass https://half; }
        location /plain { proxy_pass https://{peer5}; }
        location /old { proxy_pass https://{tls3}; proxy_ssl_verify on; }
        location /upgrade {
            proxy_pass https://{tls0};
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }
        location /evaluated { proxy_pass https://$arg_to/evaluated; }
        location /asked { proxy_pass https://asked; proxy_ssl_verify on; health_check interval=100ms uri=/well; }
    }";

cases!(apache_upstream_tls, apache, [httpd_speaks_to_servers_over_it]);

fn apache() -> Setup {
    let root = Authority::new("root");
    let client = root.issue(&["client"]);
    Setup::apache(APACHE)
        .secured(0, Securing { clients: Some(root.certificate()), ..root.issue(&["good.example.com"]).into() })
        .secured(1, Authority::new("foreign").issue(&["good.example.com"]))
        .file("root.crt", root.certificate())
        .file("machine.pem", client.certificate + &client.key)
}

const APACHE: &str = "
Listen {front}
ServerName localhost
ServerRoot {prefix}
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile root.crt
SSLProxyMachineCertificateFile machine.pem
<Proxy balancer://both>
    BalancerMember https://{tls0}
</Proxy>
<VirtualHost {front}>
    ServerName believing
    SSLProxyCheckPeerName off
    ProxyPass /foreign https://{tls1}/
    ProxyPass /balanced balancer://both/
    ProxyPass /socket wss://{tls0}/
    ProxyPass / https://{tls0}/
</VirtualHost>
<VirtualHost {front}>
    ServerName named
    ProxyPass / https://{tls0}/
</VirtualHost>
";

fn httpd_speaks_to_servers_over_it(site: &mut Site) {
    for (host, path, status) in [
        ("believing", "/good", 200),
        ("believing", "/balanced/x", 200),
        ("believing", "/foreign/x", 500),
        ("named", "/", 500),
    ] {
        assert_eq!(site.get_host(host, path).status, status, "{host}{path}");
    }
    assert!(site.get_host("named", "/").text().contains("<title>500 Proxy Error</title>"));
    assert!(site.secured(0).handshakes()[0].client.is_some());
    site.peer(0).script(websocket::echo);
    let mut client = site.client();
    client.send("GET /socket/a HTTP/1.1\r\nHost: believing\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    client.send(websocket::masked_text("over it"));
    assert_eq!(websocket::read_text(client.wire()).unwrap(), "over it");
}

/// What refused a request, as the log has it.
fn refused(site: &Site, path: &str, peer: usize, reason: &str) {
    assert_eq!(site.get(path).status, 502, "{path}");
    let place = format!("\"GET {path} HTTP/1.1\"");
    let told = |line: &str| {
        line.contains(reason) && line.contains("while SSL handshaking to upstream") && line.contains(&place)
    };
    assert!(site.error_log().lines().any(told), "{reason} is logged for {path}: {}", site.error_log());
    assert!(site.peer(peer).requests().is_empty(), "nothing was sent for {path}");
}

fn any_server_is_believed_where_nobody_asks(site: &mut Site) {
    assert_eq!(site.get("/anyone").status, 200);
    assert_eq!(site.peer(2).request().target, "/anyone");
    assert_eq!(site.secured(2).handshakes()[0].name, None, "names are not told unasked");
}

fn a_server_must_prove_its_name(site: &mut Site) {
    assert_eq!(site.get("/told").status, 200);
    assert_eq!(site.secured(0).handshakes()[0].name.as_deref(), Some("good.example.com"));
    site.peer(0).reset();
    refused(site, "/wrong", 0, "upstream SSL certificate does not match \"wrong.example.com\"");
}

fn an_expired_certificate_is_refused(site: &mut Site) {
    refused(site, "/expired", 1, "upstream SSL certificate verify error: (10:certificate has expired)");
}

fn a_foreign_authority_is_refused(site: &mut Site) {
    refused(site, "/foreign", 2, "upstream SSL certificate verify error: (21:unable to verify the first certificate)");
}

fn a_revoked_certificate_is_refused(site: &mut Site) {
    assert_eq!(site.get("/unrevoked").status, 200);
    site.peer(0).reset();
    refused(site, "/revoked", 0, "upstream SSL certificate verify error: (23:certificate revoked)");
}

fn no_depth_beyond_what_is_allowed(site: &mut Site) {
    assert_eq!(site.get("/deep").status, 200);
    site.peer(4).reset();
    // OpenSSL's newer versions call it 20.
    refused(site, "/shallow", 4, "upstream SSL certificate verify error: (2");
}

fn the_name_may_be_another(site: &mut Site) {
    assert_eq!(site.get("/named?name=other.example.com").status, 200);
    assert_eq!(site.get("/named?name=third.example.com").status, 502);
    assert_eq!(site.get("/named?name=").status, 502, "no name is nobody's");
}

fn we_prove_who_we_are(site: &mut Site) {
    assert_eq!(site.get("/").status, 200);
    assert_eq!(site.get("/client").status, 200);
    let handshakes = site.secured(0).handshakes();
    assert_eq!((handshakes[0].client.is_some(), handshakes[1].client.is_some()), (false, true));
}

fn requests_may_tell_who_we_are(site: &mut Site) {
    for who in ["client", "second"] {
        assert_eq!(site.get(&format!("/whoever?who={who}")).status, 200);
    }
    let handshakes = site.secured(0).handshakes();
    assert!(handshakes[0].client.is_some() && handshakes[0].client != handshakes[1].client);
    assert_eq!(site.get("/whoever?who=nobody").status, 500);
    assert!(site.error_log().contains("cannot load certificate \""));
}

fn sessions_are_resumed_where_they_may_be(site: &mut Site) {
    for (path, number, expected) in [("/", 0, false), ("/resumed", 0, true), ("/resumed_old", 3, true)] {
        site.secured(number).reset();
        for _ in 0..3 {
            assert_eq!(site.get(path).status, 200);
        }
        let resumed: Vec<_> = site.secured(number).handshakes().iter().map(|handshake| handshake.resumed).collect();
        assert_eq!(resumed, [false, expected, expected], "{path}");
    }
}

fn what_was_verified_for_one_name_serves_no_other(site: &mut Site) {
    if skip_on_nginx("its idle connections know no names") {
        return;
    }
    for (name, status) in [
        ("good.example.com", 200),
        ("good.example.com", 200),
        ("other.example.com", 200),
        ("wrong.example.com", 502),
        ("other.example.com", 200),
    ] {
        assert_eq!(site.get(&format!("/kept?name={name}")).status, status, "{name}");
    }
    assert_eq!(site.secured(0).handshakes().len(), 2, "each name has a connection of its own");
}

fn what_one_identity_opened_serves_no_other(site: &mut Site) {
    if skip_on_nginx("its idle connections know no certificates") {
        return;
    }
    site.peer(0).cut_connections();
    for who in ["client", "client", "second", "client", "second"] {
        assert_eq!(site.get(&format!("/whoever?who={who}")).status, 200);
    }
    let handshakes = site.secured(0).handshakes();
    assert_eq!(handshakes.len(), 2, "each identity has a connection of its own");
    assert_ne!(handshakes[0].client, handshakes[1].client);
}

fn a_handshake_has_its_time(site: &mut Site) {
    let gate = Gate::new();
    site.peer(5).greet({
        let gate = gate.clone();
        move |conversation| {
            gate.wait();
            conversation.close();
        }
    });
    assert_eq!(site.get("/slow").status, 504);
    gate.open();
    assert!(
        site.error_log().contains("upstream timed out (110: Connection timed out) while SSL handshaking to upstream")
    );
}

fn a_server_without_tls_is_passed_over(site: &mut Site) {
    site.peer(5).greet(Conversation::close);
    assert_eq!(site.get("/half").status, 200);
    assert_eq!(site.peer(0).request().target, "/half");
}

fn a_server_without_tls_is_told_as_such(site: &mut Site) {
    site.peer(5).greet(|conversation| {
        conversation.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        conversation.wait_for_close();
    });
    assert_eq!(site.get("/plain").status, 502);
    assert!(site.error_log().contains("SSL_do_handshake() failed (SSL: "));
    if !skip_on_nginx("it gives no advice") {
        assert!(site.error_log().contains("the server may not speak TLS on this port"));
    }
}

fn older_servers_speak_1_2(site: &mut Site) {
    assert_eq!(site.get("/old").status, 200);
    assert_eq!(site.secured(3).handshakes()[0].protocol, "TLSv1_2");
}

fn bodies_of_any_size_go_both_ways(site: &mut Site) {
    let large = "0123456789abcdef".repeat(1 << 16);
    site.peer(0).script(|conversation| {
        conversation.read_body();
        let body = conversation.request().body.clone();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        conversation.send(head);
        conversation.send(body);
    });
    for body in ["", "small", &large] {
        let response = site.post("/", body);
        assert_eq!(response.status, 200);
        assert!(response.body == body.as_bytes(), "{} of {} bytes", response.body.len(), body.len());
    }
}

fn a_websocket_talks_over_it(site: &mut Site) {
    site.peer(0).script(websocket::echo);
    let mut client = site.client();
    client.send("GET /upgrade HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    for message in ["one", "two"] {
        client.send(websocket::masked_text(message));
        assert_eq!(websocket::read_text(client.wire()).unwrap(), message);
    }
}

fn targets_may_be_evaluated(site: &mut Site) {
    let (secured, plain) = (site.secured(0).address(), site.peer(5).address());
    assert_eq!(site.get(&format!("/evaluated?to={secured}")).status, 200);
    assert_eq!(site.peer(0).request().target, "/evaluated");
    site.peer(5).greet(Conversation::close);
    assert_eq!(site.get(&format!("/evaluated?to={plain}")).status, 502);
}

fn servers_are_asked_over_it_whether_they_are_well(site: &mut Site) {
    if skip_on_nginx("it does not ask") {
        return;
    }
    let requests = site.peer(6).wait_for_requests(1);
    assert_eq!(requests[0].target, "/well");
    site.peer(6).reply("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    eventually("the server is not well", || site.get("/asked").status == 502);
    site.peer(6).reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    eventually("the server is well again", || site.get("/asked").status == 200);
}
