//! Trailer fields: passed on from peers when asked for, never mixed into the head.

use testkit::{Setup, Site, cases};

cases!(
    trailers,
    setup,
    [
        trailers_of_a_response_are_passed_when_configured,
        trailers_of_a_response_stop_here_by_default,
        trailers_of_a_request_never_become_fields,
        a_configured_trailer_is_added,
    ]
);

fn setup() -> Setup {
    Setup::server(
        "
        location / { proxy_pass http://{peer0}; }
        location /passed {
            proxy_pass_trailers on;
            proxy_set_header Connection te;
            proxy_set_header TE trailers;
            proxy_pass http://{peer0};
        }
        location /added { add_trailer X-Sum $request_uri; proxy_pass http://{peer0}; }",
    )
}

const WITH_TRAILERS: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
                             3\r\nabc\r\n0\r\nX-Sum: 900150983cd24fb0\r\n\r\n";

fn trailers_of_a_response_are_passed_when_configured(site: &mut Site) {
    site.peer(0).reply(WITH_TRAILERS);
    let mut client = site.client();
    for _ in 0..2 {
        let response = client.ask("GET /passed HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n\r\n");
        assert_eq!(response.text(), "abc");
        assert_eq!(response.trailers, [("X-Sum".to_owned(), "900150983cd24fb0".to_owned())]);
    }
    let requests = site.peer(0).requests();
    assert_eq!((requests[0].field("TE"), requests[0].field("Connection")), (Some("trailers"), Some("te")));
}

fn trailers_of_a_response_stop_here_by_default(site: &mut Site) {
    site.peer(0).reply(WITH_TRAILERS);
    let response = site.ask("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n\r\n");
    assert_eq!((response.text().as_str(), response.trailers.len()), ("abc", 0));
}

fn trailers_of_a_request_never_become_fields(site: &mut Site) {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Role\r\n\r\n";
    site.ask(&format!("{head}3\r\nabc\r\n0\r\nX-Role: admin\r\nHost: evil\r\nContent-Length: 100\r\n\r\n"));
    let request = site.peer(0).request();
    assert_eq!((request.text().as_str(), request.field("X-Role")), ("abc", None));
    assert_eq!(request.all("Content-Length"), ["3"]);
}

fn a_configured_trailer_is_added(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let response = site.ask("GET /added HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n\r\n");
    assert_eq!(response.trailers, [("X-Sum".to_owned(), "/added".to_owned())]);
}
