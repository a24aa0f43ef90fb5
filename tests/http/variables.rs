//! What the built-in variables say.

use testkit::{Setup, Site, cases};

cases!(
    variables,
    setup,
    [
        the_connection_is_told,
        the_request_is_told,
        the_length_of_a_request_is_known_while_it_is_served,
        the_site_is_told,
        the_time_is_told,
        the_body_is_told,
        the_upstream_is_told,
        the_response_is_told,
        requests_have_ids,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    log_format all '$request_uri|$bytes_sent|$body_bytes_sent|$request_length|$request_time|$status|$sent_http_x_sent|'
                   '$upstream_addr|$upstream_status|$upstream_response_length|$upstream_response_time|$upstream_bytes_received|';
    server {
        listen {front};
        server_name named.example;
        root html;
        access_log access.log all;
        location /connection { return 200 "$remote_addr|$server_addr|$server_port|$scheme|$server_protocol|$https|$connection_requests|$proxy_add_x_forwarded_for"; }
        location /numbers { return 200 "$remote_port|$connection|$pid|$msec|$nginx_version|$hostname"; }
        location /request { return 200 "$request|$request_method|$request_uri|$uri|$document_uri|$http_host|$host|$content_type|$content_length|$is_args|$args"; }
        location /length { return 200 $request_length; }
        location /site/ { return 200 "$server_name|$document_root|$request_filename|$realpath_root|$request_completion"; }
        location /times { return 200 "$time_local|$time_iso8601"; }
        location /id { return 200 "$request_id|$request_id"; }
        location /body { proxy_set_header X-Body $request_body; proxy_pass http://{peer0}; }
        location /proxied { proxy_pass http://{peer0}; add_header X-Sent "$upstream_addr $proxy_host $proxy_port"; }
        location /sent { add_header X-Sent sent; return 200 1234; }
    }"#,
    )
}

fn the_connection_is_told(site: &mut Site) {
    let front = site.front().host();
    let mut client = site.client();
    for n in 1..3 {
        let response = client.ask("GET /connection HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
        let expected = format!("127.0.0.1|{front}|{}|http|HTTP/1.1||{n}|192.0.2.1, 127.0.0.1", testkit::PORT);
        assert_eq!(response.text(), expected);
    }
    let port = client.wire().local_address().port().to_string();
    let text = client.ask("GET /numbers HTTP/1.1\r\nHost: a\r\n\r\n").text();
    let numbers: Vec<&str> = text.split('|').collect();
    assert_eq!(numbers[0], port);
    assert!(numbers[1].parse::<u64>().is_ok() && numbers[2].parse::<u32>().is_ok(), "{text}");
    assert!(numbers[3].split_once('.').is_some_and(|(s, ms)| s.len() == 10 && ms.len() == 3), "{text}");
    assert!(!numbers[4].is_empty() && !numbers[5].is_empty(), "{text}");
}

fn the_request_is_told(site: &mut Site) {
    let head = "POST /request/%41?a=b HTTP/1.1\r\nHost: Host.Example:81\r\nContent-Type: text/x\r\nContent-Length: 2\r\n\r\nok";
    let expected = "POST /request/%41?a=b HTTP/1.1|POST|/request/%41?a=b|/request/A|/request/A|Host.Example:81|host.example|text/x|2|?|a=b";
    assert_eq!(site.ask(head).text(), expected);
    assert_eq!(
        site.ask("GET /request HTTP/1.0\r\n\r\n").text(),
        "GET /request HTTP/1.0|GET|/request|/request|/request||named.example||||"
    );
}

fn the_site_is_told(site: &mut Site) {
    let root = format!("{}/html", site.prefix().path().display());
    let text = site.get_host("any", "/site/x").text();
    assert_eq!(text, format!("named.example|{root}|{root}/site/x||"));
}

fn the_time_is_told(site: &mut Site) {
    let text = site.get("/times").text();
    let (local, iso) = text.split_once('|').unwrap();
    // 21/Nov/2026:12:00:00 +0000 and 2026-11-21T12:00:00+00:00
    let shape = |text: &str| -> String { text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect() };
    let (local, iso) = (shape(local), shape(iso));
    let (day, rest) = local.split_once('/').unwrap();
    let (month, time) = rest.split_once('/').unwrap();
    let named = month.len() == 3 && month.chars().all(char::is_alphabetic);
    let zoned = ["0000:00:00:00 +0000", "0000:00:00:00 -0000"].contains(&time);
    assert!(day == "00" && named && zoned, "{local}");
    assert!(["0000-00-00T00:00:00+00:00", "0000-00-00T00:00:00-00:00"].contains(&&*iso), "{iso}");
}

fn the_body_is_told(site: &mut Site) {
    site.post("/body", "small body");
    assert_eq!(site.peer(0).request().field("X-Body"), Some("small body"));
}

fn logged(site: &Site, path: &str) -> Vec<String> {
    let mut line = String::new();
    testkit::eventually("a line in the access log", || {
        let log = site.prefix().read("access.log");
        let found = log.lines().find(|line| line.starts_with(&format!("{path}|")));
        line.push_str(found.unwrap_or_default());
        found.is_some()
    });
    line.split('|').map(str::to_owned).collect()
}

fn the_upstream_is_told(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 201 Fine\r\nContent-Length: 5\r\n\r\n12345");
    let response = site.get("/proxied/x");
    let address = site.peer(0).address();
    let expected = format!("{address} {address} {}", testkit::PORT);
    assert_eq!(response.field("X-Sent"), Some(expected.as_str()));
    let line = logged(site, "/proxied/x");
    assert_eq!((line[7].as_str(), line[8].as_str(), line[9].as_str()), (address.as_str(), "201", "5"));
    assert!(line[10].parse::<f64>().is_ok_and(|time| time < 5.0), "{line:?}");
    assert_eq!(line[11], "45");
}

fn the_response_is_told(site: &mut Site) {
    let request = "GET /sent HTTP/1.1\r\nHost: a\r\n\r\n";
    let response = site.ask(request);
    let line = logged(site, "/sent");
    let total = response.head.len() + 4;
    assert_eq!(line[1..4], [total.to_string(), "4".to_owned(), request.len().to_string()], "{line:?}");
    assert_eq!((line[5].as_str(), line[6].as_str()), ("200", "sent"));
    assert_eq!((line[7].as_str(), line[8].as_str()), ("-", "-"));
    assert!(line[4].len() == 5 && line[4].parse::<f64>().is_ok(), "{line:?}");
}

fn requests_have_ids(site: &mut Site) {
    let ids = [site.get("/id").text(), site.get("/id").text()];
    let (first, again) = ids[0].split_once('|').unwrap();
    assert!(first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit()), "{first}");
    assert_eq!(first, again);
    assert_ne!(ids[0], ids[1]);
}

fn the_length_of_a_request_is_known_while_it_is_served(site: &mut Site) {
    let request = "GET /length HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(site.ask(request).text(), request.len().to_string());
}
