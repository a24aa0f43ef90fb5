//! Conditional requests and ranges (RFC 9110 §13, §14), for files and, where asked, for proxied responses.

use testkit::{Response, Setup, Site, cases};

cases!(
    conditional,
    setup,
    [
        an_unmodified_file_is_304,
        any_representation_that_is_known_is_304,
        a_modified_file_is_sent,
        a_matching_tag_is_304,
        a_failed_precondition_is_412,
        the_modified_rule_can_be_changed,
        tags_can_be_switched_off,
        a_range_is_206,
        many_ranges_are_multipart,
        a_range_beyond_the_end_is_416,
        an_unclear_range_is_passed_over,
        if_range_decides,
        ranges_can_be_forbidden,
        a_range_of_a_proxied_response_is_forced,
        a_range_passes_to_the_peer,
    ]
);

fn setup() -> Setup {
    Setup::server(
        "
        root html;
        location /text { return 200 text; }
        location /list/ { autoindex on; }
        location /before { if_modified_since before; }
        location /off { if_modified_since off; }
        location /untagged { etag off; }
        location /whole { max_ranges 0; }
        location /single { max_ranges 1; }
        location /forced { proxy_force_ranges on; proxy_pass http://{peer0}; }
        location /proxied { proxy_pass http://{peer0}; }",
    )
    .file("html/list/file", "")
    .file("html/file", "0123456789")
    .file("html/before", "0123456789")
    .file("html/off", "0123456789")
    .file("html/untagged", "0123456789")
    .file("html/whole", "0123456789")
    .file("html/single", "0123456789")
}

const LONG_AGO: &str = "Thu, 01 Jan 1998 00:00:00 GMT";
const FAR_OFF: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

fn modified(site: &Site) -> String {
    site.get("/file").field("Last-Modified").unwrap_or_default().to_owned()
}

fn tag(site: &Site) -> String {
    site.get("/file").field("ETag").unwrap_or_default().to_owned()
}

fn ask(site: &Site, path: &str, field: &str) -> Response {
    site.get_with(path, &format!("{field}\r\n"))
}

fn an_unmodified_file_is_304(site: &mut Site) {
    let response = ask(site, "/file", &format!("If-Modified-Since: {}", modified(site)));
    assert_eq!((response.status, response.body.len()), (304, 0));
    assert!(response.field("ETag").is_some() && response.field("Last-Modified").is_some());
    assert_eq!(response.field("Content-Type"), None);
}

fn a_modified_file_is_sent(site: &mut Site) {
    for date in [LONG_AGO, FAR_OFF, "yesterday"] {
        assert_eq!(ask(site, "/file", &format!("If-Modified-Since: {date}")).status, 200, "{date}");
    }
}

fn a_matching_tag_is_304(site: &mut Site) {
    let tag = tag(site);
    for tags in [tag.clone(), "*".to_owned(), format!("\"other\", {tag}"), format!("W/{tag}")] {
        assert_eq!(ask(site, "/file", &format!("If-None-Match: {tags}")).status, 304, "{tags}");
    }
    assert_eq!(ask(site, "/file", "If-None-Match: \"other\"").status, 200);
    // The tag decides before the date (RFC 9110 §13.2.2).
    let both = format!("If-None-Match: \"other\"\r\nIf-Modified-Since: {}", modified(site));
    assert_eq!(ask(site, "/file", &both).status, 200);
}

fn a_failed_precondition_is_412(site: &mut Site) {
    assert_eq!(ask(site, "/file", "If-Match: \"other\"").status, 412);
    assert_eq!(ask(site, "/file", &format!("If-Match: {}", tag(site))).status, 200);
    assert_eq!(ask(site, "/file", "If-Match: *").status, 200);
    assert_eq!(ask(site, "/file", &format!("If-Unmodified-Since: {LONG_AGO}")).status, 412);
    assert_eq!(ask(site, "/file", &format!("If-Unmodified-Since: {FAR_OFF}")).status, 200);
}

fn the_modified_rule_can_be_changed(site: &mut Site) {
    assert_eq!(ask(site, "/before", &format!("If-Modified-Since: {FAR_OFF}")).status, 304);
    assert_eq!(ask(site, "/before", &format!("If-Modified-Since: {LONG_AGO}")).status, 200);
    assert_eq!(ask(site, "/off", &format!("If-Modified-Since: {FAR_OFF}")).status, 200);
}

fn tags_can_be_switched_off(site: &mut Site) {
    assert_eq!(site.get("/untagged").field("ETag"), None);
}

fn a_range_is_206(site: &mut Site) {
    let table = [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=-20", "0123456789", "bytes 0-9/10"),
        ("bytes=5-100", "56789", "bytes 5-9/10"),
    ];
    for (range, body, content_range) in table {
        let response = ask(site, "/file", &format!("Range: {range}"));
        assert_eq!((response.status, response.text().as_str()), (206, body), "{range}");
        assert_eq!(response.field("Content-Range"), Some(content_range));
        assert_eq!(response.field("Content-Length"), Some(body.len().to_string().as_str()));
    }
}

fn many_ranges_are_multipart(site: &mut Site) {
    let response = ask(site, "/file", "Range: bytes=0-1,5-6");
    assert_eq!(response.status, 206);
    let kind = response.field("Content-Type").unwrap_or_default().to_owned();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap_or_else(|| panic!("{kind}"));
    let text = response.text();
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4, "{text}");
    assert!(parts[1].contains("Content-Range: bytes 0-1/10\r\n") && parts[1].ends_with("\r\n\r\n01\r\n"), "{text}");
    assert!(parts[2].contains("Content-Range: bytes 5-6/10\r\n") && parts[2].ends_with("\r\n\r\n56\r\n"), "{text}");
    assert_eq!(parts[3], "--\r\n");
}

fn a_range_beyond_the_end_is_416(site: &mut Site) {
    for range in ["bytes=10-", "bytes=20-30"] {
        let response = ask(site, "/file", &format!("Range: {range}"));
        assert_eq!((response.status, response.field("Content-Range")), (416, Some("bytes */10")), "{range}");
    }
}

fn an_unclear_range_is_passed_over(site: &mut Site) {
    let response = ask(site, "/file", "Range: lines=1-2");
    assert_eq!((response.status, response.text().as_str()), (200, "0123456789"));
}

fn if_range_decides(site: &mut Site) {
    let (tag, modified) = (tag(site), modified(site));
    for (validator, status) in [(tag.as_str(), 206), ("\"other\"", 200), (modified.as_str(), 206), (LONG_AGO, 200)] {
        let response = ask(site, "/file", &format!("Range: bytes=0-1\r\nIf-Range: {validator}"));
        assert_eq!(response.status, status, "{validator}");
    }
}

fn ranges_can_be_forbidden(site: &mut Site) {
    let whole = ask(site, "/whole", "Range: bytes=0-1");
    assert_eq!((whole.status, whole.field("Accept-Ranges")), (200, None));
    assert_eq!(ask(site, "/single", "Range: bytes=0-1,5-6").status, 200);
    assert_eq!(ask(site, "/single", "Range: bytes=0-1").status, 206);
}

fn a_range_of_a_proxied_response_is_forced(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
    let response = ask(site, "/forced", "Range: bytes=2-4");
    assert_eq!((response.status, response.text().as_str()), (206, "234"));
}

fn a_range_passes_to_the_peer(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 206 Partial\r\nContent-Length: 2\r\nContent-Range: bytes 0-1/10\r\n\r\n01");
    let response = ask(site, "/proxied", "Range: bytes=0-1");
    assert_eq!((response.status, response.field("Content-Range")), (206, Some("bytes 0-1/10")));
    assert_eq!(site.peer(0).request().field("Range"), Some("bytes=0-1"));
    assert_eq!(site.peer(0).request().field("If-Modified-Since"), None);
}

fn any_representation_that_is_known_is_304(site: &mut Site) {
    for path in ["/text", "/list/"] {
        assert_eq!(site.get_with(path, "If-None-Match: *\r\n").status, 304, "{path}");
        assert_eq!(site.get_with(path, "If-None-Match: \"a\"\r\n").status, 200, "{path}");
        assert_eq!(site.get_with(path, "If-Match: \"a\"\r\n").status, 412, "{path}");
    }
}
