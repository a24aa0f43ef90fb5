//! The configuration that people put before a Flask application runs as it stands.

use testkit::{Setup, Site, cases, websocket};

cases!(
    nginx_before_flask,
    setup,
    [
        the_application_learns_who_asked,
        forwarded_for_grows,
        a_post_keeps_its_body,
        an_upgrade_becomes_a_tunnel,
        a_prefix_is_passed_on,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    server {
        listen      {front};
        server_name example.com www.example.com;
        location / {
            proxy_pass http://{peer0};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Forwarded-Port $server_port;
        }
        location /sua_rota { proxy_pass http://{peer0}/sua_rota; }
    }"#,
    )
}

fn the_application_learns_who_asked(site: &mut Site) {
    let response = site.get_host("www.example.com", "/pages?a=1");
    assert_eq!(response.status, 200);
    let request = site.peer(0).request();
    assert_eq!(request.line(), "GET /pages?a=1 HTTP/1.1");
    let expected = [
        ("Connection", "upgrade"),
        ("Host", "www.example.com"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", "www.example.com"),
        ("X-Forwarded-Port", &testkit::PORT.to_string()),
    ];
    for (name, value) in expected {
        assert_eq!(request.all(name), [value], "{name} in {}", request.head);
    }
    assert_eq!(request.field("Upgrade"), None, "an empty value sends no field: {}", request.head);
}

fn forwarded_for_grows(site: &mut Site) {
    site.get_with("/", "X-Forwarded-For: 203.0.113.7\r\n");
    assert_eq!(site.peer(0).request().all("X-Forwarded-For"), ["203.0.113.7, 127.0.0.1"]);
}

fn a_post_keeps_its_body(site: &mut Site) {
    let mut client = site.client();
    let response = client.ask("POST /form HTTP/1.1\r\nHost: example.com\r\nContent-Length: 11\r\n\r\nname=Zaguan");
    assert_eq!(response.status, 200);
    let request = site.peer(0).request();
    assert_eq!((request.text().as_str(), request.field("Content-Length")), ("name=Zaguan", Some("11")));
}

fn an_upgrade_becomes_a_tunnel(site: &mut Site) {
    site.peer(0).script(websocket::echo);
    let mut client = site.client();
    client.send("GET /socket HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(site.peer(0).request().field("Upgrade"), Some("websocket"));
    for message in ["first", "second"] {
        client.send(websocket::masked_text(message));
        assert_eq!(websocket::read_text(client.wire()).unwrap(), message);
    }
}

fn a_prefix_is_passed_on(site: &mut Site) {
    site.get_host("example.com", "/sua_rota/1?x=y");
    let request = site.peer(0).request();
    assert_eq!(request.line(), "GET /sua_rota/1?x=y HTTP/1.1");
    assert_eq!(request.field("Host"), Some(site.peer(0).address().as_str()));
}
