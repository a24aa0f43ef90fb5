//! Programs ask what is known of groups, and change them.

use serde_json::{Value, json};
use testkit::{Conversation, Gate, Response, Setup, Signal, Site, cases, eventually};

cases!(
    api,
    Fresh,
    setup,
    [
        the_tree_is_listed,
        what_is_not_there_is_said_to_be_so,
        a_place_that_only_tells_changes_nothing,
        access_rules_guard_it,
        a_server_is_added_and_used,
        a_server_is_changed,
        a_server_is_drained,
        a_server_is_removed_while_it_answers,
        what_is_wrong_with_a_server_is_said,
        a_name_is_followed,
        changes_reach_all_workers,
        changes_are_forgotten_with_a_reload,
        a_file_keeps_changes,
        requests_are_counted_by_peer,
        failures_and_rests_are_counted,
        zones_of_sites_and_places_count,
        fields_are_chosen,
        numbers_begin_anew,
    ]
);

fn setup() -> Setup {
    with_http("")
}

/// With more inside `http`.
fn with_http(more: &str) -> Setup {
    let config = "
worker_processes 2;
http {
    access_log off;
    MORE
    upstream app { zone app 64k; server {peer0}; }
    upstream pair { zone pair 64k; server {peer0} weight=3; server {peer1} backup max_conns=7 route=b; sticky cookie srv; }
    upstream failing { zone failing 64k; server {nobody} fail_timeout=1h; server {peer0}; }
    upstream kept { zone kept 64k; state {prefix}/state/kept.conf; }
    upstream static { server {peer0}; }
    server {
        listen {front};
        status_zone front;
        location / { return 404; }
        location /api { api write=on; }
        location /told { api; }
        location /closed { deny all; api write=on; }
        location /app { proxy_pass http://app; }
        location /pair { proxy_pass http://pair; }
        location /failing { proxy_pass http://failing; }
        location /kept { status_zone kept; proxy_pass http://kept; }
        location /static { proxy_pass http://static; }
        location /another { proxy_pass http://{peer2}; }
    }
}";
    Setup::main(&config.replace("MORE", more)).open_directory("state")
}

fn body(response: &Response) -> Value {
    assert_eq!(response.field("Content-Type"), Some("application/json"), "{}", response.text());
    serde_json::from_slice(&response.body).expect("JSON")
}

fn ask(site: &Site, method: &str, path: &str, value: &Value) -> Response {
    let text = if value.is_null() { String::new() } else { value.to_string() };
    let length = text.len();
    site.ask(&format!(
        "{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    ))
}

fn tell(site: &Site, path: &str) -> Value {
    let response = site.get(path);
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    body(&response)
}

fn code(response: &Response) -> (u16, String) {
    let document = body(response);
    let error = &document["error"];
    assert_eq!(error["status"], response.status);
    assert!(document["request_id"].as_str().is_some_and(|id| id.len() == 32), "{document}");
    assert!(document["href"].is_string(), "{document}");
    (response.status, error["code"].as_str().expect("a code").to_owned())
}

fn answered_by(site: &Site, path: &str, count: usize) -> String {
    (0..count).map(|_| site.get(path).field("X-Peer").unwrap_or("?").trim_start_matches("peer").to_owned()).collect()
}

/// Reloads, and waits until all workers serve by the new configuration.
fn reload(site: &mut Site) {
    site.server().signal(Signal::HUP);
    site.server().wait_for_log("the new configuration is in force");
    assert_eq!(tell(site, "/api/9/nginx")["generation"], 2);
}

const SERVERS: &str = "/api/9/http/upstreams/app/servers/";

fn the_tree_is_listed(site: &mut Site) {
    assert_eq!(tell(site, "/api/"), json!([9]));
    assert_eq!(tell(site, "/api"), json!([9]));
    assert_eq!(tell(site, "/api/9/"), json!(["nginx", "processes", "connections", "http"]));
    assert_eq!(
        tell(site, "/api/9/http/"),
        json!(["requests", "server_zones", "location_zones", "caches", "upstreams"])
    );
    let running = tell(site, "/api/9/nginx");
    assert_eq!((&running["generation"], &running["build"]), (&json!(1), &json!("zaguan")));
    assert_eq!(running["address"], site.front().host());
    for time in ["timestamp", "load_timestamp"] {
        let time = running[time].as_str().expect("a time");
        assert!(time.len() == 24 && time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    }
    assert!(running["pid"].is_u64() && running["ppid"].is_u64(), "{running}");
    assert_eq!(tell(site, "/api/9/processes"), json!({ "respawned": 0 }));
    assert_eq!(tell(site, "/api/9/connections")["dropped"], 0);
    assert!(tell(site, "/api/9/http/requests")["total"].as_u64() > Some(5));
    let groups = tell(site, "/api/9/http/upstreams/");
    let names: Vec<_> = groups.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["app", "failing", "kept", "pair"], "those whose workers share what they know");
}

fn what_is_not_there_is_said_to_be_so(site: &mut Site) {
    for (method, path, status, expected) in [
        ("GET", "/api/1/", 404, "UnknownVersion"),
        ("GET", "/api/9/teapot", 404, "PathNotFound"),
        ("GET", "/api/9/http/upstreams/none", 404, "UpstreamNotFound"),
        ("GET", "/api/9/http/upstreams/none/servers/", 404, "UpstreamNotFound"),
        ("GET", "/api/9/http/upstreams/static", 400, "UpstreamStatic"),
        ("POST", "/api/9/http/upstreams/static/servers/", 400, "UpstreamStatic"),
        ("GET", "/api/9/http/upstreams/app/servers/7", 404, "UpstreamServerNotFound"),
        ("DELETE", "/api/9/http/upstreams/app/servers/7", 404, "UpstreamServerNotFound"),
        ("PATCH", "/api/9/http/upstreams/app/servers/7", 404, "UpstreamServerNotFound"),
        ("GET", "/api/9/http/upstreams/app/servers/x", 400, "UpstreamBadServerId"),
        ("GET", "/api/9/http/upstreams/app/colours", 404, "PathNotFound"),
        ("GET", "/api/9/http/server_zones/none", 404, "ServerZoneNotFound"),
        ("GET", "/api/9/http/location_zones/none", 404, "LocationZoneNotFound"),
        ("PUT", "/api/9/nginx", 405, "MethodDisabled"),
        ("POST", "/api/9/nginx", 405, "MethodDisabled"),
        ("DELETE", "/api/9/http/upstreams/app/servers/", 405, "MethodDisabled"),
    ] {
        assert_eq!(code(&ask(site, method, path, &Value::Null)), (status, expected.to_owned()), "{method} {path}");
    }
}

fn a_place_that_only_tells_changes_nothing(site: &mut Site) {
    assert_eq!(tell(site, "/told/9/http/upstreams/app/servers/0")["id"], 0);
    for (method, path) in [
        ("POST", "/told/9/http/upstreams/app/servers/"),
        ("PATCH", "/told/9/http/upstreams/app/servers/0"),
        ("DELETE", "/told/9/http/upstreams/app/servers/0"),
        ("DELETE", "/told/9/http/requests"),
    ] {
        let response = ask(site, method, path, &json!({ "server": "127.0.0.9:1" }));
        assert_eq!(code(&response), (405, "MethodDisabled".to_owned()), "{method} {path}");
    }
    assert_eq!(tell(site, SERVERS).as_array().map(Vec::len), Some(1));
}

fn access_rules_guard_it(site: &mut Site) {
    assert_eq!(site.get("/closed/9/nginx").status, 403);
    assert_eq!(ask(site, "DELETE", "/closed/9/http/upstreams/app/servers/0", &Value::Null).status, 403);
    assert_eq!(tell(site, SERVERS).as_array().map(Vec::len), Some(1));
}

fn a_server_is_added_and_used(site: &mut Site) {
    let address = site.peer(1).address();
    let response = ask(site, "POST", SERVERS, &json!({ "server": address, "weight": 2, "fail_timeout": "5s" }));
    assert_eq!(response.status, 201, "{}", response.text());
    assert_eq!(response.field("Location"), Some("/api/9/http/upstreams/app/servers/1"));
    let expected = json!({
        "id": 1, "server": address, "weight": 2, "max_conns": 0, "max_fails": 1, "fail_timeout": "5s",
        "slow_start": "0s", "route": "", "backup": false, "down": false,
    });
    assert_eq!(body(&response), expected);
    assert_eq!(tell(site, "/api/9/http/upstreams/app/servers/1"), expected);
    assert_eq!(answered_by(site, "/app", 6).matches('1').count(), 4);
    let again = ask(site, "POST", SERVERS, &json!({ "server": address }));
    assert_eq!(code(&again), (409, "EntryExists".to_owned()));
}

fn a_server_is_changed(site: &mut Site) {
    let address = site.peer(1).address();
    assert_eq!(ask(site, "POST", SERVERS, &json!({ "server": address, "down": true })).status, 201);
    assert_eq!(answered_by(site, "/app", 4), "0000");
    let place = format!("{SERVERS}1");
    let response = ask(site, "PATCH", &place, &json!({ "down": false, "weight": 3, "max_fails": 0 }));
    assert_eq!((response.status, body(&response)["weight"].clone()), (200, json!(3)), "{}", response.text());
    assert_eq!(answered_by(site, "/app", 8).matches('1').count(), 6);
    let moved = ask(site, "PATCH", &place, &json!({ "server": site.peer(2).address() }));
    assert_eq!(body(&moved)["server"], site.peer(2).address());
    assert_eq!(answered_by(site, "/app", 8).matches('2').count(), 6);
}

fn a_server_is_drained(site: &mut Site) {
    assert_eq!(ask(site, "POST", SERVERS, &json!({ "server": site.peer(1).address() })).status, 201);
    assert_eq!(body(&ask(site, "PATCH", &format!("{SERVERS}0"), &json!({ "drain": true })))["drain"], true);
    assert_eq!(answered_by(site, "/app", 4), "1111");
    assert_eq!(tell(site, "/api/9/http/upstreams/app")["peers"][0]["state"], "draining");
    ask(site, "PATCH", &format!("{SERVERS}0"), &json!({ "drain": false }));
    assert_eq!(answered_by(site, "/app", 4).matches('0').count(), 2);
}

fn a_server_is_removed_while_it_answers(site: &mut Site) {
    let gate = Gate::new();
    let opened = gate.clone();
    site.peer(0).script(move |conversation: &mut Conversation| {
        opened.wait();
        conversation.echo();
    });
    assert_eq!(ask(site, "POST", SERVERS, &json!({ "server": site.peer(1).address() })).status, 201);
    let mut client = site.client();
    client.send("GET /app HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut other = site.client();
    other.send("GET /app HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    let left = ask(site, "DELETE", &format!("{SERVERS}0"), &Value::Null);
    assert_eq!((left.status, body(&left)[0]["id"].clone()), (200, json!(1)));
    assert_eq!(tell(site, "/api/9/http/upstreams/app")["zombies"], 1);
    assert_eq!(answered_by(site, "/app", 4), "1111");
    gate.open();
    // One of them went to the server that was removed; the other may have.
    let answered = [client.response(), other.response()].map(|response| response.field("X-Peer").map(str::to_owned));
    assert!(answered.iter().any(|peer| peer.as_deref() == Some("peer0")), "{answered:?}");
    eventually("nobody uses it any more", || tell(site, "/api/9/http/upstreams/app")["zombies"] == 0);
    assert_eq!(ask(site, "DELETE", &format!("{SERVERS}1"), &Value::Null).status, 200);
    assert_eq!(site.get("/app").status, 502, "a group may be empty");
}

fn what_is_wrong_with_a_server_is_said(site: &mut Site) {
    let long = "r".repeat(33);
    for (value, status, expected) in [
        (json!({ "weight": 1 }), 400, "UpstreamConfFormatError"),
        (json!({ "server": "127.0.0.1:1", "colour": 1 }), 400, "UpstreamConfFormatError"),
        (json!({ "server": ["127.0.0.1:1"] }), 400, "UpstreamConfFormatError"),
        (json!({ "server": "127.0.0.1:x" }), 400, "UpstreamBadAddress"),
        (json!({ "server": "127.0.0.1:1", "weight": 0 }), 400, "UpstreamBadWeight"),
        (json!({ "server": "127.0.0.1:1", "max_conns": -1 }), 400, "UpstreamBadMaxConns"),
        (json!({ "server": "127.0.0.1:1", "fail_timeout": "soon" }), 400, "UpstreamBadFailTimeout"),
        (json!({ "server": "127.0.0.1:1", "route": long }), 400, "UpstreamBadRoute"),
        (json!({ "server": "backend.test" }), 400, "UpstreamConfNoResolver"),
        (json!("text"), 415, "JsonError"),
    ] {
        assert_eq!(code(&ask(site, "POST", SERVERS, &value)), (status, expected.to_owned()), "{value}");
    }
    let fixed = ask(site, "PATCH", &format!("{SERVERS}0"), &json!({ "backup": true }));
    assert_eq!(code(&fixed), (400, "UpstreamConfFormatError".to_owned()));
    let long = json!({ "server": "x".repeat(70_000) });
    assert_eq!(code(&ask(site, "POST", SERVERS, &long)), (413, "BodyReadError".to_owned()));
    assert_eq!(tell(site, SERVERS).as_array().map(Vec::len), Some(1));
}

fn a_name_is_followed(site: &mut Site) {
    let names = super::resolving::name_server();
    site.rewrite_config(&with_http(&format!("resolver {names} ipv6=off;")));
    reload(site);
    let (host, port) =
        site.peer(1).address().rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).unwrap();
    let name = format!("ip-{host}.test:{port}");
    let response = ask(site, "POST", SERVERS, &json!({ "server": name }));
    assert_eq!((response.status, body(&response)["server"].clone()), (201, json!(name)), "{}", response.text());
    eventually("its address is known", || answered_by(site, "/app", 4).contains('1'));
    let servers = tell(site, SERVERS);
    assert_eq!((&servers[2]["parent"], &servers[2]["server"]), (&json!(1), &json!(site.peer(1).address())));
    let fixed = ask(site, "DELETE", &format!("{SERVERS}{}", servers[2]["id"]), &Value::Null);
    assert_eq!(code(&fixed), (400, "UpstreamServerImmutable".to_owned()));
    assert_eq!(ask(site, "DELETE", &format!("{SERVERS}1"), &Value::Null).status, 200);
    assert_eq!(answered_by(site, "/app", 4), "0000");
}

fn changes_reach_all_workers(site: &mut Site) {
    let mut clients: Vec<_> = (0..16).map(|_| site.client()).collect();
    let who = |clients: &mut Vec<testkit::Client>| -> Vec<String> {
        let ask = |client: &mut testkit::Client| {
            client.ask("GET /app HTTP/1.1\r\nHost: a\r\n\r\n").field("X-Peer").unwrap_or("?").to_owned()
        };
        clients.iter_mut().map(ask).collect()
    };
    assert!(who(&mut clients).iter().all(|peer| peer == "peer0"));
    assert_eq!(ask(site, "PATCH", &format!("{SERVERS}0"), &json!({ "server": site.peer(1).address() })).status, 200);
    assert!(who(&mut clients).iter().all(|peer| peer == "peer1"), "each connection stays with its worker");
}

fn changes_are_forgotten_with_a_reload(site: &mut Site) {
    assert_eq!(ask(site, "POST", SERVERS, &json!({ "server": site.peer(1).address() })).status, 201);
    reload(site);
    assert_eq!(tell(site, SERVERS).as_array().map(Vec::len), Some(1), "no file keeps them");
}

fn a_file_keeps_changes(site: &mut Site) {
    const KEPT: &str = "/api/9/http/upstreams/kept/servers/";
    assert_eq!(site.get("/kept").status, 502, "there are none yet");
    let (zero, one) = (site.peer(0).address(), site.peer(1).address());
    assert_eq!(ask(site, "POST", KEPT, &json!({ "server": zero, "weight": 5 })).status, 201);
    assert_eq!(ask(site, "POST", KEPT, &json!({ "server": one, "down": true, "max_fails": 3 })).status, 201);
    let text = site.prefix().read("state/kept.conf");
    assert_eq!(text, format!("server {zero} weight=5;\nserver {one} max_fails=3 down;\n"));
    reload(site);
    assert_eq!(tell(site, KEPT)[1]["down"], true);
    assert_eq!(answered_by(site, "/kept", 3), "000");
    assert_eq!(ask(site, "DELETE", &format!("{KEPT}0"), &Value::Null).status, 200);
    assert_eq!(ask(site, "PATCH", &format!("{KEPT}1"), &json!({ "down": false })).status, 200);
    // A worker that is killed comes back with what the file has.
    let workers = site.server().workers();
    site.server().expect_alerts();
    testkit::signal_process(workers[0], Signal::KILL);
    eventually("another serves", || site.server().workers().first().is_some_and(|pid| *pid != workers[0]));
    eventually("it has the servers", || answered_by(site, "/kept", 2) == "11");
    assert_eq!(tell(site, KEPT).as_array().map(Vec::len), Some(1));
    assert_eq!(tell(site, "/api/9/processes"), json!({ "respawned": 1 }));
}

fn requests_are_counted_by_peer(site: &mut Site) {
    assert_eq!(answered_by(site, "/pair", 3), "000");
    let group = || tell(site, "/api/9/http/upstreams/pair");
    let through = |peer: &Value| peer["responses"]["2xx"] == 3 && peer["active"] == 0;
    eventually("all are counted, and over", || through(&group()["peers"][0]));
    let told = group();
    assert_eq!(told["zone"], "pair");
    let (peer, backup) = (&told["peers"][0], &told["peers"][1]);
    assert_eq!(peer["server"], site.peer(0).address());
    for (field, expected) in [
        ("id", json!(0)),
        ("name", json!(site.peer(0).address())),
        ("backup", json!(false)),
        ("weight", json!(3)),
        ("state", json!("up")),
        ("active", json!(0)),
        ("requests", json!(3)),
        ("fails", json!(0)),
        ("unavail", json!(0)),
        ("downtime", json!(0)),
    ] {
        assert_eq!(peer[field], expected, "{field}");
    }
    assert_eq!(peer["responses"]["codes"], json!({ "200": 3 }));
    assert!(peer["sent"].as_u64() > Some(100) && peer["received"].as_u64() > Some(0), "{peer}");
    assert!(peer["selected"].is_string(), "{peer}");
    assert_eq!((&backup["backup"], &backup["max_conns"], &backup["requests"]), (&json!(true), &json!(7), &json!(0)));
    assert!(backup["selected"].is_null());
}

fn failures_and_rests_are_counted(site: &mut Site) {
    answered_by(site, "/failing", 4);
    let peer = tell(site, "/api/9/http/upstreams/failing")["peers"][0].clone();
    assert_eq!((&peer["state"], &peer["unavail"], &peer["fails"]), (&json!("unavail"), &json!(1), &json!(1)));
    assert!(peer["downstart"].is_string(), "{peer}");
}

fn zones_of_sites_and_places_count(site: &mut Site) {
    site.get("/nothing");
    site.get("/kept");
    let front = || tell(site, "/api/9/http/server_zones/front");
    eventually("all are counted", || front()["responses"]["codes"]["404"] == 1 && front()["responses"]["5xx"] == 1);
    eventually("this very request is the only one", || front()["processing"] == 1);
    let zone = front();
    assert!(zone["sent"].as_u64() > zone["received"].as_u64(), "{zone}");
    let kept = || tell(site, "/api/9/http/location_zones/")["kept"].clone();
    eventually("its place has counted it", || kept()["requests"] == 1 && kept()["responses"]["total"] == 1);
}

fn fields_are_chosen(site: &mut Site) {
    assert_eq!(tell(site, "/api/9/nginx?fields=build,generation"), json!({ "build": "zaguan", "generation": 1 }));
    let zones = json!({ "app": { "zone": "app" }, "failing": { "zone": "failing" }, "kept": { "zone": "kept" },
        "pair": { "zone": "pair" } });
    assert_eq!(tell(site, "/api/9/http/upstreams?fields=zone"), zones);
    assert_eq!(tell(site, "/api/9/http/upstreams?fields="), json!(["app", "failing", "kept", "pair"]));
    assert_eq!(tell(site, "/api/9/http/server_zones?fields="), json!(["front"]));
}

fn numbers_begin_anew(site: &mut Site) {
    answered_by(site, "/pair", 3);
    for path in ["connections", "http/requests", "processes", "http/server_zones/front", "http/upstreams/pair"] {
        assert_eq!(ask(site, "DELETE", &format!("/api/9/{path}"), &Value::Null).status, 204, "{path}");
    }
    assert!(tell(site, "/api/9/http/requests")["total"].as_u64() < Some(5));
    assert_eq!(tell(site, "/api/9/http/upstreams/pair")["peers"][0]["requests"], 0, "none was chosen since");
}
