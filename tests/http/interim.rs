//! Responses before the response: 100 for those who expect it, others passed on or swallowed.

use testkit::{Gate, Setup, Site, cases, skip_on_nginx};

cases!(
    interim,
    setup,
    [
        an_expectation_is_met_before_the_body,
        an_expectation_without_body_is_harmless,
        an_expectation_of_http_10_is_ignored,
        a_refused_body_is_not_invited,
        an_expectation_is_not_passed_on,
        the_connection_survives_an_expectation,
        an_uninvited_100_is_not_the_response,
        other_interim_answers_are_passed_on,
        early_hints_come_early,
        early_hints_can_be_kept_back,
    ]
);

fn setup() -> Setup {
    Setup::server(
        "
        client_max_body_size 100;
        location / { proxy_pass http://{peer0}; }
        location /hints { early_hints $http_sec_fetch_mode; proxy_pass http://{peer0}; }",
    )
}

const EXPECTANT: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";

fn an_expectation_is_met_before_the_body(site: &mut Site) {
    let mut client = site.client();
    let interim = client.ask(EXPECTANT);
    assert_eq!(interim.head, "HTTP/1.1 100 Continue\r\n\r\n");
    let response = client.ask("body");
    assert_eq!(response.status, 200);
    assert!(response.text().ends_with("\r\n\r\nbody"));
}

fn an_expectation_without_body_is_harmless(site: &mut Site) {
    let mut client = site.client();
    for _ in 0..2 {
        let mut response = client.ask("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
        if response.status == 100 {
            response = client.response();
        }
        assert_eq!(response.status, 200);
    }
}

fn an_expectation_of_http_10_is_ignored(site: &mut Site) {
    let request = EXPECTANT.replace("HTTP/1.1", "HTTP/1.0");
    assert_eq!(site.ask(&format!("{request}body")).status, 200);
}

fn a_refused_body_is_not_invited(site: &mut Site) {
    let request = EXPECTANT.replace("Content-Length: 4", "Content-Length: 101");
    assert_eq!(site.ask(&request).status, 413);
    assert!(site.peer(0).requests().is_empty());
}

fn an_expectation_is_not_passed_on(site: &mut Site) {
    let mut client = site.client();
    client.ask(EXPECTANT);
    client.ask("body");
    assert_eq!(site.peer(0).request().field("Expect"), None);
}

fn the_connection_survives_an_expectation(site: &mut Site) {
    let mut client = site.client();
    for _ in 0..2 {
        assert_eq!(client.ask(EXPECTANT).status, 100);
        assert_eq!(client.ask("body").status, 200);
    }
    assert_eq!(client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

const FINAL: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal";

fn an_uninvited_100_is_not_the_response(site: &mut Site) {
    if skip_on_nginx("it takes the 100 for the response") {
        return;
    }
    site.peer(0).reply(format!("HTTP/1.1 100 Continue\r\n\r\n{FINAL}"));
    let mut client = site.client();
    for _ in 0..2 {
        let mut response = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        if response.status == 100 {
            response = client.response();
        }
        assert_eq!((response.status, response.text().as_str()), (200, "final"));
    }
}

fn other_interim_answers_are_passed_on(site: &mut Site) {
    if skip_on_nginx("it takes the first for the response") {
        return;
    }
    site.peer(0).reply(format!("HTTP/1.1 102 Processing\r\nX-Step: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n{FINAL}"));
    let mut client = site.client();
    let first = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((first.status, first.field("X-Step")), (102, Some("1")));
    assert_eq!((client.response().status, client.response().text().as_str()), (100, "final"));
    let old = site.ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    assert_eq!((old.status, old.text().as_str()), (200, "final"), "HTTP/1.0 has no interim answers");
}

fn early_hints_come_early(site: &mut Site) {
    let gate = Gate::new();
    let waits = gate.clone();
    site.peer(0).script(move |conversation| {
        conversation.send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nX-More: 1\r\n\r\n");
        waits.wait();
        conversation.send(FINAL);
    });
    let mut client = site.client();
    let hints = client.ask("GET /hints HTTP/1.1\r\nHost: a\r\nSec-Fetch-Mode: navigate\r\n\r\n");
    assert_eq!((hints.status, hints.field("Link")), (103, Some("</style.css>; rel=preload")));
    gate.open();
    assert_eq!(client.response().text(), "final");
}

fn early_hints_can_be_kept_back(site: &mut Site) {
    site.peer(0).reply(format!("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{FINAL}"));
    let response = site.ask("GET /hints HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((response.status, response.field("Link"), response.text().as_str()), (200, None, "final"));
}
