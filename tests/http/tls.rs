//! TLS with clients: which site answers, what it is told of clients, and what is refused.

use testkit::{Authority, Issued, Setup, Signal, Site, Visit, Visitor, cases, eventually, rcgen::date_time_ymd};

cases!(
    tls,
    Fresh,
    setup,
    [
        the_name_chooses_site_and_certificate,
        a_connection_carries_many_requests,
        bodies_of_any_size_go_both_ways,
        the_end_is_told,
        plain_http_is_answered_in_the_clear,
        http2_is_not_spoken_in_the_clear,
        version_1_2_is_spoken,
        sessions_are_resumed,
        sessions_are_not_resumed_where_other_certificates_count,
        a_site_may_let_nobody_in,
        a_client_of_other_keys_is_told_that_nothing_fits,
        clients_prove_who_they_are,
        a_bad_certificate_is_answered_after_the_handshake,
        a_request_for_a_site_that_asks_for_certificates_needs_its_handshake,
        what_one_sites_rules_found_says_nothing_at_another,
        certificates_may_be_named_by_variables,
        the_proxy_protocol_comes_first,
        a_hello_cut_anywhere_is_read,
        a_client_that_never_finishes_is_let_go,
        a_bad_certificate_does_not_replace_a_good_one,
    ]
);

