//! Answers of the proxy's own: `return`, `error_page`, `add_header`, `expires`, `try_files`.

use testkit::{Setup, Site, cases};

cases!(
    returns,
    setup,
    [
        return_gives_status_and_text,
        return_redirects,
        return_444_says_nothing,
        a_page_may_lead_on_in_place_of_a_redirect,
        a_redirect_is_made_absolute,
        an_error_page_is_served,
        an_error_page_may_change_the_status,
        an_error_page_may_be_a_named_location,
        an_error_page_may_be_elsewhere,
        an_error_page_is_not_the_file_that_was_asked_for,
        a_text_may_speak_of_its_status,
        a_missing_file_is_missing_for_post_too,
        a_peers_errors_are_intercepted_when_configured,
        an_error_within_an_error_page_is_plain,
        fields_are_added_by_status,
        fields_are_inherited_whole,
        expires_sets_both_fields,
        try_files_tries_in_order,
        try_files_ends_with_a_fallback,
        the_built_in_pages_name_the_status,
    ]
);

fn setup() -> Setup {
    Setup::http(&[SITE, ERRORS, FIELDS, TRIES, "    }"].concat())
        .file("html/methods/file", "for GET alone")
        .file("html/e404.html", "own page for $status")
        .file("html/tried/a", "file a")
        .file("html/tried/b.html", "file b")
        .file("html/tried/dir/index.html", "dir index")
        .file("html/tried/default", "default file")
}

