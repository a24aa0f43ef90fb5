//! Another place of the site is asked whether a request may come in.

use testkit::{Setup, Site, cases, skip_on_nginx};

cases!(
    auth_request,
    setup,
    [
        its_status_decides,
        what_else_it_answers_is_an_error,
        its_challenges_are_passed_on,
        its_answer_sets_variables,
        it_has_the_fields_but_not_the_body,
        one_of_several_is_enough,
        what_it_leads_to_is_not_asked_again,
    ]
);

fn setup() -> Setup {
    Setup::server(
        "
        set $learned none;
        location /ask/ {
            auth_request /auth?from=ask;
            auth_request_set $learned $upstream_http_x_user;
            proxy_set_header X-Learned $learned;
            proxy_pass http://{peer0};
        }
        location /any/ { satisfy any; deny all; auth_request /auth; proxy_pass http://{peer0}; }
        location /both/ { deny all; auth_request /auth; proxy_pass http://{peer0}; }
        location = /auth { internal; proxy_pass http://{peer1}/decide; }
        location /loop { auth_request /loop; proxy_pass http://{peer0}; }",
    )
}

fn decide(site: &Site, status: &str, fields: &str) {
    site.peer(1).reply(format!("HTTP/1.1 {status}\r\n{fields}Content-Length: 6\r\n\r\nunused"));
}

fn its_status_decides(site: &mut Site) {
    for (status, expected) in [("200 OK", 200), ("204 No Content", 200), ("401 Who", 401), ("403 No", 403)] {
        decide(site, status, "");
        let response = site.get("/ask/x");
        assert_eq!(response.status, expected, "{status}");
        assert!(!response.text().contains("unused"));
    }
    assert_eq!(site.peer(0).requests().len(), 2);
}

fn what_else_it_answers_is_an_error(site: &mut Site) {
    decide(site, "302 Found", "Location: /elsewhere\r\n");
    assert_eq!(site.get("/ask/x").status, 500);
    assert!(site.error_log().contains("auth request unexpected status: 302"));
}

fn its_challenges_are_passed_on(site: &mut Site) {
    decide(site, "401 Who", "WWW-Authenticate: Basic realm=\"a\"\r\nWWW-Authenticate: Other\r\n");
    let head = site.get("/ask/x").head;
    assert!(head.contains("WWW-Authenticate: Basic realm=\"a\"\r\n") && head.contains("WWW-Authenticate: Other\r\n"));
}

fn its_answer_sets_variables(site: &mut Site) {
    decide(site, "200 OK", "X-User: somebody\r\n");
    assert_eq!(site.get("/ask/x").status, 200);
    assert_eq!(site.peer(0).request().field("X-Learned"), Some("somebody"));
}

fn it_has_the_fields_but_not_the_body(site: &mut Site) {
    decide(site, "200 OK", "");
    let request = "POST /ask/x HTTP/1.1\r\nHost: a\r\nX-Own: 1\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody";
    if skip_on_nginx("it announces a body that it does not send") {
        return;
    }
    assert_eq!(site.ask(request).status, 200);
    let asked = site.peer(1).request();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/decide?from=ask"));
    assert_eq!((asked.field("X-Own"), asked.body.as_slice()), (Some("1"), &b""[..]));
    assert_eq!(site.peer(0).request().body, b"body");
}

fn one_of_several_is_enough(site: &mut Site) {
    decide(site, "200 OK", "");
    assert_eq!((site.get("/any/x").status, site.get("/both/x").status), (200, 403));
    decide(site, "403 No", "");
    assert_eq!(site.get("/any/x").status, 403);
    decide(site, "401 Who", "");
    assert_eq!(site.get("/any/x").status, 401);
}

fn what_it_leads_to_is_not_asked_again(site: &mut Site) {
    assert_eq!(site.get("/loop").status, 200);
    assert_eq!(site.peer(0).requests().len(), 2);
}