fn setup() -> Setup {
    let (root, foreign) = (Authority::new("root"), Authority::new("foreign"));
    let (one, two, three) = (root.issue(&["one"]), root.issue(&["two"]), root.issue(&["three"]));
    let good = root.issue_with(&["good"], |params| params.serial_number = Some(5.into()));
    let revoked = root.issue_with(&["revoked"], |params| params.serial_number = Some(7.into()));
    let expired = root.issue_with(&["expired"], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let mut setup = Setup::http(CONFIG)
        .file("root.crt", root.certificate())
        .file("foreign-root.crt", foreign.certificate())
        .file("seven.crl", root.revoke(&[7]))
        .file("broken.crt", "no certificate");
    let issued =
        [("one", one), ("two", two), ("named", three), ("good", good), ("revoked", revoked), ("expired", expired)];
    for (name, Issued { certificate, key }) in issued.into_iter().chain([("foreign", foreign.issue(&["foreign"]))]) {
        setup = setup.file(&format!("{name}.crt"), certificate).file(&format!("{name}.key"), key);
    }
    setup
}

const CONFIG: &str = "
    ssl_session_timeout 1h;
    server {
        listen {front} ssl;
        server_name one;
        client_header_timeout 1s;
        client_max_body_size 0;
        ssl_certificate one.crt;
        ssl_certificate_key one.key;
        location / { return 200 '$scheme $https $ssl_protocol $ssl_server_name $ssl_session_reused'; }
        location /back { proxy_pass http://{peer0}; }
    }
    server {
        listen {front} ssl;
        server_name two;
        ssl_certificate two.crt;
        ssl_certificate_key two.key;
        location / { return 200 two; }
    }
    server {
        listen {front} ssl;
        server_name nobody;
        ssl_reject_handshake on;
    }
    server {
        listen {front} ssl;
        server_name named;
        ssl_certificate $ssl_server_name.crt;
        ssl_certificate_key $ssl_server_name.key;
        location / { return 200 named; }
    }
    server {
        listen {front} ssl;
        server_name known;
        ssl_certificate one.crt;
        ssl_certificate_key one.key;
        ssl_verify_client on;
        ssl_client_certificate root.crt;
        ssl_crl seven.crl;
        error_page 495 /refused;
        location / { return 200 '$ssl_client_verify $ssl_client_s_dn $ssl_client_serial'; }
        location /refused { return 403 '$ssl_client_verify'; }
    }
    server {
        listen {front1} ssl;
        server_name one;
        ssl_certificate two.crt;
        ssl_certificate_key two.key;
        location / { return 200 another; }
    }
    server {
        listen {front2} ssl proxy_protocol;
        ssl_certificate one.crt;
        ssl_certificate_key one.key;
        location / { return 200 '$proxy_protocol_addr'; }
    }
    server {
        listen {front4} ssl;
        http2 on;
        ssl_certificate one.crt;
        ssl_certificate_key one.key;
        location / { return 200 multiplexed; }
    }
    server {
        listen {front3} ssl;
        server_name loose;
        ssl_certificate one.crt;
        ssl_certificate_key one.key;
        ssl_verify_client on;
        ssl_client_certificate foreign-root.crt;
        location / { return 200 loose; }
    }
    server {
        listen {front3} ssl;
        server_name strict;
        ssl_certificate one.crt;
        ssl_certificate_key one.key;
        ssl_verify_client on;
        ssl_client_certificate root.crt;
        location / { return 200 strict; }
    }";

fn visit(site: &Site, name: &str) -> Visit {
    Visitor::new(None, false).visit(site.socket(), name, b"").unwrap()
}

pub(super) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

pub(super) fn issued(site: &Site, name: &str) -> Issued {
    let read = |file: String| site.prefix().read(&file);
    Issued { certificate: read(format!("{name}.crt")), key: read(format!("{name}.key")) }
}

/// What a client with that certificate is answered.
fn known(site: &Site, name: Option<&str>) -> String {
    let identity = name.map(|name| issued(site, name));
    Visitor::new(identity.as_ref(), false).visit(site.socket(), "known", b"").unwrap().get("known", "/")
}

fn the_name_chooses_site_and_certificate(site: &mut Site) {
    let (mut one, mut two, unknown) = (visit(site, "one"), visit(site, "two"), visit(site, "unknown"));
    assert_ne!(one.certificate(), two.certificate());
    assert_eq!(one.certificate(), unknown.certificate(), "the default site answers for names that no site has");
    assert_eq!(body(&one.get("one", "/")), "https on TLSv1.3 one .");
    assert_eq!(body(&two.get("two", "/")), "two");
}

fn a_connection_carries_many_requests(site: &mut Site) {
    let mut visit = visit(site, "one");
    for _ in 0..3 {
        visit.send("GET / HTTP/1.1\r\nHost: one\r\n\r\n");
        assert!(visit.head().starts_with("HTTP/1.1 200"));
        visit.read_exactly("https on TLSv1.3 one .".len());
    }
}

fn bodies_of_any_size_go_both_ways(site: &mut Site) {
    let sent: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_be_bytes()[3]).collect();
    let mut visit = visit(site, "one");
    let head =
        format!("POST /back HTTP/1.1\r\nHost: one\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", sent.len());
    site.peer(0).script(|conversation| {
        conversation.read_body();
        let body = conversation.request().body.clone();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        conversation.send([head.as_bytes(), &body].concat());
    });
    visit.send(head);
    visit.send(&sent);
    assert!(visit.head().starts_with("HTTP/1.1 200"));
    assert!(visit.read_exactly(sent.len()) == sent, "the body came back as it was sent");
}

fn the_end_is_told(site: &mut Site) {
    // `read_to_end` fails where the connection ends without a word.
    assert!(visit(site, "one").get("one", "/").starts_with("HTTP/1.1 200"));
}

fn plain_http_is_answered_in_the_clear(site: &mut Site) {
    let answer = site.client().ask("GET / HTTP/1.1\r\nHost: one\r\n\r\n");
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("The plain HTTP request was sent to HTTPS port"));
}

fn http2_is_not_spoken_in_the_clear(site: &mut Site) {
    let mut client = site.client_at("front4");
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert!(client.read_to_end_or_reset().starts_with(b"HTTP/1.1 400 "));
}

fn version_1_2_is_spoken(site: &mut Site) {
    let mut visit = Visitor::new(None, true).visit(site.socket(), "one", b"").unwrap();
    assert_eq!(body(&visit.get("one", "/")), "https on TLSv1.2 one .");
}

fn sessions_are_resumed(site: &mut Site) {
    for old in [false, true] {
        let visitor = Visitor::new(None, old);
        let mut first = visitor.visit(site.socket(), "one", b"").unwrap();
        assert!(!first.is_resumed() && first.get("one", "/").ends_with('.'));
        let mut second = visitor.visit(site.socket(), "one", b"").unwrap();
        assert!(second.is_resumed() && second.get("one", "/").ends_with('r'));
    }
}

