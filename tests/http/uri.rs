//! How a target is read: decoding, dot segments, merged slashes, arguments.

use testkit::{Setup, Site, cases, skip_on_nginx};

cases!(
    uri,
    setup,
    [
        paths_are_normalised,
        slashes_are_kept_when_configured,
        arguments_are_taken_apart,
        the_request_uri_stays_as_sent,
        an_absolute_target_is_taken_apart,
        an_asterisk_asks_the_proxy_itself,
        bytes_outside_ascii_pass_as_they_came,
        a_fragment_is_not_sent_on,
        escapes_are_written_back,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    server {
        listen {front};
        location / { return 200 "$uri"; }
        location /args { return 200 "$args|$arg_a|$arg_b|$is_args|$query_string"; }
        location /raw { return 200 "$request_uri"; }
        location /proxied/ { proxy_pass http://{peer0}/to/; }
        location /pass/ { proxy_pass http://{peer0}; }
    }
    server {
        listen {front1};
        merge_slashes off;
        location / { return 200 "$uri"; }
    }"#,
    )
}

fn check(site: &Site, table: &[(&str, &str)]) {
    for (target, expected) in table {
        assert_eq!(site.get(target).text(), *expected, "{target}");
    }
}

fn paths_are_normalised(site: &mut Site) {
    check(
        site,
        &[
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a//b///c", "/a/b/c"),
            ("//a", "/a"),
            ("/./a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/b/..", "/a/"),
            ("/a/b/.", "/a/b/"),
            ("/a/b/../", "/a/"),
            ("/a/b/../../c", "/c"),
            ("/a/.hidden", "/a/.hidden"),
            ("/a/...", "/a/..."),
            ("/a/..b", "/a/..b"),
            ("/%41%62c", "/Abc"),
            ("/a%2Fb", "/a/b"),
            ("/a%2fb", "/a/b"),
            ("/a/%2e%2e/b", "/b"),
            ("/a/%2E./b", "/b"),
            ("/a%20b", "/a b"),
            ("/a+b", "/a+b"),
            ("/a%3Fb?c", "/a?b"),
            ("/a%23b", "/a#b"),
            ("/a%25b", "/a%b"),
            ("/a%252e", "/a%2e"),
            ("/a;b=c", "/a;b=c"),
            ("/a:b@c", "/a:b@c"),
            ("/a\\b", "/a\\b"),
        ],
    );
}

fn slashes_are_kept_when_configured(site: &mut Site) {
    for (target, expected) in [("/a//b", "/a//b"), ("/a/..//b", "//b"), ("/a//../b", "/a/b")] {
        let mut client = site.client_at("front1");
        assert_eq!(client.ask(&format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")).text(), expected, "{target}");
    }
}

fn arguments_are_taken_apart(site: &mut Site) {
    check(
        site,
        &[
            ("/args", "||||"),
            ("/args?", "||||"),
            ("/args?a=1", "a=1|1||?|a=1"),
            ("/args?a=1&b=2", "a=1&b=2|1|2|?|a=1&b=2"),
            ("/args?b=2&a=%20", "b=2&a=%20|%20|2|?|b=2&a=%20"),
            ("/args?A=1", "A=1|1||?|A=1"),
            ("/args?xa=1&a=2", "xa=1&a=2|2||?|xa=1&a=2"),
            ("/args?a=1&a=2", "a=1&a=2|1||?|a=1&a=2"),
            ("/args?a", "a|||?|a"),
            ("/args?a=b=c", "a=b=c|b=c||?|a=b=c"),
            ("/args?a=1?b=2", "a=1?b=2|1?b=2||?|a=1?b=2"),
            ("/args?/../x//y", "/../x//y|||?|/../x//y"),
        ],
    );
}

fn the_request_uri_stays_as_sent(site: &mut Site) {
    check(site, &[("/raw//x/../raw/%41?a=%42", "/raw//x/../raw/%41?a=%42"), ("/raw?", "/raw?")]);
}

fn an_absolute_target_is_taken_apart(site: &mut Site) {
    check(
        site,
        &[
            ("http://host.example/a/b", "/a/b"),
            ("http://host.example", "/"),
            ("HTTP://host.example:80/a", "/a"),
            ("http://host.example/args?a=1", "a=1|1||?|a=1"),
            ("http://host.example?a=1", "/"),
        ],
    );
}

fn an_asterisk_asks_the_proxy_itself(site: &mut Site) {
    if skip_on_nginx("it answers 400") {
        return;
    }
    let response = site.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((response.status, response.field("Content-Length")), (200, Some("0")));
    assert_eq!(site.ask("GET * HTTP/1.1\r\nHost: a\r\n\r\n").status, 400);
    assert!(site.peer(0).requests().is_empty());
}

fn bytes_outside_ascii_pass_as_they_came(site: &mut Site) {
    site.get("/pass/caf\u{e9}?\u{e9}");
    assert_eq!(site.peer(0).request().target, "/pass/caf\u{e9}?\u{e9}");
}

fn a_fragment_is_not_sent_on(site: &mut Site) {
    if skip_on_nginx("it sends it") {
        return;
    }
    site.get("/pass/a?b#/../c");
    assert_eq!(site.peer(0).request().target, "/pass/a?b");
}

fn escapes_are_written_back(site: &mut Site) {
    let table = [
        ("/proxied/a%20b", "/to/a%20b"),
        ("/proxied/a%3Fb", "/to/a%3Fb"),
        ("/proxied/a%25b", "/to/a%25b"),
        ("/proxied/a%23b", "/to/a%23b"),
        ("/proxied/%41", "/to/A"),
        ("/proxied/%C3%A9", "/to/%C3%A9"),
        ("/proxied/a%2Fb", "/to/a/b"),
        ("/proxied/a+b;c=d:e@f", "/to/a+b;c=d:e@f"),
        ("/proxied/a//b", "/to/a/b"),
        ("/proxied/x/../y", "/to/y"),
        ("/proxied/?a=%20&b=+", "/to/?a=%20&b=+"),
    ];
    for (target, expected) in table {
        site.get(target);
        let requests = site.peer(0).requests();
        assert_eq!(requests.last().map(|request| request.target.as_str()), Some(expected), "{target}");
    }
}
