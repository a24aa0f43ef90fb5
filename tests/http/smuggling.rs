//! Framing has one reading (RFC 9112 §6.3, §11.2): what could have two is refused with 400, the connection closed, and nothing passed on.

use testkit::{Setup, Site, cases, is_nginx};

cases!(
    smuggling,
    setup,
    [
        two_lengths_are_refused,
        a_length_beside_a_coding_is_refused,
        other_codings_are_refused,
        malformed_fields_are_refused,
        malformed_request_lines_are_refused,
        malformed_hosts_are_refused,
        malformed_chunks_are_refused,
        nothing_is_served_after_a_refusal,
        an_absolute_target_replaces_the_host,
        a_fragment_is_not_passed_on,
        a_body_is_never_the_next_request,
        an_early_answer_leaves_no_half_request_behind,
        a_peers_ambiguous_response_is_refused,
        a_peers_spaced_name_is_refused_or_mended,
        bytes_behind_a_response_are_not_the_next_one,
        a_peers_unframed_bytes_are_not_the_next_response,
    ]
);

fn setup() -> Setup {
    Setup::server(
        "
        location / { proxy_pass http://{peer0}; }
        location /host { proxy_set_header Host $host; proxy_pass http://{peer0}; }
        location /stream { proxy_request_buffering off; proxy_pass http://{peer0}; }
        location /refuse { return 403; }",
    )
}

/// A malformed request, and whether nginx refuses it too (where not, it is stricter here).
type Malformed<'a> = (&'a str, bool);

/// Each request is refused with 400, one response, a closed connection; the peer sees nothing.
fn refused(site: &Site, requests: &[Malformed<'_>]) {
    const NEXT: &str = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
    for (request, _) in requests.iter().filter(|(_, by_nginx)| *by_nginx || !is_nginx()) {
        let answer = site.raw(format!("{request}{NEXT}"));
        let one = answer.matches("HTTP/1.1 ").count() == 1;
        assert!(answer.starts_with("HTTP/1.1 400 ") && one, "{request:?} was answered {answer:?}");
        let requests = site.peer(0).requests();
        assert!(requests.is_empty(), "{request:?} reached the peer: {requests:?}");
    }
}

/// The same head with other fields for each line given.
fn with_fields(fields: &[(&str, bool)], body: &str) -> Vec<(String, bool)> {
    let request = |field: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n{body}");
    fields.iter().map(|(field, by_nginx)| (request(field), *by_nginx)).collect()
}

fn refused_fields(site: &Site, fields: &[(&str, bool)], body: &str) {
    let requests = with_fields(fields, body);
    let requests: Vec<Malformed<'_>> = requests.iter().map(|(text, by_nginx)| (text.as_str(), *by_nginx)).collect();
    refused(site, &requests);
}

fn two_lengths_are_refused(site: &mut Site) {
    let fields = [
        ("Content-Length: 3\r\nContent-Length: 4", true),
        ("Content-Length: 3\r\nContent-Length: 3", true),
        ("Content-Length: 3, 3", true),
        ("Content-Length: 3, 4", true),
        ("Content-Length:", true),
        ("Content-Length: ", true),
        ("Content-Length: +3", true),
        ("Content-Length: -3", true),
        ("Content-Length: 0x3", true),
        ("Content-Length: 3 3", true),
        ("Content-Length: 3;", true),
        ("Content-Length: 3a", true),
        ("Content-Length: \"3\"", true),
        ("Content-Length: \u{b}3", true),
        ("Content-Length: 99999999999999999999999", true),
    ];
    refused_fields(site, &fields, "abc");
}

fn a_length_beside_a_coding_is_refused(site: &mut Site) {
    let fields = [
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", true),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", true),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0", true),
    ];
    refused_fields(site, &fields, "0\r\n\r\n");
}

fn other_codings_are_refused(site: &mut Site) {
    let fields = [
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunkedx",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;x=y",
        "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding:",
        "Transfer-Encoding: ,chunked",
    ];
    for field in fields {
        let answer = site.raw(format!("POST / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n0\r\n\r\n"));
        let refused = answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 501 ");
        assert!(refused && answer.matches("HTTP/1.1 ").count() == 1, "{field:?} was answered {answer:?}");
        assert!(site.peer(0).requests().is_empty(), "{field:?} reached the peer");
    }
    // RFC 9112 §6.1: HTTP/1.0 knows no codings.
    refused(site, &[("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true)]);
}

fn malformed_fields_are_refused(site: &mut Site) {
    let fields = [
        ("X-Space : 1", true),
        ("Content-Length : 3", true),
        ("Transfer-Encoding : chunked", true),
        ("X-Tab\t: 1", true),
        (" X-First: 1", true),
        ("X-Folded: 1\r\n 2", true),
        ("X-Folded: 1\r\n\t2", true),
        ("Transfer-Encoding:\r\n chunked", true),
        (": empty", true),
        ("no colon", true),
        ("X-Return: 1\rX-Other: 2", true),
        ("X-Return: 1\r", false),
        ("X-Null: \0", true),
        ("X-Control: \u{1}", false),
        ("X-Delete: \u{7f}", false),
        ("X(y): 1", false),
        ("X\u{1}Y: 1", true),
        ("X\"Y\": 1", false),
    ];
    refused_fields(site, &fields, "");
}

fn malformed_request_lines_are_refused(site: &mut Site) {
    let lines = [
        ("GET / HTTP/1.1 ", false),
        ("GET  / HTTP/1.1", false),
        ("GET /  HTTP/1.1", false),
        ("GET\t/ HTTP/1.1", true),
        (" GET / HTTP/1.1", true),
        ("GET / http/1.1", true),
        ("GET / HTTP/1.1x", true),
        ("GET / HTTP/1", true),
        ("GET / HTTP/1.", true),
        ("GET / HTTX/1.1", true),
        ("GET /a b HTTP/1.1", true),
        ("GET /\0 HTTP/1.1", true),
        ("GET /\u{1} HTTP/1.1", true),
        ("GET /\r HTTP/1.1", true),
        ("GET relative HTTP/1.1", true),
        ("GET", true),
        ("G(T / HTTP/1.1", true),
        ("GET /%zz HTTP/1.1", true),
        ("GET /%00 HTTP/1.1", true),
        ("GET /../../etc/passwd HTTP/1.1", true),
        ("GET http:// HTTP/1.1", true),
    ];
    let requests: Vec<(String, bool)> =
        lines.iter().map(|(line, by_nginx)| (format!("{line}\r\nHost: a\r\n\r\n"), *by_nginx)).collect();
    let requests: Vec<Malformed<'_>> = requests.iter().map(|(text, by_nginx)| (text.as_str(), *by_nginx)).collect();
    refused(site, &requests);
}

fn malformed_hosts_are_refused(site: &mut Site) {
    let requests = [
        ("GET / HTTP/1.1\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: ..\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", true),
    ];
    refused(site, &requests);
}

fn malformed_chunks_are_refused(site: &mut Site) {
    let bodies = [
        "x\r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\rabc\r\n0\r\n\r\n",
        "ffffffffffffffff1\r\nabc\r\n0\r\n\r\n",
        "8000000000000000\r\nabc\r\n0\r\n\r\n",
    ];
    // A line feed alone ends no chunk line, in an extension or not: others would read on to the CRLF.
    let strict = [
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3\r\nabc\r\n0\n\r\n",
        "3;a\nabc\r\n0\r\n\r\n",
        "3;a\rb\r\nabc\r\n0\r\n\r\n",
        "3;a=\"\r\n\"\r\nabc\r\n0\r\n\r\n",
        "3\r\nabcXX0\r\n\r\n",
        "3 4\r\nabc\r\n0\r\n\r\n",
    ];
    let bodies = bodies.iter().chain(strict.iter().filter(|_| !is_nginx()));
    for body in bodies {
        for path in ["/", "/stream"] {
            let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            let answer = site.raw(format!("{head}{body}GET /next HTTP/1.1\r\nHost: a\r\n\r\n"));
            let one = answer.matches("HTTP/1.1 ").count() <= 1;
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
                "{path} {body:?} was answered {answer:?}"
            );
            let next = site.peer(0).requests().iter().any(|request| request.target == "/next");
            assert!(one && !next, "{path} {body:?} let the next request pass: {answer:?}");
        }
    }
}

fn nothing_is_served_after_a_refusal(site: &mut Site) {
    let mut client = site.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nBad Field: 1\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.field("Connection")), (400, Some("close")));
    client.expect_closed();
}

fn an_absolute_target_replaces_the_host(site: &mut Site) {
    site.ask("GET http://real.example:81/host/a?b HTTP/1.1\r\nHost: other.example\r\n\r\n");
    let request = site.peer(0).request();
    assert_eq!((request.line(), request.all("Host")), ("GET /host/a?b HTTP/1.1", vec!["real.example"]));
}

fn a_fragment_is_not_passed_on(site: &mut Site) {
    let answer = site.raw("GET /a#/../b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let targets: Vec<String> = site.peer(0).requests().into_iter().map(|request| request.target).collect();
    let clean = targets.iter().all(|target| !target.contains('#'));
    assert!(!targets.is_empty() && (clean || is_nginx()), "{targets:?} {answer}");
}

fn a_body_is_never_the_next_request(site: &mut Site) {
    let inner = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "POST", "UNKNOWN"] {
        let head = format!("{method} /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", inner.len());
        let mut client = site.client();
        client.send(format!("{head}{inner}"));
        assert_eq!(client.response_to(method).status, 403);
        client.send("GET /after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let rest = String::from_utf8_lossy(&client.read_to_end_or_reset()).into_owned();
        assert!(!rest.contains("/smuggled"), "{method}: {rest}");
    }
    assert!(site.peer(0).requests().iter().all(|request| request.target != "/smuggled"));
}

fn an_early_answer_leaves_no_half_request_behind(site: &mut Site) {
    // The peer answers before the body has come; its connection must not serve another request.
    site.peer(0).script(|conversation| {
        let is_post = conversation.request().method == "POST";
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
        if is_post {
            conversation.wait_for_close();
            conversation.close();
        }
    });
    let mut client = site.client();
    client.send("POST /stream/early HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\n\r\n");
    assert_eq!(client.response().text(), "early");
    let inner = "GET /smuggled HTTP/1.1\r\nHost: abc\r\n\r\n";
    client.try_send(inner);
    drop(client);
    assert_eq!(site.get("/stream/other").text(), "early");
    // What a case before has left under way may still arrive.
    let mut requests = site.peer(0).requests();
    requests.retain(|request| request.target != "/stream");
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert_ne!(requests[0].connection, requests[1].connection);
}

fn a_peers_ambiguous_response_is_refused(site: &mut Site) {
    let heads = [
        ("Content-Length: 3\r\nContent-Length: 4", true),
        ("Content-Length: 3, 4", true),
        ("Content-Length: x", true),
        ("Content-Length: -3", true),
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", true),
        ("Transfer-Encoding: gzip, chunked", true),
        ("Transfer-Encoding: chunked, identity", true),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", true),
        ("X-Null: \0", true),
        ("X Space: 1", true),
    ];
    for (head, _) in heads.iter().filter(|(_, by_nginx)| *by_nginx || !is_nginx()) {
        site.peer(0).reply_and_close(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
        assert_eq!(site.get("/").status, 502, "{head:?}");
    }
}

fn a_peers_spaced_name_is_refused_or_mended(site: &mut Site) {
    // RFC 9112 §5.1: a proxy takes the space out of a response, or does not pass it on at all.
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Space : 1\r\n\r\nok");
    let response = site.get("/");
    let mended = response.head.contains("\r\nX-Space: 1\r\n");
    assert!(if is_nginx() { response.status == 502 } else { mended }, "{}", response.head);
}

fn bytes_behind_a_response_are_not_the_next_one(site: &mut Site) {
    site.peer(0)
        .reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    for _ in 0..3 {
        let response = site.get("/");
        assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    }
    assert_eq!(site.peer(0).connections(), 3, "a connection with stray bytes is not used again");
}

fn a_peers_unframed_bytes_are_not_the_next_response(site: &mut Site) {
    // Bytes after a response that has no body (204, 304, to HEAD) poison nothing.
    for (method, head) in [("GET", "204 No Content"), ("GET", "304 Not Modified"), ("HEAD", "200 OK")] {
        site.peer(0).reply(format!("HTTP/1.1 {head}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        for _ in 0..2 {
            assert!(!site.raw(&request).contains("evil"), "{method} {head}");
        }
    }
}
