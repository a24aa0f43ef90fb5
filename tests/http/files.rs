//! Files: `root`, `alias`, `index`, types, what is not there.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use testkit::{Setup, Site, cases};

cases!(
    files,
    setup,
    [
        a_file_is_served_whole,
        an_alias_replaces_the_prefix,
        an_index_is_found,
        a_directory_without_index_is_403,
        a_directory_without_slash_is_redirected,
        types_follow_the_extension,
        what_is_not_there_is_404,
        what_may_not_be_read_is_403,
        a_path_never_leaves_the_root,
        other_methods_are_refused,
        a_body_of_a_get_is_passed_over,
        links_are_followed,
        links_are_not_followed_where_that_is_forbidden,
        large_files_come_whole,
        what_is_asked_behind_a_large_file_comes_after_it,
        a_part_of_a_large_file_comes_exactly,
        a_file_that_becomes_shorter_while_it_is_sent_ends_the_connection,
        a_client_that_stops_reading_a_file_is_let_go,
        a_client_that_reads_slowly_gets_all_of_a_file,
        an_empty_file_is_empty,
        variables_choose_the_root,
    ]
);

fn setup() -> Setup {
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 253) as u8).collect();
    Setup::http(
        r#"
    types { text/html html htm; image/png png; text/css css; }
    default_type application/x-own;
    server {
        listen {front};
        root html;
        location /alias/ { alias {prefix}/elsewhere/; }
        location ~ ^/captured/(.*)$ { alias {prefix}/elsewhere/$1; }
        location /stalled/ { send_timeout 200ms; }
        location /indexed/ { index first.html $arg_i.html /fallback; }
        location /fallback { return 200 "fallback $uri"; }
        location /types/ { types { application/json json; } default_type text/x-inner; }
        location /nolinks/ { disable_symlinks on; alias html/; }
        location /partly/ { disable_symlinks on from={prefix}/html; alias html/; try_files $uri $uri/ =404; }
        location /owned/ { disable_symlinks if_not_owner; alias html/; }
        location /variable/ { root {prefix}/$arg_root; }
    }
    server { listen {front1} sndbuf=64k; send_timeout 200ms; }"#,
    )
    .file("html/a.html", "page a")
    .file("html/x.unknown", "x")
    .file("html/PICTURE.PNG", "png")
    .file("html/noextension", "none")
    .file("html/indexed/chosen.html", "chosen index")
    .file("html/sub/index.html", "sub index")
    .file("html/bare/file", "")
    .file("html/types/x.json", "{}")
    .file("html/types/x.html", "inner")
    .file("html/empty", "")
    .file("html/secret", "secret")
    .file("html/a b.html", "space")
    .file("html/large", large)
    .file("elsewhere/b.html", "page b")
    .file("elsewhere/sub/c.html", "page c")
    .file("one/variable/f", "root one")
    .file("two/variable/f", "root two")
    .file("outside", "outside")
}

fn check(site: &Site, table: &[(&str, u16, &str)]) {
    for (path, status, body) in table {
        let response = site.get(path);
        assert_eq!(response.status, *status, "{path}");
        if *status == 200 {
            assert_eq!(response.text(), *body, "{path}");
        }
    }
}

fn a_file_is_served_whole(site: &mut Site) {
    let response = site.get("/a.html?query");
    assert_eq!((response.status, response.text().as_str()), (200, "page a"));
    assert_eq!(response.field("Content-Length"), Some("6"));
    assert_eq!(response.field("Accept-Ranges"), Some("bytes"));
    let modified = response.field("Last-Modified").unwrap_or_default();
    assert!(modified.ends_with(" GMT") && modified.len() == 29, "{modified}");
    let tag = response.field("ETag").unwrap_or_default();
    assert!(tag.starts_with('"') && tag.ends_with("-6\""), "{tag}");
    check(site, &[("/a%20b.html", 200, "space")]);
}

