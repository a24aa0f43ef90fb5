//! Parts of a page that other places of the site answer with: commands in bodies, and what is put around them.

use testkit::{Setup, Site, cases};

cases!(
    includes,
    setup,
    [
        a_part_is_put_in,
        parts_are_asked_for_at_once,
        variables_are_written_and_set,
        conditions_choose_what_is_written,
        expressions_capture,
        a_block_stands_in_for_what_is_missing,
        an_answer_is_kept_in_a_variable,
        dates_are_written_as_configured,
        what_is_malformed_is_told,
        a_page_that_includes_itself_ends,
        a_page_is_compressed_whole,
        other_answers_are_put_around_a_body,
    ]
);

fn setup() -> Setup {
    let mut setup = Setup::http(
        r#"
    types { text/html html; }
    server {
        listen {front};
        root html;
        ssi on;
        location / { }
        location /silent/ { ssi_silent_errors on; alias html/; }
        location /gzip/ { gzip on; alias html/; }
        location /peer/ { proxy_pass http://{peer0}; }
        location /around/ { alias html/; add_before_body /before; add_after_body /peer/after; }
        location /before { return 200 "before $args;"; }
        location /own { return 200 "own $arg_a"; }
        location /nothing { return 204; }
    }"#,
    );
    for (name, content) in [
        ("part", "x<!--#include virtual=\"/own?a=$arg_b\" -->y<!--# include file=\"plain.html\" -->z"),
        ("plain", "plain"),
        ("two", "<!--#include virtual=\"/peer/1\" -->-<!--#include virtual=\"/peer/2\" -->"),
        (
            "echo",
            "<!--#set var=\"v\" value=\"<$arg_a>\" --><!--#echo var=\"v\" -->|<!--#echo var='v' encoding='none' -->|\
             <!--#echo var=\"V\" encoding=\"url\" -->|<!--#echo var=\"no\" -->|<!--#echo var=\"no\" default=\"d\" -->",
        ),
        (
            "if",
            "<!--#if expr=\"$arg_a = one\" -->1<!--#elif expr=\"$arg_a != two\" -->other\
             <!--#else -->2<!--#if expr=\"$arg_b\" -->b<!--#endif --><!--#endif -->.",
        ),
        (
            "regex",
            "<!--#if expr=\"$arg_a = /^(\\w)(?<rest>\\d+)$/\" --><!--#echo var=\"1\" -->,<!--#echo var=\"rest\" --><!--#endif -->",
        ),
        (
            "stub",
            "<!--#block name=\"b\" -->[<!--#echo var=\"arg_x\" -->]<!--#endblock -->\
             <!--#include virtual=\"/missing?x=1\" stub=\"b\" --><!--#include virtual=\"/nothing?x=2\" stub=\"b\" -->\
             <!--#include virtual=\"/own?a=3\" stub=\"b\" -->",
        ),
        ("keep", "<!--#include virtual=\"/peer/kept\" set=\"k\" -->kept: <!--#echo var=\"k\" -->"),
        ("date", "<!--#config timefmt=\"at %s\" --><!--#echo var=\"date_gmt\" -->"),
        ("bad", "a<!--#echo nothing -->b<!--#config errmsg=\"oh\" --><!--#unknown -->c<!-- comment --><"),
        ("self", "s<!--#include virtual=\"/self.html\" -->"),
    ] {
        setup = setup.file(&format!("html/{name}.html"), content);
    }
    setup
}

fn check(site: &Site, path: &str, expected: &str) {
    let response = site.get(path);
    assert_eq!((response.status, response.text().as_str()), (200, expected), "{path}");
}

fn a_part_is_put_in(site: &mut Site) {
    check(site, "/part.html?b=B", "xown Byplainz");
    let response = site.get("/part.html");
    assert_eq!((response.field("Last-Modified"), response.field("ETag")), (None, None));
    assert_eq!((response.field("Content-Length"), response.field("Accept-Ranges")), (None, None));
}

fn parts_are_asked_for_at_once(site: &mut Site) {
    // Neither is answered before both have come.
    let shared = std::sync::Arc::new(std::sync::Barrier::new(2));
    site.peer(0).script(move |conversation| {
        shared.wait();
        let body = conversation.request().line().to_owned();
        conversation.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    });
    let text = site.get("/two.html").text();
    assert!(text.starts_with("GET /peer/1 ") && text.contains("-GET /peer/2 "), "{text}");
}

fn variables_are_written_and_set(site: &mut Site) {
    check(site, "/echo.html?a=b", "&lt;b&gt;|<b>|%3Cb%3E|(none)|d");
}

fn conditions_choose_what_is_written(site: &mut Site) {
    check(site, "/if.html?a=one", "1.");
    check(site, "/if.html?a=three", "other.");
    check(site, "/if.html?a=two", "2.");
    check(site, "/if.html?a=two&b=1", "2b.");
}

fn expressions_capture(site: &mut Site) {
    check(site, "/regex.html?a=x12", "x,12");
    check(site, "/regex.html?a=12x", "");
}

fn a_block_stands_in_for_what_is_missing(site: &mut Site) {
    check(site, "/stub.html", "[1][2]own 3");
}

fn an_answer_is_kept_in_a_variable(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na&b");
    check(site, "/keep.html", "kept: a&amp;b");
}

fn dates_are_written_as_configured(site: &mut Site) {
    let text = site.get("/date.html").text();
    let seconds: u64 = text.strip_prefix("at ").unwrap().parse().unwrap();
    assert!(seconds > 1_700_000_000, "{text}");
}

fn what_is_malformed_is_told(site: &mut Site) {
    check(site, "/bad.html", "a[an error occurred while processing the directive]bohc<!-- comment --><");
    check(site, "/silent/bad.html", "abc<!-- comment --><");
}

fn a_page_that_includes_itself_ends(site: &mut Site) {
    let text = site.get("/self.html").text();
    assert!(text.len() > 10 && text.len() < 100 && text.bytes().all(|byte| byte == b's'), "{text}");
    assert!(site.error_log().contains("subrequests cycle"));
}

fn a_page_is_compressed_whole(site: &mut Site) {
    let response = site.get_with("/gzip/part.html?b=B", "Accept-Encoding: gzip\r\n");
    assert_eq!(response.field("Content-Encoding"), Some("gzip"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(response.body.as_slice()), &mut text).unwrap();
    assert_eq!(text, "xown Byplainz");
}

fn other_answers_are_put_around_a_body(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n;after");
    check(site, "/around/plain.html?q", "before ;plain;after");
    let missing = site.get("/around/missing");
    assert!(missing.status == 404 && !missing.text().contains("before"));
    let head = site.ask("HEAD /around/plain.html HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((head.status, head.body.len()), (200, 0));
}
