//! Trailer fields: passed on from peers when asked for, never mixed into the head.

use testkit::{Setup, Site, cases};

cases!(
    trailers,
    setup,
    [
        trailers_of_a_response_are_passed_when_configured,
        trailers_of_a_response_stop_here_by_default,
        trailers_of_a_request_never_become_fields,
        trailers_of_a_request_stop_before_http_1,
        a_configured_trailer_is_added,
        a_trailer_is_added_to_what_had_a_length,
        trailers_speak_of_those_before_them,
        trailers_of_errors_are_asked_for,
        no_chunks_no_trailers,
        a_peers_trailers_are_variables,
    ]
);

fn setup() -> Setup {
    Setup::server(
        r#"
        location / { proxy_pass http://{peer0}; }
        location /passed {
            proxy_pass_trailers on;
            proxy_set_header Connection te;
            proxy_set_header TE trailers;
            proxy_pass http://{peer0};
        }
        location /streamed {
            proxy_request_buffering off;
            proxy_http_version 1.1;
            proxy_pass_trailers on;
            proxy_pass http://{peer0};
        }
        location /file {
            add_trailer X-One $sent_http_accept_ranges;
            add_trailer X-Two "$sent_trailer_x_one+$sent_trailer_x_none";
            add_trailer X-Empty "";
            add_trailer X-Always yes always;
            root html;
        }
        location /file/plain { chunked_transfer_encoding off; root html; add_trailer X-One one; }
        location /file/peer { add_trailer X-Two $upstream_trailer_x_sum; proxy_pass_trailers on; proxy_pass http://{peer0}; }
        location /added { add_trailer X-Sum $request_uri; proxy_pass http://{peer0}; }"#,
    )
    .file("html/file/a.txt", "content")
    .file("html/file/plain", "content")
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

fn trailers_of_a_request_stop_before_http_1(site: &mut Site) {
    let head = "POST /streamed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    site.ask(&format!("{head}3\r\nabc\r\n0\r\nX-Sum: 9\r\nHost: evil\r\nContent-Length: 100\r\n\r\n"));
    let request = site.peer(0).request();
    assert_eq!((request.text().as_str(), request.all("Host").len()), ("abc", 1));
    assert!(request.trailers.is_empty(), "{:?}", request.trailers);
}

fn a_configured_trailer_is_added(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let response = site.ask("GET /added HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n\r\n");
    assert_eq!(response.trailers, [("X-Sum".to_owned(), "/added".to_owned())]);
}

const ASK: &str = " HTTP/1.1\r\nHost: a\r\n\r\n";

fn owned(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn a_trailer_is_added_to_what_had_a_length(site: &mut Site) {
    let mut client = site.client();
    let response = client.ask(&format!("GET /file/a.txt{ASK}"));
    assert_eq!((response.text().as_str(), response.field("Content-Length")), ("content", None));
    assert!(response.trailers.contains(&owned("X-One", "bytes")), "{:?}", response.trailers);
    let head = client.ask(&format!("HEAD /file/a.txt{ASK}"));
    assert_eq!((head.field("Content-Length"), head.field("Transfer-Encoding")), (Some("7"), None));
    let old = site.ask("GET /file/a.txt HTTP/1.0\r\n\r\n");
    assert_eq!((old.text().as_str(), old.field("Content-Length")), ("content", Some("7")));
}

fn trailers_speak_of_those_before_them(site: &mut Site) {
    let response = site.ask(&format!("GET /file/a.txt{ASK}"));
    assert_eq!(response.trailers, [owned("X-One", "bytes"), owned("X-Two", "bytes+"), owned("X-Always", "yes")]);
}

fn trailers_of_errors_are_asked_for(site: &mut Site) {
    assert_eq!(site.ask(&format!("GET /file/none{ASK}")).trailers, [owned("X-Always", "yes")]);
}

fn no_chunks_no_trailers(site: &mut Site) {
    let response = site.ask(&format!("GET /file/plain{ASK}"));
    assert_eq!((response.text().as_str(), response.field("Content-Length")), ("content", Some("7")));
    assert!(response.trailers.is_empty());
}

fn a_peers_trailers_are_variables(site: &mut Site) {
    site.peer(0).reply(WITH_TRAILERS);
    let response = site.ask(&format!("GET /file/peer{ASK}"));
    assert_eq!(response.trailers, [owned("X-Sum", "900150983cd24fb0"), owned("X-Two", "900150983cd24fb0")]);
}