fn sessions_are_not_resumed_where_other_certificates_count(site: &mut Site) {
    let visitor = Visitor::new(None, false);
    visitor.visit(site.socket(), "one", b"").unwrap().get("one", "/");
    let mut other = visitor.visit(site.place("front1").socket(), "one", b"").unwrap();
    assert!(!other.is_resumed());
    assert_eq!(body(&other.get("one", "/")), "another");
}

fn a_site_may_let_nobody_in(site: &mut Site) {
    let refused = Visitor::new(None, false).visit(site.socket(), "nobody", b"").err().unwrap();
    assert!(refused.contains("UnrecognisedName"), "{refused}");
}

fn a_client_of_other_keys_is_told_that_nothing_fits(site: &mut Site) {
    let refused = Visitor::of_rsa().visit(site.socket(), "one", b"").err().unwrap();
    assert!(refused.contains("HandshakeFailure"), "{refused}");
}

fn clients_prove_who_they_are(site: &mut Site) {
    assert_eq!(body(&known(site, Some("good"))), "SUCCESS CN=good 05");
}

fn a_bad_certificate_is_answered_after_the_handshake(site: &mut Site) {
    let none = known(site, None);
    assert!(none.starts_with("HTTP/1.1 400") && none.contains("No required SSL certificate was sent"), "{none}");
    for (name, why) in [
        ("foreign", "FAILED:unable to verify the first certificate"),
        ("expired", "FAILED:certificate has expired"),
        ("revoked", "FAILED:certificate revoked"),
    ] {
        let answer = known(site, Some(name));
        assert!(answer.starts_with("HTTP/1.1 400") && body(&answer) == why, "{name}: {answer}");
    }
}

fn a_request_for_a_site_that_asks_for_certificates_needs_its_handshake(site: &mut Site) {
    assert!(visit(site, "one").get("known", "/").starts_with("HTTP/1.1 421"));
    assert!(visit(site, "one").get("two", "/").starts_with("HTTP/1.1 200"), "this one asks for none");
}

fn what_one_sites_rules_found_says_nothing_at_another(site: &mut Site) {
    let visitor = Visitor::new(Some(&issued(site, "foreign")), false);
    // For an address no name is asked for, so that the default site judges.
    let ask = |host| visitor.visit(site.place("front3").socket(), "127.0.0.1", b"").unwrap().get(host, "/");
    assert_eq!(body(&ask("loose")), "loose");
    assert!(ask("strict").starts_with("HTTP/1.1 421"));
}

fn certificates_may_be_named_by_variables(site: &mut Site) {
    let mut named = visit(site, "named");
    assert_ne!(named.certificate(), visit(site, "one").certificate());
    assert_eq!(body(&named.get("named", "/")), "named");
}

fn the_proxy_protocol_comes_first(site: &mut Site) {
    let address = site.place("front2").socket();
    let header = b"PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r\n";
    let mut visit = Visitor::new(None, false).visit(address, "one", header).unwrap();
    assert_eq!(body(&visit.get("one", "/")), "192.0.2.1");
}

fn a_hello_cut_anywhere_is_read(site: &mut Site) {
    // A handshake record of which the version is not spoken: cut or whole, it gets an alert.
    let hello = b"\x16\x03\x01\x00\x04\x01\x00\x00\x00";
    for cut in 1..hello.len() {
        let (before, after) = hello.split_at(cut);
        let mut client = site.client();
        client.send(before).send(after);
        assert_eq!(client.read_exactly(1), [21], "cut at {cut}");
    }
}

fn a_client_that_never_finishes_is_let_go(site: &mut Site) {
    let mut client = site.client();
    client.send(b"\x16\x03\x01");
    client.expect_closed();
    eventually("the log tells why", || site.error_log().contains("client timed out"));
}

fn a_bad_certificate_does_not_replace_a_good_one(site: &mut Site) {
    let good = visit(site, "one").certificate();
    site.prefix().write("one.crt", "no certificate");
    site.server().signal(Signal::HUP);
    eventually("the log tells why", || site.error_log().contains("cannot load certificate"));
    assert_eq!(visit(site, "one").certificate(), good);
    let two = issued(site, "two");
    site.prefix().write("one.crt", two.certificate);
    site.prefix().write("one.key", two.key);
    site.server().signal(Signal::HUP);
    eventually("the new certificate is taken", || visit(site, "one").certificate() != good);
}
