//! Servers that are asked themselves whether they are well.

use std::sync::mpsc;

use testkit::frames::{DATA, END_HEADERS, END_STREAM, Frames, HEADERS, STATUS_200};
use testkit::{Conversation, Setup, Site, cases, eventually};

cases!(
    health_check,
    setup,
    [
        a_server_that_says_it_is_not_well_gets_nothing,
        it_comes_back_when_it_is_well_again,
        a_server_that_refuses_is_not_well,
        what_a_good_answer_is_can_be_said,
        a_server_waits_for_its_first_good_answer,
        a_connection_is_kept_for_checks,
        a_server_that_was_well_is_used_at_once_after_a_reload,
        servers_of_grpc_are_called,
        a_status_of_grpc_may_be_good,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    match well { status 200; header X-State ~ ^good; body ~ \"all is well\"; }
    upstream plain { zone z1 64k; server {peer0} max_fails=0; server {peer1} max_fails=0; }
    upstream refusing { zone z2 64k; server {nobody} max_fails=0; server {peer1} max_fails=0; }
    upstream judged { zone z3 64k; server {peer0} max_fails=0; server {peer1} max_fails=0; }
    upstream careful { zone z4 64k; server {peer0} max_fails=0; server {peer2} max_fails=0; }
    upstream never { zone z5 64k; server {peer2}; }
    upstream kept { zone z6 64k; server {peer1}; server {peer0}; }
    upstream lasting { zone z7 64k; server {peer1}; server {peer3}; }
    upstream called { zone z8 64k; server {peer4}; server {peer5}; }
    upstream unable { zone z9 64k; server {peer6}; }
    server {
        listen {front};
        location /called { grpc_pass grpc://called; health_check interval=50ms type=grpc grpc_service=app.Echo; }
        location /unable { grpc_pass unable; health_check interval=50ms mandatory type=grpc grpc_status=12; }
        location / { return 404; }
        location /api { api; }
        location /kept { proxy_pass http://kept; health_check uri=/kept interval=50ms keepalive_time=1h; }
        location /lasting { proxy_pass http://lasting; health_check interval=1h mandatory persistent; }
        location /plain { proxy_pass http://plain; health_check uri=/health interval=50ms fails=2 passes=2; }
        location /refusing { proxy_pass http://refusing; health_check interval=50ms; proxy_next_upstream off; }
        location /judged { proxy_pass http://judged; health_check uri=/judge interval=50ms match=well; }
        location /careful { proxy_pass http://careful; health_check interval=50ms mandatory; }
        location /never { proxy_pass http://never; health_check interval=50ms mandatory match=well; }
    }",
    )
}

/// Answers questions for its health like this, and echoes all else.
fn says(answer: &'static str) -> impl Fn(&mut Conversation) + Send + Sync + 'static {
    move |conversation| {
        let asked = ["/health", "/judge"].iter().any(|path| conversation.request().target == *path);
        if asked {
            conversation.send(answer);
            conversation.close();
        } else {
            conversation.echo();
        }
    }
}

const ILL: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const WELL: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

fn order(site: &Site, path: &str, count: usize) -> String {
    (0..count).map(|_| site.get(path).field("X-Peer").unwrap_or("?").trim_start_matches("peer").to_owned()).collect()
}

fn a_server_that_says_it_is_not_well_gets_nothing(site: &mut Site) {
    site.peer(0).script(says(ILL));
    eventually("it is found out", || site.error_log().contains("of upstream \"plain\" is unhealthy"));
    assert_eq!(order(site, "/plain", 6), "111111");
}

fn it_comes_back_when_it_is_well_again(site: &mut Site) {
    site.peer(0).script(says(ILL));
    eventually("it gets nothing", || order(site, "/plain", 4) == "1111");
    site.peer(0).script(says(WELL));
    eventually("it is asked again", || order(site, "/plain", 4).contains('0'));
}

fn a_server_that_refuses_is_not_well(site: &mut Site) {
    eventually("it is found out", || site.error_log().contains("of upstream \"refusing\" is unhealthy"));
    assert_eq!(order(site, "/refusing", 4), "1111");
}

fn what_a_good_answer_is_can_be_said(site: &mut Site) {
    site.peer(0).script(says(
        "HTTP/1.1 200 OK\r\nX-State: good enough\r\nContent-Length: 17\r\nConnection: close\r\n\r\nhere all is well!",
    ));
    site.peer(1).script(says("HTTP/1.1 200 OK\r\nX-State: good\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwell"));
    eventually("the body is not what it should be", || order(site, "/judged", 4) == "0000");
}

fn a_server_waits_for_its_first_good_answer(site: &mut Site) {
    eventually("they are known to be well", || order(site, "/careful", 4).matches('0').count() == 2);
    assert_eq!(site.get("/never").status, 502);
    let asked = site.peer(2).wait_for_requests(1);
    assert!(asked.iter().all(|request| request.target != "/never"), "no client's request went there");
}

fn a_connection_is_kept_for_checks(site: &mut Site) {
    site.peer(1).script(|conversation| {
        let connection = conversation.connection().to_string();
        let length = connection.len();
        let kept = "Connection: keep-alive";
        conversation.send(format!("HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n{kept}\r\n\r\n{connection}"));
    });
    let checks = || site.peer(1).requests().into_iter().filter(|request| request.target == "/kept").collect::<Vec<_>>();
    eventually("it was asked some times", || checks().len() >= 6);
    let connections: std::collections::BTreeSet<_> = checks().iter().skip(1).map(|check| check.connection).collect();
    assert_eq!(connections.len(), 1, "all over one connection");
    assert_eq!(checks()[0].field("Connection"), Some("keep-alive"));
}

fn a_server_that_was_well_is_used_at_once_after_a_reload(site: &mut Site) {
    let checking = |site: &Site| site.get("/api/9/http/upstreams/lasting").text().matches("\"checking\"").count();
    eventually("both were asked", || checking(site) == 0);
    site.server().signal(testkit::Signal::HUP);
    eventually("it is loaded", || site.get("/api/9/nginx?fields=generation").text().contains('2'));
    assert_eq!(checking(site), 0, "they need not prove it again: the next check is an hour off");
    assert_eq!(order(site, "/lasting", 2), "13");
}

/// Answers one call with what the service is said to be, and a status; what it was called with.
fn called(conversation: &mut Conversation, serving: u8, status: &str) -> Option<Vec<u8>> {
    let mut frames = Frames::accept(conversation.wire(), &[]);
    let stream = frames.next_of(HEADERS)?.stream;
    let message = frames.next_of(DATA)?.payload;
    frames.send(HEADERS, END_HEADERS, stream, STATUS_200);
    frames.send(DATA, 0, stream, &[0, 0, 0, 0, 2, 8, serving]);
    let length = u8::try_from(status.len()).unwrap();
    let trailer = [b"\0\x0bgrpc-status", &[length][..], status.as_bytes()].concat();
    frames.send(HEADERS, END_HEADERS | END_STREAM, stream, &trailer);
    while frames.read().is_some() {}
    Some(message)
}

fn states(site: &Site, group: &str) -> Vec<String> {
    let text = site.get(&format!("/api/9/http/upstreams/{group}")).text();
    let found = text.split("\"state\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    found.map(str::to_owned).collect()
}

fn servers_of_grpc_are_called(site: &mut Site) {
    let (asked, questions) = mpsc::channel();
    site.peer(4).greet(move |conversation| {
        let _ = asked.send(called(conversation, 1, "0"));
    });
    site.peer(5).greet(|conversation| {
        called(conversation, 2, "0");
    });
    eventually("it is found out", || states(site, "called") == ["up", "unhealthy"]);
    let message = questions.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
    assert_eq!(message.as_deref(), Some(&b"\0\0\0\0\x0a\x0a\x08app.Echo"[..]));
    site.peer(5).greet(|conversation| {
        called(conversation, 1, "0");
    });
    eventually("it is well again", || states(site, "called") == ["up", "up"]);
}

fn a_status_of_grpc_may_be_good(site: &mut Site) {
    site.peer(6).greet(|conversation| {
        called(conversation, 1, "0");
    });
    eventually("another status is not", || states(site, "unable") == ["unhealthy"]);
    site.peer(6).greet(|conversation| {
        called(conversation, 0, "12");
    });
    eventually("it is well", || states(site, "unable") == ["up"]);
}