fn an_alias_replaces_the_prefix(site: &mut Site) {
    check(
        site,
        &[
            ("/alias/b.html", 200, "page b"),
            ("/alias/sub/c.html", 200, "page c"),
            ("/alias/none", 404, ""),
            ("/captured/b.html", 200, "page b"),
            ("/captured/sub/c.html", 200, "page c"),
        ],
    );
}

fn an_index_is_found(site: &mut Site) {
    check(
        site,
        &[
            ("/sub/", 200, "sub index"),
            ("/indexed/?i=chosen", 200, "chosen index"),
            ("/indexed/", 200, "fallback /fallback"),
        ],
    );
}

fn a_directory_without_index_is_403(site: &mut Site) {
    check(site, &[("/bare/", 403, "")]);
}

fn a_directory_without_slash_is_redirected(site: &mut Site) {
    let response = site.get("/sub?a=b");
    let location = response.field("Location").unwrap_or_default().to_owned();
    assert_eq!(response.status, 301);
    assert_eq!(location, format!("http://localhost:{}/sub/?a=b", testkit::PORT));
}

fn types_follow_the_extension(site: &mut Site) {
    let table = [
        ("/a.html", "text/html"),
        ("/PICTURE.PNG", "image/png"),
        ("/x.unknown", "application/x-own"),
        ("/noextension", "application/x-own"),
        ("/types/x.json", "application/json"),
        ("/types/x.html", "text/x-inner"),
    ];
    for (path, expected) in table {
        assert_eq!(site.get(path).field("Content-Type"), Some(expected), "{path}");
    }
}

fn what_is_not_there_is_404(site: &mut Site) {
    check(site, &[("/none", 404, ""), ("/none/none", 404, ""), ("/a.html/x", 404, ""), ("/a.html/", 404, "")]);
    assert!(site.error_log().contains("/html/none\" failed (2: No such file or directory)"));
}

fn what_may_not_be_read_is_403(site: &mut Site) {
    let secret = site.prefix().path().join("html/secret");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).unwrap();
    let privileged = std::fs::read(&secret).is_ok();
    let status = site.get("/secret").status;
    // The workers have given up the privileges that this test may have.
    assert_eq!(status, 403, "privileged: {privileged}");
}

fn a_path_never_leaves_the_root(site: &mut Site) {
    for path in
        ["/../outside", "/sub/../../outside", "/%2e%2e/outside", "/sub/%2e%2e/%2e%2e/outside", "/alias/../../outside"]
    {
        let response = site.get(path);
        assert!(response.status == 400 || response.status == 404, "{path}: {}", response.status);
    }
    check(site, &[("/sub/../a.html", 200, "page a"), ("/alias../outside", 404, "")]);
}

fn other_methods_are_refused(site: &mut Site) {
    assert_eq!(site.post("/a.html", "x").status, 405);
    for method in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(site.ask(&format!("{method} /a.html HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")).status, 405);
    }
}

