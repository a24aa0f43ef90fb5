//! What is told to peers and kept from clients: `proxy_set_header` and its kin.

use testkit::{Framing, Setup, Site, cases, skip_on_nginx};

cases!(
    proxy_fields,
    setup,
    [
        fields_are_set_replaced_and_dropped,
        an_inner_level_replaces_all_of_the_outer,
        the_outer_level_holds_where_nothing_is_set,
        client_fields_can_be_left_out,
        the_body_can_be_left_out,
        the_body_can_be_replaced,
        the_method_can_be_replaced,
        the_version_can_be_chosen,
        fields_go_in_the_order_of_the_configuration,
        there_is_one_host_whatever_is_set,
        an_answer_has_a_date_whatever_is_passed,
        an_empty_body_keeps_its_length,
        fields_are_hidden_and_passed,
        underscores_are_dropped_unless_allowed,
        the_site_that_is_asked_judges_underscores,
        a_field_is_a_variable,
        a_peers_field_is_a_variable,
        of_a_peers_repeated_fields_the_first_counts,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    proxy_set_header X-Outer outer;
    server {
        listen {front};
        location / { proxy_pass http://{peer0}; }
        location /set {
            proxy_set_header Host $http_host;
            proxy_set_header X-Fixed "a b";
            proxy_set_header X-Asked $arg_x;
            proxy_set_header X-Mixed "uri=$uri;method=$request_method";
            proxy_set_header Accept "";
            proxy_set_header X-Client replaced;
            proxy_pass http://{peer0};
        }
        location /hostless { proxy_set_header Host ""; proxy_pass http://{peer0}; }
        location /hosts { proxy_set_header Host one; proxy_set_header Host two; proxy_pass http://{peer0}; }
        location /dated { proxy_pass_header Date; proxy_pass http://{peer0}; }
        location /bare { proxy_pass_request_headers off; proxy_pass http://{peer0}; }
        location /bodiless { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://{peer0}; }
        location /body { proxy_set_body "uri=$uri&x=$arg_x"; proxy_pass http://{peer0}; }
        location /method { proxy_method PUT; proxy_pass http://{peer0}; }
        location /method/variable { proxy_method $arg_m; proxy_pass http://{peer0}; }
        location /old { proxy_http_version 1.0; proxy_pass http://{peer0}; }
        location /hide { proxy_hide_header X-Secret; proxy_hide_header ETag; proxy_pass http://{peer0}; }
        location /pass { proxy_pass_header Server; proxy_pass_header X-Accel-Expires; proxy_pass http://{peer0}; }
        location /variable { return 200 "$http_user_agent|$http_x_many|$cookie_session|$host"; }
        location /upstream {
            add_header X-Seen "$upstream_http_x_kind:$upstream_status:$upstream_cookie_id" always;
            proxy_pass http://{peer0};
        }
    }
    server {
        listen {front1};
        underscores_in_headers on;
        location / { proxy_pass http://{peer0}; }
    }
    server {
        listen {front};
        server_name underscores.example;
        underscores_in_headers on;
        location / { proxy_pass http://{peer0}; }
    }"#,
    )
}

fn fields_are_set_replaced_and_dropped(site: &mut Site) {
    site.get_with("/set?x=%20y", "X-Client: own\r\nAccept: text/html\r\nX-Kept: kept\r\n");
    let request = site.peer(0).request();
    let expected = [
        ("Host", Some("localhost")),
        ("X-Fixed", Some("a b")),
        ("X-Asked", Some("%20y")),
        ("X-Mixed", Some("uri=/set;method=GET")),
        ("Accept", None),
        ("X-Client", Some("replaced")),
        ("X-Kept", Some("kept")),
    ];
    for (name, value) in expected {
        assert_eq!(request.all(name), value.into_iter().collect::<Vec<_>>(), "{name} in {}", request.head);
    }
}

fn an_inner_level_replaces_all_of_the_outer(site: &mut Site) {
    site.get("/set");
    let request = site.peer(0).request();
    assert_eq!((request.field("X-Outer"), request.field("X-Asked")), (None, None));
}

fn the_outer_level_holds_where_nothing_is_set(site: &mut Site) {
    site.get("/");
    let request = site.peer(0).request();
    assert_eq!(request.field("X-Outer"), Some("outer"));
    assert_eq!(request.field("Host"), Some(site.peer(0).address().as_str()));
}

fn client_fields_can_be_left_out(site: &mut Site) {
    site.get_with("/bare", "X-Client: own\r\n");
    let request = site.peer(0).request();
    assert_eq!((request.field("X-Client"), request.field("X-Outer")), (None, Some("outer")));
}

fn the_body_can_be_left_out(site: &mut Site) {
    site.post("/bodiless", "body");
    let request = site.peer(0).request();
    assert_eq!((request.method.as_str(), request.framing), ("POST", Framing::None));
}

fn the_body_can_be_replaced(site: &mut Site) {
    site.post("/body?x=1", "what the client sent");
    let request = site.peer(0).request();
    assert_eq!((request.text().as_str(), request.all("Content-Length")), ("uri=/body&x=1", vec!["13"]));
    site.get("/body");
    assert_eq!(site.peer(0).requests()[1].text(), "uri=/body&x=");
}

fn the_method_can_be_replaced(site: &mut Site) {
    site.post("/method", "body");
    site.get("/method/variable?m=LIST");
    let requests = site.peer(0).requests();
    assert_eq!((requests[0].method.as_str(), requests[0].text().as_str()), ("PUT", "body"));
    assert_eq!(requests[1].method, "LIST");
}

fn the_version_can_be_chosen(site: &mut Site) {
    let response = site.get("/old");
    assert_eq!(response.status, 200);
    let request = site.peer(0).request();
    assert_eq!(request.line(), "GET /old HTTP/1.0");
    assert!(request.field("Connection").is_none_or(|value| value == "close"), "{}", request.head);
    site.get("/");
    assert_eq!(site.peer(0).requests()[1].line(), "GET / HTTP/1.1");
}

fn fields_go_in_the_order_of_the_configuration(site: &mut Site) {
    site.ask("POST / HTTP/1.1\r\nX-Own: 1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    let names = |head: &str| {
        head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(names(&site.peer(0).request().head), ["X-Outer", "Host", "Content-Length", "X-Own"]);
}

fn there_is_one_host_whatever_is_set(site: &mut Site) {
    if skip_on_nginx("it sends none, or two") {
        return;
    }
    let peer = site.peer(0).address();
    for (path, host) in [("/hostless", peer.as_str()), ("/hosts", "two")] {
        site.get(path);
        assert_eq!(site.peer(0).request().all("Host"), [host], "{path}");
        site.peer(0).reset();
    }
}

fn an_answer_has_a_date_whatever_is_passed(site: &mut Site) {
    if skip_on_nginx("it adds none") {
        return;
    }
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert!(site.get("/dated").field("Date").is_some());
}

fn an_empty_body_keeps_its_length(site: &mut Site) {
    site.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    site.get("/");
    let requests = site.peer(0).requests();
    assert_eq!((requests[0].field("Content-Length"), requests[1].field("Content-Length")), (Some("0"), None));
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: origin\r\nX-Secret: 1\r\nX-Pad: 2\r\n\
                      ETag: \"e\"\r\nX-Accel-Expires: 0\r\nX-Open: 3\r\n\r\nok";

fn fields_are_hidden_and_passed(site: &mut Site) {
    site.peer(0).reply(ANSWER);
    let plain = site.get("/");
    for (name, value) in [("X-Secret", Some("1")), ("X-Pad", None), ("X-Accel-Expires", None), ("X-Open", Some("3"))] {
        assert_eq!(plain.field(name), value, "{name}");
    }
    let hidden = site.get("/hide");
    assert_eq!((hidden.field("X-Secret"), hidden.field("ETag"), hidden.field("X-Open")), (None, None, Some("3")));
    let passed = site.get("/pass");
    assert_eq!((passed.all("Server"), passed.field("X-Accel-Expires")), (vec!["origin"], Some("0")));
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(site.get("/pass").field("Server"), None, "what is passed stands for the proxy's own");
}

fn underscores_are_dropped_unless_allowed(site: &mut Site) {
    let request = "GET / HTTP/1.1\r\nHost: a\r\nX_Under: 1\r\n\r\n";
    site.ask(request);
    site.client_at("front1").ask(request);
    let requests = site.peer(0).requests();
    assert_eq!((requests[0].field("X_Under"), requests[1].field("X_Under")), (None, Some("1")));
}

fn the_site_that_is_asked_judges_underscores(site: &mut Site) {
    for host in ["underscores.example", "other.example"] {
        site.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\nX_Under: 1\r\nX-Usual: 2\r\n\r\n"));
    }
    let requests = site.peer(0).requests();
    assert_eq!((requests[0].field("X_Under"), requests[1].field("X_Under")), (Some("1"), None));
    assert_eq!(requests[1].field("X-Usual"), Some("2"));
}

fn a_field_is_a_variable(site: &mut Site) {
    let fields = "User-Agent: test\r\nX-Many: 1\r\nX-Many: 2\r\nCookie: a=b; session=s1; c=d\r\n";
    assert_eq!(site.get_with("/variable", fields).text(), "test|1, 2|s1|localhost");
    assert_eq!(site.get("/variable").text(), "|||localhost");
}

fn a_peers_field_is_a_variable(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 404 No\r\nContent-Length: 0\r\nX-Kind: odd\r\nSet-Cookie: id=7; Path=/\r\n\r\n");
    assert_eq!(site.get("/upstream").field("X-Seen"), Some("odd:404:7"));
}

fn of_a_peers_repeated_fields_the_first_counts(site: &mut Site) {
    let once = "Expires: a\r\nExpires: b\r\nETag: \"1\"\r\nETag: \"2\"\r\nContent-Type: x/y\r\nContent-Type: z/z\r\n";
    site.peer(0).reply(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{once}Vary: a\r\nVary: b\r\nX-Kind: 1\r\nX-Kind: 2\r\n\r\n"
    ));
    let response = site.get("/upstream");
    assert_eq!((response.all("Expires"), response.all("ETag")), (vec!["a"], vec!["\"1\""]));
    assert_eq!((response.all("Content-Type"), response.all("Vary")), (vec!["x/y"], vec!["a", "b"]));
    assert_eq!(response.field("X-Seen"), Some("1, 2:200:"));
    assert!(site.error_log().contains("upstream sent duplicate header line"));
}
