//! `zaguan explain`: which site and location take a request, why the others do not, and where it goes.

use super::{prefix_with, run};
use testkit::skip_on_nginx;

const CONFIG: &str = r"events { }
http {
    upstream app { server 127.0.0.1:5000; }
    server {
        listen 8080;
        server_name first.example;
        location / { return 200 first; }
    }
    server {
        listen 8080;
        server_name second.example;
        location /api/ { proxy_pass http://app/v1/; }
        location ~ \.php$ { return 403; }
        location = /api/exact { return 204; }
        location / { return 200 second; }
    }
    limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/s;
    server {
        listen 8080;
        server_name third.example;
        location / {
            limit_req zone=slow burst=3;
            satisfy any;
            allow 192.0.2.0/24;
            deny all;
            auth_basic realm;
            auth_basic_user_file users;
            auth_request /asked;
        }
        location /token { auth_jwt realm; auth_jwt_key_file keys.json; }
    }
}
";

/// What is said about a request; `None` where the binary under test has no such command.
fn explain(request: &str) -> Option<String> {
    if skip_on_nginx("it has no such command") {
        return None;
    }
    let prefix = prefix_with(CONFIG);
    let finished = run(&["explain", "-c", &prefix.path().join("nginx.conf").display().to_string(), request]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    Some(finished.stdout)
}

fn says(request: &str, parts: &[&str]) {
    let Some(said) = explain(request) else { return };
    for part in parts {
        assert!(said.contains(part), "{part:?} in what is said of {request}:\n{said}");
    }
}

#[test]
fn the_site_and_location_are_named_with_their_places() {
    says(
        "GET http://second.example:8080/api/users?x=y",
        &["second.example", "nginx.conf:9", "/api/", "nginx.conf:12", "app", "/v1/users?x=y"],
    );
}

#[test]
fn what_is_asked_before_is_told_with_its_place() {
    says(
        "GET http://third.example:8080/file",
        &[
            "the rate of zone \"slow\" by $binary_remote_addr, 3 at once  ",
            "nginx.conf:17",
            "one of these, not all:",
            "its address: allows 192.0.2.0/24, denies all",
            "nginx.conf:24",
            "a user of users for \"realm\"",
            "nginx.conf:26",
            "what /asked answers",
            "nginx.conf:28",
        ],
    );
    says("GET http://third.example:8080/token", &["a token signed with a key of keys.json", "nginx.conf:30"]);
}

#[test]
fn the_losers_have_reasons() {
    says(
        "GET http://second.example:8080/api/users",
        &["nginx.conf:13", "nginx.conf:14", "nginx.conf:15", "first.example"],
    );
}

#[test]
fn expressions_and_exact_paths_win() {
    says("GET http://second.example:8080/api/x.php", &["nginx.conf:13", "403"]);
    says("GET http://second.example:8080/api/exact", &["nginx.conf:14", "204"]);
}

#[test]
fn a_redirect_to_the_slash_asks_no_server() {
    let Some(said) = explain("GET http://second.example:8080/api") else { return };
    assert!(said.contains("redirect to /api/") && !said.contains("\nasked for"), "{said}");
}

#[test]
fn what_is_asked_for_is_told_as_it_is_sent() {
    says("GET http://second.example:8080/api/a%20b/", &["asked for /v1/a%20b/"]);
}

#[test]
fn programs_get_lines() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let prefix = prefix_with(CONFIG);
    let path = prefix.path().join("nginx.conf").display().to_string();
    let said = run(&["explain", "--json", "-c", &path, "GET http://second.example:8080/api/users"]).stdout;
    let places = format!(r#""location":{{"file":"{path}","line":12,"name":"/api/"}}"#);
    assert!(said.contains(&places) && said.contains(r#""line":9,"name":"second.example""#), "{said}");
}

#[test]
fn an_unknown_host_goes_to_the_first_site() {
    says("GET http://unknown.example:8080/", &["nginx.conf:4", "nginx.conf:7"]);
}

#[test]
fn nonsense_is_a_usage_error() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let prefix = prefix_with(CONFIG);
    let path = prefix.path().join("nginx.conf").display().to_string();
    assert_eq!(run(&["explain", "-c", &path, "not a request at all"]).code, Some(2));
    assert_eq!(run(&["explain"]).code, Some(2));
}
