//! gRPC: calls go on as they come, in both directions, with their trailers.

use testkit::frames::{DATA, END_HEADERS, END_STREAM, Frames, HEADERS, STATUS_200};
use testkit::{Answer, Authority, Gate, Http2, Setup, Site, cases};

cases!(
    grpc,
    setup,
    [
        a_call_goes_on,
        fields_may_be_set,
        a_target_may_be_evaluated,
        it_goes_over_tls,
        trailers_come_through,
        an_error_may_come_without_a_body,
        messages_go_both_ways_at_once,
        a_server_that_is_gone_becomes_a_status,
        an_answer_may_be_intercepted,
        a_client_of_http1_is_served_too,
    ]
);

fn setup() -> Setup {
    let server = Authority::new("root").issue(&["localhost"]);
    Setup::http(
        "
    upstream known { server {front1}; keepalive 4; }
    server {
        listen {front};
        http2 on;
        location / { grpc_pass grpc://{front1}; }
        location /named { grpc_pass known; }
        location /set { grpc_set_header X-One 1; grpc_set_header Host other; grpc_pass known; }
        location /var { grpc_pass $arg_to; }
        location /secure { grpc_pass grpcs://{front3}; }
        location /raw { grpc_pass {peer0}; }
        location /gone {
            error_page 502 = /error502grpc;
            grpc_pass grpc://127.0.0.1:1;
        }
        location = /error502grpc {
            internal;
            default_type application/grpc;
            add_header grpc-status 14;
            add_header grpc-message unavailable;
            return 204;
        }
        location /own { grpc_intercept_errors on; error_page 404 = @own; grpc_pass known; }
        location @own { return 200 own; }
    }
    server {
        listen {front1};
        http2 on;
        default_type application/grpc;
        location / { return 200 \"$request_method $server_protocol $scheme $http_host $http_te $http_x_one $request_uri\"; }
        location /own { return 404; }
    }
    server {
        listen {front3} ssl;
        http2 on;
        ssl_certificate server.crt;
        ssl_certificate_key server.key;
        location / { return 200 \"$server_protocol $scheme\"; }
    }",
    )
    .file("server.crt", server.certificate)
    .file("server.key", server.key)
}

fn call(site: &Site, path: &str) -> Answer {
    let mut client = Http2::connect(site.socket());
    let request = client.request("POST", path).header("te", "trailers").header("content-type", "application/grpc");
    client.send(request.body(()).unwrap(), b"\0\0\0\0\0").unwrap()
}

fn a_call_goes_on(site: &mut Site) {
    let front1 = site.place("front1");
    assert_eq!(call(site, "/a.B/C?d").text(), format!("POST HTTP/2.0 http {} trailers  /a.B/C?d", front1.socket()));
    assert_eq!(call(site, "/named").text(), "POST HTTP/2.0 http known trailers  /named");
}

fn fields_may_be_set(site: &mut Site) {
    assert_eq!(call(site, "/set").text(), "POST HTTP/2.0 http other trailers 1 /set");
}

fn a_target_may_be_evaluated(site: &mut Site) {
    for to in ["known", "grpc://known"] {
        let text = call(site, &format!("/var?to={to}")).text();
        assert_eq!(text, format!("POST HTTP/2.0 http known trailers  /var?to={to}"));
    }
}

fn it_goes_over_tls(site: &mut Site) {
    assert_eq!(call(site, "/secure").text(), "HTTP/2.0 https");
}

/// A field as its literal (RFC 7541 §6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

fn trailers_come_through(site: &mut Site) {
    site.peer(0).greet(|conversation| {
        let mut frames = Frames::accept(conversation.wire(), &[]);
        let stream = frames.next_of(HEADERS).unwrap().stream;
        frames.send(HEADERS, END_HEADERS, stream, STATUS_200);
        frames.send(DATA, 0, stream, b"message");
        let trailers = [field("grpc-status", "0"), field("grpc-message", "")].concat();
        frames.send(HEADERS, END_HEADERS | END_STREAM, stream, &trailers);
        while frames.read().is_some() {}
    });
    let answer = call(site, "/raw");
    assert_eq!((answer.status, answer.text().as_str()), (200, "message"));
    assert_eq!(
        (&answer.trailers["grpc-status"], &answer.trailers["grpc-message"]),
        (&"0".parse().unwrap(), &"".parse().unwrap())
    );
}

fn an_error_may_come_without_a_body(site: &mut Site) {
    site.peer(0).greet(|conversation| {
        let mut frames = Frames::accept(conversation.wire(), &[]);
        let stream = frames.next_of(HEADERS).unwrap().stream;
        let head = [STATUS_200, &field("grpc-status", "12")].concat();
        frames.send(HEADERS, END_HEADERS | END_STREAM, stream, &head);
        while frames.read().is_some() {}
    });
    let answer = call(site, "/raw");
    assert_eq!((answer.field("grpc-status"), answer.body.len()), ("12", 0));
}

fn messages_go_both_ways_at_once(site: &mut Site) {
    let (answered, ended) = (Gate::new(), Gate::new());
    let (first, last) = (answered.clone(), ended.clone());
    site.peer(0).greet(move |conversation| {
        let mut frames = Frames::accept(conversation.wire(), &[]);
        let stream = frames.next_of(HEADERS).unwrap().stream;
        frames.send(HEADERS, END_HEADERS, stream, STATUS_200);
        let message = frames.next_of(DATA).unwrap();
        frames.send(DATA, 0, stream, &message.payload);
        first.open();
        let message = frames.next_of(DATA).unwrap();
        frames.send(DATA, 0, stream, &message.payload.to_ascii_uppercase());
        frames.send(HEADERS, END_HEADERS | END_STREAM, stream, &field("grpc-status", "0"));
        last.open();
        while frames.read().is_some() {}
    });
    let mut client = Http2::connect(site.socket());
    let mut asked = client.ask(client.request("POST", "/raw").body(()).unwrap(), false);
    asked.body.send_data("one".into(), false).unwrap();
    answered.pass("the first message is answered");
    asked.body.send_data("two".into(), true).unwrap();
    ended.pass("the last message is answered");
    let answer = client.answer(asked).unwrap();
    assert_eq!((answer.text().as_str(), &answer.trailers["grpc-status"]), ("oneTWO", &"0".parse().unwrap()));
}

fn a_server_that_is_gone_becomes_a_status(site: &mut Site) {
    let answer = call(site, "/gone");
    assert_eq!((answer.status, answer.field("grpc-status"), answer.field("grpc-message")), (204, "14", "unavailable"));
}

fn an_answer_may_be_intercepted(site: &mut Site) {
    assert_eq!(call(site, "/own").text(), "own");
}

fn a_client_of_http1_is_served_too(site: &mut Site) {
    assert!(site.get("/named").text().starts_with("GET HTTP/2.0 http known "));
}
