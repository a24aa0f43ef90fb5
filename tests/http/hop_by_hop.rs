//! Fields that belong to one connection stop at the proxy, both ways; all others pass as they came.

use testkit::{Setup, Site, cases, skip_on_nginx};

cases!(
    hop_by_hop,
    setup,
    [
        a_request_loses_them,
        a_request_loses_what_connection_names,
        connection_cannot_name_what_the_proxy_needs,
        a_response_loses_them,
        a_response_loses_what_connection_names,
        upgrade_passes_only_where_it_must,
        end_to_end_fields_pass_in_order_and_case,
        repeated_fields_stay_apart,
        the_proxy_names_itself_in_server_and_date,
    ]
);

fn setup() -> Setup {
    Setup::server("        location / { proxy_pass http://{peer0}; }")
}

fn a_request_loses_them(site: &mut Site) {
    site.get_with("/", "Keep-Alive: 300\r\nTE: gzip\r\nUpgrade: h2c\r\n");
    let request = site.peer(0).request();
    for name in ["Keep-Alive", "TE", "Upgrade"] {
        assert_eq!(request.field(name), None, "{}", request.head);
    }
    assert_ne!(request.field("Connection"), Some("close"), "the client's own is not the proxy's: {}", request.head);
}

fn a_request_loses_what_connection_names(site: &mut Site) {
    if skip_on_nginx("it passes what Connection names") {
        return;
    }
    site.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n");
    let request = site.peer(0).request();
    assert_eq!((request.field("X-Hop"), request.field("X-End")), (None, Some("2")));
}

fn connection_cannot_name_what_the_proxy_needs(site: &mut Site) {
    let fields = "Connection: close, Content-Length, Host\r\nContent-Length: 3\r\n";
    site.ask(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\nabc"));
    let request = site.peer(0).request();
    assert_eq!((request.text().as_str(), request.all("Content-Length")), ("abc", vec!["3"]));
    assert!(request.field("Host").is_some());
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";

fn a_response_loses_them(site: &mut Site) {
    site.peer(0).reply(format!("{ANSWER}Connection: keep-alive\r\nKeep-Alive: timeout=7\r\n\r\nok"));
    let response = site.get("/");
    assert_eq!(response.all("Connection"), ["close"]);
    assert_eq!(response.field("Keep-Alive"), None);
}

fn upgrade_passes_only_where_it_must(site: &mut Site) {
    if skip_on_nginx("it passes Upgrade always") {
        return;
    }
    for (status, upgrade) in [("200 OK", None), ("426 Upgrade Required", Some("websocket"))] {
        let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n";
        site.peer(0).reply(format!("HTTP/1.1 {status}\r\n{fields}\r\nok"));
        assert_eq!(site.get("/").field("Upgrade"), upgrade, "{status}");
    }
}

fn a_response_loses_what_connection_names(site: &mut Site) {
    if skip_on_nginx("it passes what Connection names") {
        return;
    }
    site.peer(0).reply(format!("{ANSWER}Connection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\n\r\nok"));
    let response = site.get("/");
    assert_eq!((response.field("X-Hop"), response.field("X-End")), (None, Some("2")));
}

fn end_to_end_fields_pass_in_order_and_case(site: &mut Site) {
    site.peer(0).reply(format!("{ANSWER}x-B: 2\r\nX-a: 1\r\nETag: \"e\"\r\nx-C:   3 \r\n\r\nok"));
    let response = site.get_with("/", "x-Second: b\r\nX-FIRST: a\r\nAccept: */*\r\n");
    let request = site.peer(0).request();
    let position = |text: &str| request.head.find(text).unwrap_or_else(|| panic!("{text}: {}", request.head));
    assert!(position("x-Second: b\r\n") < position("X-FIRST: a\r\n"));
    assert!(position("X-FIRST: a\r\n") < position("Accept: */*\r\n"));
    let position = |text: &str| response.head.find(text).unwrap_or_else(|| panic!("{text}: {}", response.head));
    assert!(position("x-B: 2\r\n") < position("X-a: 1\r\n") && position("X-a: 1\r\n") < position("x-C: 3\r\n"));
    assert_eq!(response.field("ETag"), Some("\"e\""));
}

fn repeated_fields_stay_apart(site: &mut Site) {
    site.peer(0).reply(format!("{ANSWER}Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok"));
    let response = site.get_with("/", "X-Many: 1\r\nX-Many: 2\r\n");
    assert_eq!(response.all("Set-Cookie"), ["a=1", "b=2"]);
    assert_eq!(site.peer(0).request().all("X-Many"), ["1", "2"]);
}

fn the_proxy_names_itself_in_server_and_date(site: &mut Site) {
    site.peer(0).reply(format!("{ANSWER}Server: origin\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nok"));
    let response = site.get("/");
    let (server, date) = (response.all("Server"), response.all("Date"));
    assert!(server.len() == 1 && server[0] != "origin", "{}", response.head);
    assert!(date.len() == 1 && date[0].ends_with(" GMT") && !date[0].contains("1970"), "{}", response.head);
}