const SITE: &str = r#"
    map $arg_kind $lifetime { default off; long 1h; past -1; top max; none epoch; }
    server {
        listen {front};
        server_name named.example;
        location /text { return 200 "text of $uri\n"; }
        location /status { return 204; }
        location /teapot { return 418 short; }
        location /own-status { return 418 "this is $status"; }
        location /typed { default_type application/json; return 200 "{}"; }
        location /moved { return 301 http://other.example$request_uri; }
        location /found { return 302 /relative?x; }
        location /url { return http://other.example/; }
        location /permanent { return 308 /p; }
        location /refresh { msie_refresh on; return 301 '/to "%'; }
        location /relative { absolute_redirect off; return 302 /r; }
        location /portless { port_in_redirect off; return 302 /r; }
        location /server-name { server_name_in_redirect on; return 302 /r; }
        location /nothing { return 444; }
"#;

const ERRORS: &str = r#"
        root html;
        location /page { error_page 404 /e404.html; }
        location /plain-page { error_page 403 404 /e404.html; return 403; }
        location /as-200 { error_page 404 =200 /e404.html; }
        location /as-answer { error_page 404 = /answer; }
        location /answer { return 202 "answer $uri"; }
        location /named { error_page 404 = @fallback; }
        location @fallback { proxy_pass http://{peer0}; }
        location /elsewhere { error_page 404 http://other.example/lost; }
        location /elsewhere-301 { error_page 404 =301 http://other.example/lost; }
        location /intercepted { proxy_intercept_errors on; error_page 503 404 /e404.html; proxy_pass http://{peer0}; }
        location /passed { error_page 503 404 /e404.html; proxy_pass http://{peer0}; }
        location /missing-page { error_page 404 /none-such.html; }
        location /dead { error_page 502 =503 /e404.html; proxy_pass http://{nobody}; }
        location /methods { error_page 405 = @fallback; }
"#;

const FIELDS: &str = r#"
        location /fields {
            add_header X-One "1 $uri";
            add_header X-Always 2 always;
            add_header X-Empty "";
            add_header X-One again;
            location /fields/inner { add_header X-Inner 3; return 200 inner; }
            location /fields/bare { return 200 bare; }
            location /fields/error { return 503; }
            return 200 outer;
        }
        location /expires/hour { expires 1h; return 200 x; }
        location /expires/past { expires -1; return 200 x; }
        location /expires/epoch { expires epoch; return 200 x; }
        location /expires/max { expires max; return 200 x; }
        location /expires/variable { expires $lifetime; return 200 x; }
        location /expires/error { expires 1h; return 503; }
"#;

const TRIES: &str = r"
        location /try/ { try_files /tried/$arg_f /tried/$arg_f.html /tried/$arg_f/ /tried/default; }
        location /try-status { try_files $uri =404; }
        location /try-418 { try_files /none =418; }
        location /try-named { try_files $uri @fallback; }
        location /try-uri { try_files $uri /text?from=$uri; }
        location /try-alias/ { alias {prefix}/html/tried/; try_files $uri $uri.html =404; }
";

fn return_gives_status_and_text(site: &mut Site) {
    let response = site.get("/text/a%20b");
    assert_eq!((response.status, response.text().as_str()), (200, "text of /text/a b\n"));
    assert_eq!(response.field("Content-Type"), Some("text/plain"));
    let empty = site.get("/status");
    assert_eq!((empty.status, empty.field("Content-Length"), empty.body.len()), (204, None, 0));
    let teapot = site.get("/teapot");
    assert_eq!((teapot.status, teapot.text().as_str()), (418, "short"));
    assert_eq!(site.get("/typed").field("Content-Type"), Some("application/json"));
    assert_eq!(site.post("/text", "a body that no one reads").status, 200);
}

fn return_redirects(site: &mut Site) {
    let table = [("/moved?a=b", 301, "http://other.example/moved?a=b"), ("/url", 302, "http://other.example/")];
    for (path, status, location) in table {
        let response = site.get(path);
        assert_eq!((response.status, response.field("Location")), (status, Some(location)), "{path}");
    }
    assert_eq!(site.get("/permanent").status, 308);
}

fn return_444_says_nothing(site: &mut Site) {
    assert_eq!(site.raw("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"), "");
}

fn a_page_may_lead_on_in_place_of_a_redirect(site: &mut Site) {
    let response = site.get_with("/refresh", "User-Agent: Mozilla/4.0 (compatible; MSIE 8.0)\r\n");
    assert_eq!((response.status, response.field("Location")), (200, None));
    assert!(response.text().contains("content=\"0; URL=/to%20%22%25\""), "{}", response.text());
    let response = site.get_with("/refresh", "User-Agent: Mozilla/5.0 Gecko/2010 Firefox/4\r\n");
    assert_eq!(response.status, 301);
}

fn a_redirect_is_made_absolute(site: &mut Site) {
    let port = testkit::PORT;
    let table = [
        ("/found", format!("http://asked.example:{port}/relative?x")),
        ("/relative", "/r".to_owned()),
        ("/portless", "http://asked.example/r".to_owned()),
        ("/server-name", format!("http://named.example:{port}/r")),
    ];
    for (path, expected) in table {
        assert_eq!(site.get_host("asked.example", path).field("Location"), Some(expected.as_str()), "{path}");
    }
}

fn an_error_page_is_served(site: &mut Site) {
    for (path, status) in [("/page", 404), ("/plain-page", 403), ("/dead", 503)] {
        let response = site.get(path);
        assert_eq!((response.status, response.text().as_str()), (status, "own page for $status"), "{path}");
    }
}

fn an_error_page_may_change_the_status(site: &mut Site) {
    assert_eq!(site.get("/as-200").status, 200);
    let response = site.get("/as-answer");
    assert_eq!((response.status, response.text().as_str()), (202, "answer /answer"));
}

fn an_error_page_may_be_a_named_location(site: &mut Site) {
    let response = site.get("/named/x?y");
    assert_eq!((response.status, response.field("X-Peer")), (200, Some("peer0")));
    assert_eq!(site.peer(0).request().target, "/named/x?y");
    // The fallback of a refused method sees the method and body as they came.
    assert_eq!(site.post("/methods/file", "body").status, 200);
    let request = site.peer(0).requests()[1].clone();
    assert_eq!((request.method.as_str(), request.text().as_str()), ("POST", "body"));
}

fn an_error_page_may_be_elsewhere(site: &mut Site) {
    for (path, status) in [("/elsewhere", 302), ("/elsewhere-301", 301)] {
        let response = site.get(path);
        assert_eq!((response.status, response.field("Location")), (status, Some("http://other.example/lost")));
    }
}

fn a_peers_errors_are_intercepted_when_configured(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nRetry-After: 9\r\n\r\nbusy");
    let response = site.get("/intercepted");
    assert_eq!((response.status, response.text().as_str()), (503, "own page for $status"));
    let response = site.get("/passed");
    assert_eq!((response.status, response.text().as_str(), response.field("Retry-After")), (503, "busy", Some("9")));
    site.peer(0).reply("HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone");
    assert_eq!(site.get("/intercepted").text(), "gone");
}

fn an_error_page_is_not_the_file_that_was_asked_for(site: &mut Site) {
    let page = site.get("/page");
    assert_eq!((page.status, page.field("Last-Modified")), (404, None));
    let served = site.get("/as-200");
    assert!(served.status == 200 && served.field("Last-Modified").is_some(), "{}", served.head);
}

fn a_text_may_speak_of_its_status(site: &mut Site) {
    assert_eq!(site.get("/own-status").text(), "this is 418");
}

fn a_missing_file_is_missing_for_post_too(site: &mut Site) {
    assert_eq!(site.post("/methods/none", "body").status, 404);
}

fn an_error_within_an_error_page_is_plain(site: &mut Site) {
    let response = site.get("/missing-page");
    assert_eq!(response.status, 404);
    assert!(response.text().contains("404 Not Found"), "{}", response.text());
}

fn fields_are_added_by_status(site: &mut Site) {
    let response = site.get("/fields");
    assert_eq!(response.all("X-One"), ["1 /fields", "again"]);
    assert_eq!((response.field("X-Always"), response.field("X-Empty")), (Some("2"), None));
    let response = site.get("/fields/error");
    assert_eq!((response.field("X-One"), response.field("X-Always")), (None, Some("2")));
}

fn fields_are_inherited_whole(site: &mut Site) {
    let inner = site.get("/fields/inner");
    assert_eq!((inner.field("X-Inner"), inner.field("X-One")), (Some("3"), None));
    assert_eq!(site.get("/fields/bare").all("X-One").len(), 2);
}

fn expires_sets_both_fields(site: &mut Site) {
    let table = [
        ("hour", Some("max-age=3600")),
        ("past", Some("no-cache")),
        ("epoch", Some("no-cache")),
        ("max", Some("max-age=315360000")),
        ("variable", None),
        ("variable?kind=long", Some("max-age=3600")),
        ("variable?kind=past", Some("no-cache")),
        ("variable?kind=top", Some("max-age=315360000")),
        ("error", None),
    ];
    for (path, control) in table {
        let response = site.get(&format!("/expires/{path}"));
        assert_eq!(response.field("Cache-Control"), control, "{path}");
        assert_eq!(response.field("Expires").is_some(), control.is_some(), "{path}");
    }
    assert_eq!(site.get("/expires/epoch").field("Expires"), Some("Thu, 01 Jan 1970 00:00:01 GMT"));
    assert_eq!(site.get("/expires/max").field("Expires"), Some("Thu, 31 Dec 2037 23:55:55 GMT"));
}

fn try_files_tries_in_order(site: &mut Site) {
    let table = [
        ("/try/?f=a", 200, "file a"),
        ("/try/?f=b", 200, "file b"),
        ("/try/?f=none", 200, "default file"),
        ("/try-alias/a", 200, "file a"),
        ("/try-alias/b", 200, "file b"),
    ];
    for (path, status, body) in table {
        let response = site.get(path);
        assert_eq!((response.status, response.text().as_str()), (status, body), "{path}");
    }
}

fn try_files_ends_with_a_fallback(site: &mut Site) {
    assert_eq!(site.get("/try-status/x").status, 404);
    assert_eq!(site.get("/try-418").status, 418);
    assert_eq!(site.get("/try-uri/x").text(), "text of /text\n");
    site.get("/try-named/x?y=z");
    assert_eq!(site.peer(0).request().target, "/try-named/x?y=z");
}

fn the_built_in_pages_name_the_status(site: &mut Site) {
    let response = site.get("/none");
    assert_eq!((response.status, response.field("Content-Type")), (404, Some("text/html")));
    assert!(response.text().contains("<title>404 Not Found</title>"), "{}", response.text());
}
