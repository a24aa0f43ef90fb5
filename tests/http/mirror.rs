//! Copies of requests go to other places; nobody waits for them.

use testkit::{Gate, Setup, Site, cases};

cases!(mirror, setup, [copies_have_method_fields_and_body, copies_without_bodies, nobody_waits_for_a_copy]);

fn setup() -> Setup {
    Setup::server(
        "
        location / { mirror /copy; mirror /second; proxy_pass http://{peer0}; }
        location /bare/ { mirror /copy; mirror_request_body off; proxy_pass http://{peer0}; }
        location /off/ { mirror off; proxy_pass http://{peer0}; }
        location = /copy { internal; proxy_pass http://{peer1}$request_uri; }
        location = /second { internal; proxy_pass http://{peer2}; }",
    )
}

const REQUEST: &str = "POST PATH HTTP/1.1\r\nHost: a\r\nX-Own: 1\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody";

fn copies_have_method_fields_and_body(site: &mut Site) {
    assert_eq!(site.ask(&REQUEST.replace("PATH", "/x?y")).status, 200);
    let copy = site.peer(1).wait_for_requests(1).remove(0);
    assert_eq!((copy.method.as_str(), copy.target.as_str(), copy.field("X-Own")), ("POST", "/x?y", Some("1")));
    assert_eq!(copy.body, b"body");
    let second = site.peer(2).wait_for_requests(1).remove(0);
    assert_eq!((second.target.as_str(), second.body.as_slice()), ("/second?y", &b"body"[..]));
}

fn copies_without_bodies(site: &mut Site) {
    assert_eq!(site.ask(&REQUEST.replace("PATH", "/bare/x")).status, 200);
    assert_eq!(site.peer(1).wait_for_requests(1).remove(0).body, b"");
    assert_eq!(site.peer(0).request().body, b"body");
    assert_eq!(site.get("/off/x").status, 200);
    assert_eq!(site.peer(1).requests().len(), 1);
}

fn nobody_waits_for_a_copy(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(1).script(move |conversation| {
        conversation.read_body();
        held.wait();
        conversation.send(b"HTTP/1.1 204 No Content\r\n\r\n");
    });
    assert_eq!(site.get("/x").status, 200);
    site.peer(1).wait_for_requests(1);
    gate.open();
}
