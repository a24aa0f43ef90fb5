//! What a peer says of its own place is turned into ours: `proxy_redirect` and the cookie directives.

use testkit::{Setup, Site, cases};

cases!(
    proxy_redirect,
    setup,
    [
        by_default_a_location_is_turned_back,
        other_locations_pass,
        rules_are_tried_in_order,
        expressions_capture,
        off_passes_all,
        refresh_is_turned_too,
        cookies_change_domain_and_path,
        cookies_get_flags,
        spaces_in_cookies_do_not_matter,
        what_no_rule_changes_stays_as_it_is,
        rules_heed_the_case_of_letters,
        a_domains_dot_stays,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r"
    server {
        listen {front};
        server_name here.example;
        location /one/ { proxy_pass http://{peer0}/two/; }
        location /rules/ {
            proxy_redirect http://first.example/ http://$host/first/;
            proxy_redirect http://second.example/ /second/;
            proxy_redirect /relative/ /turned/;
            proxy_pass http://{peer0};
        }
        location /expressions/ {
            proxy_redirect ~^http://(?<name>\w+)\.example/(.*)$ /by/$name/$2;
            proxy_redirect ~*^/CASE/(.*)$ /case/$1;
            proxy_pass http://{peer0};
        }
        location /off/ { proxy_redirect off; proxy_pass http://{peer0}/two/; }
        location /cookies/ {
            proxy_cookie_domain inner.example $host;
            proxy_cookie_domain ~\.(?<zone>\w+)\.test$ $zone.example;
            proxy_cookie_path /app/ /;
            proxy_cookie_path ~*^/API/(.*)$ /v1/$1;
            proxy_pass http://{peer0};
        }
        location /flags/ {
            proxy_cookie_flags session secure httponly samesite=strict;
            proxy_cookie_flags ~^track nosecure nosamesite;
            proxy_pass http://{peer0};
        }
    }",
    )
}

fn turned(site: &Site, path: &str, name: &str, value: &str) -> String {
    site.peer(0).reply(format!("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n{name}: {value}\r\n\r\n"));
    let response = site.get_host("here.example", path);
    response.field(name).unwrap_or_default().to_owned()
}

fn by_default_a_location_is_turned_back(site: &mut Site) {
    let location = format!("http://{}/two/page?x", site.peer(0).address());
    let expected = format!("http://here.example:{}/one/page?x", testkit::PORT);
    let answer = turned(site, "/one/", "Location", &location);
    assert_eq!(answer, expected);
}

fn other_locations_pass(site: &mut Site) {
    for location in ["http://other.example/two/page", "/two/page", "page", "https://here.example/"] {
        assert_eq!(turned(site, "/one/", "Location", location), location);
    }
}

fn rules_are_tried_in_order(site: &mut Site) {
    let table = [
        ("http://first.example/a", "http://here.example/first/a"),
        ("http://third.example/a", "http://third.example/a"),
    ];
    for (location, expected) in table {
        assert_eq!(turned(site, "/rules/", "Location", location), expected);
    }
    // A rule that gives a path gets the site's own name and port before it (`absolute_redirect`).
    for (location, path) in [("http://second.example/a", "/second/a"), ("/relative/a", "/turned/a")] {
        let expected = format!("http://here.example:{}{path}", testkit::PORT);
        assert_eq!(turned(site, "/rules/", "Location", location), expected);
    }
}

fn expressions_capture(site: &mut Site) {
    let table = [("http://shop.example/a/b", "/by/shop/a/b"), ("/Case/x", "/case/x"), ("/other", "/other")];
    for (location, expected) in table {
        assert!(turned(site, "/expressions/", "Location", location).ends_with(expected), "{location}");
    }
}

fn off_passes_all(site: &mut Site) {
    let location = format!("http://{}/two/page", site.peer(0).address());
    assert_eq!(turned(site, "/off/", "Location", &location), location);
}

fn refresh_is_turned_too(site: &mut Site) {
    let refresh = "5; url=http://second.example/a";
    let answer = turned(site, "/rules/", "Refresh", refresh);
    assert!(answer.starts_with("5; url=") && answer.ends_with("/second/a"), "{answer}");
}

fn cookies_change_domain_and_path(site: &mut Site) {
    let table = [
        ("a=1; Domain=inner.example; Path=/app/x", "a=1; Domain=here.example; Path=/x"),
        ("a=1; Domain=.inner.example", "a=1; Domain=.here.example"),
        ("a=1; domain=x.shop.test; path=/api/y; Secure", "a=1; domain=shop.example; path=/v1/y; Secure"),
        ("a=1; Domain=other.example; Path=/else", "a=1; Domain=other.example; Path=/else"),
        ("a=1", "a=1"),
    ];
    for (cookie, expected) in table {
        assert_eq!(turned(site, "/cookies/", "Set-Cookie", cookie), expected);
    }
}

fn cookies_get_flags(site: &mut Site) {
    let table = [
        ("session=1; Path=/", "session=1; Path=/; Secure; HttpOnly; SameSite=Strict"),
        ("session=1; SameSite=Lax", "session=1; Secure; HttpOnly; SameSite=Strict"),
        ("tracker=1; Secure; SameSite=None; HttpOnly", "tracker=1; HttpOnly"),
        ("other=1; Secure", "other=1; Secure"),
    ];
    for (cookie, expected) in table {
        let answer = turned(site, "/flags/", "Set-Cookie", cookie);
        let sorted = |text: &str| {
            let mut parts: Vec<String> = text.split("; ").map(str::to_ascii_lowercase).collect();
            parts[1..].sort();
            parts
        };
        assert_eq!(sorted(&answer), sorted(expected));
    }
}

fn spaces_in_cookies_do_not_matter(site: &mut Site) {
    let turned = turned(site, "/cookies/", "Set-Cookie", "a=1;DOMAIN = inner.example ; Path = /app/x;Max-Age=5");
    assert_eq!(turned, "a=1; DOMAIN=here.example; Path=/x; Max-Age=5");
}

fn what_no_rule_changes_stays_as_it_is(site: &mut Site) {
    for (path, cookie) in [("/cookies/", "a=1;Domain = else.example;x"), ("/flags/", "other=1;samesite=None ;y")] {
        assert_eq!(turned(site, path, "Set-Cookie", cookie), cookie);
    }
    assert_eq!(turned(site, "/flags/", "Set-Cookie", "session; Path=/"), "session; Path=/", "no cookie at all");
}

fn rules_heed_the_case_of_letters(site: &mut Site) {
    let other = "http://FIRST.example/x";
    assert_eq!(turned(site, "/rules/", "Location", other), other);
    assert_eq!(turned(site, "/cookies/", "Set-Cookie", "a=1; Path=/APP/x"), "a=1; Path=/APP/x");
}

fn a_domains_dot_stays(site: &mut Site) {
    let turned = turned(site, "/cookies/", "Set-Cookie", "a=1; Domain=.Inner.example");
    assert_eq!(turned, "a=1; Domain=.here.example");
}