fn a_body_of_a_get_is_passed_over(site: &mut Site) {
    let mut client = site.client();
    client
        .send("GET /a.html HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbodyGET /empty HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "page a");
    assert_eq!(client.response().status, 200);
}

fn links_are_not_followed_where_that_is_forbidden(site: &mut Site) {
    let html = site.prefix().path().join("html");
    std::fs::create_dir_all(html.join("real")).unwrap();
    std::fs::write(html.join("real/file"), "real").unwrap();
    symlink("real/file", html.join("forbidden-link")).unwrap();
    symlink("real", html.join("forbidden-directory")).unwrap();
    check(
        site,
        &[
            ("/nolinks/real/file", 200, "real"),
            ("/nolinks/forbidden-link", 403, ""),
            ("/nolinks/forbidden-directory/file", 403, ""),
            ("/nolinks/missing", 404, ""),
            ("/partly/real/file", 200, "real"),
            ("/partly/forbidden-link", 404, ""),
            ("/owned/forbidden-link", 200, "real"),
            ("/forbidden-directory/file", 200, "real"),
        ],
    );
}

fn links_are_followed(site: &mut Site) {
    let root = site.prefix().path().join("html");
    symlink(root.join("a.html"), root.join("link")).unwrap();
    check(site, &[("/link", 200, "page a")]);
}

fn large_files_come_whole(site: &mut Site) {
    let expected = std::fs::read(site.prefix().path().join("html/large")).unwrap();
    let mut client = site.client();
    for _ in 0..2 {
        let response = client.ask("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(response.body == expected, "{} bytes", response.body.len());
    }
}

fn what_is_asked_behind_a_large_file_comes_after_it(site: &mut Site) {
    // More than two sockets hold: the server has to wait for room.
    let expected: Vec<u8> = (0..24_u32 << 20).map(|n| (n % 251) as u8).collect();
    site.prefix().write("html/huge", &expected);
    let mut client = site.client();
    for path in ["/huge", "/a.html", "/huge", "/none"] {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    assert!(client.response().body == expected);
    assert_eq!(client.response().text(), "page a");
    assert!(client.response().body == expected);
    assert_eq!(client.response().status, 404);
}

fn a_part_of_a_large_file_comes_exactly(site: &mut Site) {
    let expected = std::fs::read(site.prefix().path().join("html/large")).unwrap();
    for (first, last) in [(0, 999_999), (1, 131_072), (131_073, 2_999_999), (2_900_000, 2_999_998)] {
        let response = site.get_with("/large", &format!("Range: bytes={first}-{last}\r\n"));
        assert_eq!(response.status, 206);
        assert!(response.body == expected[first..=last], "{first}-{last}: {} bytes", response.body.len());
    }
}

fn a_file_that_becomes_shorter_while_it_is_sent_ends_the_connection(site: &mut Site) {
    const SIZE: u64 = 64 << 20;
    let file = std::fs::File::create(site.prefix().path().join("html/shrinking")).unwrap();
    file.set_len(SIZE).unwrap();
    let mut client = site.client();
    client.send("GET /shrinking HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(client.head().contains(&format!("Content-Length: {SIZE}")));
    file.set_len(1000).unwrap();
    let received = client.read_to_end_or_reset();
    assert!((received.len() as u64) < SIZE, "{} bytes", received.len());
    check(site, &[("/a.html", 200, "page a")]);
}

fn a_client_that_stops_reading_a_file_is_let_go(site: &mut Site) {
    const SIZE: usize = 64 << 20;
    site.prefix().write("html/stalled/all", vec![b'x'; SIZE]);
    let mut client = site.client();
    client.send("GET /stalled/all HTTP/1.1\r\nHost: a\r\n\r\n");
    site.server().wait_for_log("client timed out");
    let received = client.read_to_end_or_reset();
    assert!(received.len() < SIZE, "{} bytes", received.len());
}

fn a_client_that_reads_slowly_gets_all_of_a_file(site: &mut Site) {
    // What the kernel is given at a time takes longer than the timeout; pieces of it do not. The smaller file is given at once.
    const PIECE: usize = 128 << 10;
    let never = testkit::Gate::new();
    for size in [1 << 20, 3 << 20] {
        site.prefix().write("html/slowly", vec![b'x'; size]);
        let mut client = site.client_at("front1");
        client.send("GET /slowly HTTP/1.1\r\nHost: a\r\n\r\n");
        for piece in 0..size / PIECE {
            never.wait_at_most(Duration::from_millis(60));
            assert!(client.wire().read_exactly(PIECE).is_ok(), "piece {piece} of {size} bytes");
        }
    }
}

fn an_empty_file_is_empty(site: &mut Site) {
    let response = site.get("/empty");
    assert_eq!((response.status, response.field("Content-Length")), (200, Some("0")));
}

fn variables_choose_the_root(site: &mut Site) {
    check(
        site,
        &[
            ("/variable/f?root=one", 200, "root one"),
            ("/variable/f?root=two", 200, "root two"),
            ("/variable/f?root=three", 404, ""),
        ],
    );
}
