//! Bodies that are changed on their way: compression, decompression, replacement of text, character sets.

use std::io::Read as _;

use testkit::{Response, Setup, Site, cases, eventually};

cases!(
    filters,
    setup,
    [
        what_the_client_takes_is_sent_compressed,
        the_coding_that_is_liked_best_is_chosen,
        what_is_not_worth_it_stays_as_it_is,
        requests_through_proxies_are_compressed_by_rule,
        compressed_files_lie_ready,
        gzip_is_opened_for_those_who_do_not_take_it,
        gzip_that_is_cut_short_breaks_off,
        how_much_smaller_a_body_became_is_logged,
        what_comes_unbuffered_is_compressed_at_once,
        text_is_replaced,
        text_is_replaced_across_pieces,
        sets_of_characters_are_named,
        characters_are_written_in_another_set,
    ]
);

fn setup() -> Setup {
    let page = "line of a page that repeats itself\n".repeat(2000);
    Setup::http(
        r"
    types { text/html html; text/plain txt; }
    charset_map koi8-r utf-8 { C1 D0B0; C2 D0B1; }
    charset_map A B { 61 62; }
    log_format ratio '$uri $gzip_ratio';
    access_log ratio.log ratio;
    server {
        listen {front};
        root html;
        location /all/ {
            alias html/; gzip on; brotli on; zstd on; gzip_vary on;
            gzip_types text/plain; gzip_min_length 10;
        }
        location /via/ { alias html/; gzip on; gzip_proxied expired no-cache; add_header Cache-Control $arg_cc; }
        location /ready/ { alias html/; gzip_static on; gzip_vary on; }
        location /open/ { gunzip on; proxy_pass http://{peer0}; }
        location /stream/ { gzip on; gzip_types *; proxy_buffering off; proxy_pass http://{peer0}; }
        location /sub/ {
            alias html/; sub_filter_once off; sub_filter ab 1; sub_filter abc 2; sub_filter ' ' '';
        }
        location /once/ { alias html/; sub_filter b X; sub_filter_types text/plain; sub_filter_last_modified on; }
        location /pieces/ { sub_filter_types *; sub_filter needle pin; proxy_pass http://{peer0}; }
        location /named/ { alias html/; charset utf-8; }
        location /utf8/ { alias html/; charset utf-8; source_charset koi8-r; }
        location /koi8/ { alias html/; charset koi8-r; source_charset utf-8; }
        location /bytes/ { alias html/; charset B; source_charset A; }
    }",
    )
    .file("html/page.html", page.as_str())
    .file("html/short.txt", "short")
    .file("html/ready.html", "as it is")
    .file("html/ready.html.gz", gzip(b"compressed before"))
    .file("html/abc.html", "ab abc ABC Ab")
    .file("html/abc.txt", "ab abc")
    .file("html/koi8.html", b"a\xC1\xC2\xFFb".as_slice())
    .file("html/utf8.html", "aаб€b")
    .file("html/letters.html", "banana")
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzEncoder::new(text, flate2::Compression::default()).read_to_end(&mut out).unwrap();
    out
}

fn gunzip(bytes: &[u8]) -> String {
    let mut out = String::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_string(&mut out).unwrap();
    out
}

fn take(site: &Site, path: &str, codings: &str) -> Response {
    site.get_with(path, &format!("Accept-Encoding: {codings}\r\n"))
}

fn coding(response: &Response) -> Option<&str> {
    response.field("Content-Encoding")
}

fn what_the_client_takes_is_sent_compressed(site: &mut Site) {
    let plain = site.get("/all/page.html");
    assert_eq!((coding(&plain), plain.field("Vary")), (None, Some("Accept-Encoding")));
    for name in ["gzip", "br", "zstd"] {
        let response = take(site, "/all/page.html", name);
        assert_eq!((response.status, coding(&response)), (200, Some(name)));
        assert_eq!(response.field("Vary"), Some("Accept-Encoding"));
        assert!(response.field("ETag").is_some_and(|tag| tag.starts_with("W/\"")), "{name}");
        assert_eq!((response.field("Content-Length"), response.field("Accept-Ranges")), (None, None), "{name}");
        assert!(response.body.len() < plain.body.len() / 10, "{name}");
        let opened = match name {
            "gzip" => gunzip(&response.body),
            "br" => {
                let mut out = String::new();
                brotli::Decompressor::new(response.body.as_slice(), 4096).read_to_string(&mut out).unwrap();
                out
            }
            _ => String::from_utf8(zstd::decode_all(response.body.as_slice()).unwrap()).unwrap(),
        };
        assert_eq!(opened, plain.text(), "{name}");
    }
}

fn the_coding_that_is_liked_best_is_chosen(site: &mut Site) {
    for (accepted, expected) in [
        ("gzip, br, zstd", Some("br")),
        ("gzip, zstd", Some("zstd")),
        ("gzip, br;q=0.5", Some("gzip")),
        ("gzip;q=0.1, br;q=0, zstd;q=0.2", Some("zstd")),
        ("gzip;q=0", None),
        ("deflate", None),
        ("identity", None),
    ] {
        assert_eq!(coding(&take(site, "/all/page.html", accepted)), expected, "{accepted}");
    }
}

fn what_is_not_worth_it_stays_as_it_is(site: &mut Site) {
    for path in ["/all/short.txt", "/page.html", "/ready/page.html"] {
        let response = take(site, path, "gzip");
        assert_eq!((response.status, coding(&response)), (200, None), "{path}");
    }
    let old = site.raw("GET /all/page.html HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
    assert!(!old.contains("Content-Encoding"));
    let head = site.ask("HEAD /all/page.html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_eq!((coding(&head), head.body.len()), (Some("gzip"), 0));
    // Part of a compressed body is of no use to anybody: ranges are not cut.
    let part = site.get_with("/all/page.html", "Accept-Encoding: gzip\r\nRange: bytes=0-9\r\n");
    assert_eq!((part.status, coding(&part)), (200, Some("gzip")));
}

fn requests_through_proxies_are_compressed_by_rule(site: &mut Site) {
    for (path, expected) in [
        ("/via/page.html", Some("gzip")),
        ("/via/page.html?cc=no-cache", Some("gzip")),
        ("/via/page.html?cc=private", None),
    ] {
        let response = site.get_with(path, "Accept-Encoding: gzip\r\nVia: 1.1 other\r\n");
        assert_eq!(coding(&response), expected, "{path}");
    }
    let response = site.get_with("/all/page.html", "Accept-Encoding: gzip\r\nVia: 1.1 other\r\n");
    assert_eq!(coding(&response), None);
}

fn compressed_files_lie_ready(site: &mut Site) {
    let response = take(site, "/ready/ready.html", "gzip");
    assert_eq!((coding(&response), response.field("Content-Type")), (Some("gzip"), Some("text/html")));
    assert_eq!(
        (gunzip(&response.body).as_str(), response.field("Vary")),
        ("compressed before", Some("Accept-Encoding"))
    );
    let response = site.get("/ready/ready.html");
    assert_eq!((response.text().as_str(), response.field("Vary")), ("as it is", Some("Accept-Encoding")));
}

fn answer(body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nETag: \"x\"\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn gzip_is_opened_for_those_who_do_not_take_it(site: &mut Site) {
    let text = "0123456789abcdef".repeat(20_000);
    let twice = [gzip(text.as_bytes()), gzip(b"and another")].concat();
    site.peer(0).reply(answer(&twice));
    let response = site.get("/open/a");
    assert_eq!((coding(&response), response.field("ETag")), (None, Some("W/\"x\"")));
    assert!(response.text() == format!("{text}and another"));
    let response = take(site, "/open/a", "gzip");
    assert_eq!((coding(&response), response.field("ETag")), (Some("gzip"), Some("\"x\"")));
    assert!(response.body == twice);
}

fn gzip_that_is_cut_short_breaks_off(site: &mut Site) {
    let whole = gzip("text that is long enough".repeat(50).as_bytes());
    site.peer(0).reply(answer(&whole[..whole.len() / 2]));
    let mut client = site.client();
    client.send("GET /open/a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 200"));
    let rest = client.read_to_end();
    assert!(!rest.ends_with(b"0\r\n\r\n"));
}

fn what_comes_unbuffered_is_compressed_at_once(site: &mut Site) {
    site.peer(0).script(|conversation| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/a\r\nTransfer-Encoding: chunked\r\n\r\n";
        conversation.send(format!("{head}5\r\nfirst\r\n"));
        conversation.wait_for_close();
    });
    let mut client = site.client();
    client.send("GET /stream/ HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    assert!(client.head().contains("Content-Encoding: gzip"));
    // What has come must be readable before the rest comes: at the end of a flush stand these bytes.
    let mut received = Vec::new();
    while !received.windows(4).any(|end| end == [0, 0, 0xff, 0xff]) {
        received.extend(client.read_exactly(1));
    }
}

fn text_is_replaced(site: &mut Site) {
    let response = site.get("/sub/abc.html");
    assert_eq!((response.text().as_str(), response.field("Last-Modified")), ("11c1C1", None));
    assert_eq!((response.field("ETag"), response.field("Content-Length")), (None, None));
    let other = site.get("/sub/abc.txt");
    assert_eq!((other.text().as_str(), other.field("Content-Length")), ("ab abc", Some("6")));
    let once = site.get("/once/abc.txt");
    assert_eq!(once.text(), "aX abc");
    assert!(once.field("Last-Modified").is_some() && once.field("ETag").is_some_and(|tag| tag.starts_with("W/")));
}

fn text_is_replaced_across_pieces(site: &mut Site) {
    site.peer(0).reply(
        "HTTP/1.1 200 OK\r\nContent-Type: text/a\r\nTransfer-Encoding: chunked\r\n\r\n\
         5\r\na nee\r\n4\r\nneed\r\n6\r\nle end\r\n3\r\nnee\r\n0\r\n\r\n",
    );
    assert_eq!(site.get("/pieces/").text(), "a neepin endnee");
}

fn sets_of_characters_are_named(site: &mut Site) {
    assert_eq!(site.get("/named/page.html").field("Content-Type"), Some("text/html; charset=utf-8"));
    let missing = site.get("/named/missing");
    assert_eq!((missing.status, missing.field("Content-Type")), (404, Some("text/html; charset=utf-8")));
}

fn characters_are_written_in_another_set(site: &mut Site) {
    let response = site.get("/utf8/koi8.html");
    assert_eq!((response.text().as_str(), response.field("Content-Type")), ("aаб?b", Some("text/html; charset=utf-8")));
    assert_eq!(site.get("/koi8/utf8.html").body, b"a\xC1\xC2&#8364;b");
    let response = site.get("/bytes/letters.html");
    assert_eq!((response.text().as_str(), response.field("Content-Length")), ("bbnbnb", Some("6")));
    let part = site.get_with("/bytes/letters.html", "Range: bytes=1-3\r\n");
    assert_eq!((part.status, part.text().as_str()), (206, "bnb"));
}

fn how_much_smaller_a_body_became_is_logged(site: &mut Site) {
    let (plain, small) = (site.get("/all/page.html?plain"), take(site, "/all/page.html", "gzip"));
    let ratio = plain.body.len() * 1000 / small.body.len();
    let hundredths = (ratio + 5) / 10;
    let expected = format!("/all/page.html {}.{:02}\n", hundredths / 100, hundredths % 100);
    eventually("both are logged", || {
        let log = site.prefix().read("ratio.log");
        log.contains("/all/page.html -\n") && log.contains(&expected)
    });
}
