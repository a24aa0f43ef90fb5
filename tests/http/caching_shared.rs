//! What must never be kept, or given to others than those whom it is for; and what tells one thing that is kept from another.

use testkit::{Setup, Site, cases};

cases!(
    caching_shared,
    setup,
    [
        what_shows_who_asks_is_for_others_only_where_it_says_so,
        what_is_private_is_not_kept_by_either_rules,
        a_cookie_is_set_for_one_only,
        fields_of_a_connection_are_not_kept,
        another_host_is_another_answer,
        a_field_that_tells_another_host_or_path_is_part_of_the_key,
        a_path_is_kept_as_it_was_asked_for,
        an_absolute_form_names_its_host,
        two_hosts_are_none,
        all_that_varies_is_not_kept,
        a_query_is_part_of_the_key,
        a_coding_that_nobody_knows_is_neither_kept_nor_passed_on,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    proxy_cache_path cache keys_zone=one:1m;
    server {
        listen {front};
        add_header X-Cache $upstream_cache_status;
        proxy_set_header Host $http_host;
        proxy_cache one;
        location / { proxy_pass http://{peer0}; proxy_cache_rules rfc9111; }
        location /operator/ { proxy_pass http://{peer0}; proxy_cache_valid 200 1m; }
    }",
    )
    .open_directory("cache")
}

/// Asks for a path with some fields; what the cache had to do with the answer, and its body.
fn ask(site: &Site, path: &str, fields: &str) -> (String, String) {
    let answer = site.ask(&format!("GET {path} HTTP/1.1\r\n{fields}Connection: close\r\n\r\n"));
    (answer.field("X-Cache").unwrap_or_default().to_owned(), answer.text())
}

/// Two requests with these fields, whose answers are to be kept apart; each is kept.
#[track_caller]
fn apart(site: &Site, requests: [(&str, &str); 2]) {
    for ((path, fields), body) in requests.into_iter().zip(["first", "second"]) {
        site.peer(0).reply_with("Cache-Control: max-age=60\r\n", body);
        assert_eq!(ask(site, path, fields), ("MISS".into(), body.into()), "{path} {fields}");
    }
    site.peer(0).reply_with("", "neither");
    for ((path, fields), body) in requests.into_iter().zip(["first", "second"]) {
        assert_eq!(ask(site, path, fields), ("HIT".into(), body.into()), "{path} {fields}");
    }
}

/// An answer with these fields is fetched for each who asks.
#[track_caller]
fn never_kept(site: &Site, path: &str, asking: &str, fields: &str) {
    site.peer(0).reply_with(fields, "mine");
    for _ in 0..2 {
        assert_eq!(ask(site, path, &format!("Host: a\r\n{asking}")), ("MISS".into(), "mine".into()), "{path} {fields}");
    }
    site.peer(0).reply_with("", "another's");
    assert_eq!(ask(site, path, "Host: a\r\n").1, "another's", "{path} {fields}");
}

fn what_shows_who_asks_is_for_others_only_where_it_says_so(site: &mut Site) {
    const WHO: &str = "Authorization: Basic eDp5\r\n";
    never_kept(site, "/who/0", WHO, "Cache-Control: max-age=60\r\n");
    for (number, allows) in ["public, max-age=60", "s-maxage=60", "max-age=60, must-revalidate"].iter().enumerate() {
        let path = format!("/who/allowed/{number}");
        site.peer(0).reply_with(&format!("Cache-Control: {allows}\r\n"), "everybody's");
        assert_eq!(ask(site, &path, &format!("Host: a\r\n{WHO}")).0, "MISS");
        assert_eq!(ask(site, &path, "Host: a\r\n"), ("HIT".into(), "everybody's".into()), "{allows}");
    }
}

fn what_is_private_is_not_kept_by_either_rules(site: &mut Site) {
    for place in ["/standard", "/operator/x"] {
        for (number, says) in
            ["private, max-age=60", "no-store, max-age=60", "PRIVATE=\"x\", max-age=60"].iter().enumerate()
        {
            never_kept(site, &format!("{place}/private/{number}"), "", &format!("Cache-Control: {says}\r\n"));
        }
    }
    never_kept(site, "/standard/asked", "Cache-Control: no-store\r\n", "Cache-Control: max-age=60\r\n");
}

fn a_cookie_is_set_for_one_only(site: &mut Site) {
    never_kept(site, "/operator/cookie", "", "Cache-Control: max-age=60\r\nSet-Cookie: a=b\r\n");
}

fn fields_of_a_connection_are_not_kept(site: &mut Site) {
    for path in ["/connection", "/operator/connection"] {
        let own = "Connection: keep-alive, X-Own\r\nX-Own: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\n";
        site.peer(0).reply_with(&format!("{own}X-All: 1\r\nCache-Control: max-age=60\r\n"), "body");
        for status in ["MISS", "HIT"] {
            let answer = site.get(path);
            assert_eq!((answer.field("X-Cache"), answer.field("X-All")), (Some(status), Some("1")), "{path}");
            for name in ["X-Own", "Keep-Alive", "Proxy-Connection"] {
                assert_eq!(answer.field(name), None, "{path} {status}: {name}");
            }
        }
    }
}

fn another_host_is_another_answer(site: &mut Site) {
    apart(site, [("/host", "Host: one.test\r\n"), ("/host", "Host: two.test\r\n")]);
    apart(site, [("/port", "Host: one.test\r\n"), ("/port", "Host: one.test:81\r\n")]);
    site.peer(0).reply_with("Cache-Control: max-age=60\r\n", "same");
    assert_eq!(ask(site, "/case", "Host: One.Test\r\n").0, "MISS");
    assert_eq!(
        ask(site, "/case", "Host: oNE.tEST\r\n"),
        ("HIT".into(), "same".into()),
        "letters have no case in a host"
    );
}

fn a_field_that_tells_another_host_or_path_is_part_of_the_key(site: &mut Site) {
    for name in [
        "Forwarded",
        "X-Forwarded-Host",
        "X-Forwarded-Path",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "x-forwarded-proto",
        "X-Forwarded-Scheme",
        "X-Forwarded-Server",
        "X-Forwarded-URI",
        "X-Host",
        "X-HTTP-Method-Override",
        "X-Original-Host",
        "X-Original-URL",
        "X-Rewrite-URL",
    ] {
        let path = format!("/told/{name}");
        apart(site, [(&path, &format!("Host: a\r\n{name}: evil.test\r\n")), (&path, "Host: a\r\n")]);
    }
}

fn a_path_is_kept_as_it_was_asked_for(site: &mut Site) {
    apart(site, [("/path/x/../y", "Host: a\r\n"), ("/path/y", "Host: a\r\n")]);
    apart(site, [("/path/%7Euser", "Host: a\r\n"), ("/path/~user", "Host: a\r\n")]);
    apart(site, [("/path//double", "Host: a\r\n"), ("/path/double", "Host: a\r\n")]);
    apart(site, [("/path/a%2Fb", "Host: a\r\n"), ("/path/a/b", "Host: a\r\n")]);
}

fn an_absolute_form_names_its_host(site: &mut Site) {
    apart(site, [("http://inner.test/form", "Host: outer.test\r\n"), ("/form", "Host: outer.test\r\n")]);
    assert_eq!(ask(site, "/form", "Host: inner.test\r\n"), ("HIT".into(), "first".into()));
}

fn two_hosts_are_none(site: &mut Site) {
    let before = site.peer(0).requests().len();
    let raw = site.raw("GET /two HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n");
    assert!(raw.starts_with("HTTP/1.1 400 "), "{raw}");
    assert_eq!(site.peer(0).requests().len(), before);
}

fn all_that_varies_is_not_kept(site: &mut Site) {
    for place in ["/varies", "/operator/varies"] {
        never_kept(site, place, "", "Vary: *\r\nCache-Control: max-age=60\r\n");
        never_kept(site, &format!("{place}/too"), "", "Vary: Accept, *\r\nCache-Control: max-age=60\r\n");
    }
}

fn a_query_is_part_of_the_key(site: &mut Site) {
    apart(site, [("/query?a=1", "Host: a\r\n"), ("/query?a=2", "Host: a\r\n")]);
    apart(site, [("/query", "Host: a\r\n"), ("/query?", "Host: a\r\n")]);
}

fn a_coding_that_nobody_knows_is_neither_kept_nor_passed_on(site: &mut Site) {
    let answer = |fields: &str| format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n{fields}\r\nall there is");
    site.peer(0).reply_and_close(answer("Transfer-Encoding: unheard-of\r\n"));
    for status in ["MISS", "HIT"] {
        let answer = site.get("/coding/unknown");
        assert_eq!((answer.field("X-Cache"), answer.text().as_str()), (Some(status), "all there is"));
        assert_ne!(answer.field("Transfer-Encoding"), Some("unheard-of"));
    }
    // What may be read in two ways, or cannot be read at all, is refused as ever.
    for (number, fields) in
        ["unheard-of\r\nContent-Length: 5", "gzip", "unheard-of, chunked", "un\theard"].iter().enumerate()
    {
        site.peer(0).reply_and_close(answer(&format!("Transfer-Encoding: {fields}\r\n")));
        assert_eq!(site.get(&format!("/coding/{number}")).status, 502, "{fields}");
    }
    site.peer(0).reply_and_close(answer("Transfer-Encoding: unheard-of\r\n"));
    assert_eq!(site.get("/operator/coding").status, 502, "nginx's rules refuse it");
}
