//! Directories without an index, files at random, an empty image, and cookies that tell clients apart.

use testkit::{Setup, Site, cases};

cases!(
    listings,
    setup,
    [
        a_directory_is_listed_as_a_page,
        names_are_escaped_and_cut,
        a_directory_is_listed_as_records,
        a_callback_must_be_a_name,
        what_cannot_be_listed_is_refused,
        a_file_is_chosen_at_random,
        an_empty_image_is_served,
        a_client_gets_a_cookie_and_keeps_it,
        cookies_have_what_is_configured,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r"
    types { text/html html; }
    server {
        listen {front};
        root html;
        location /page/ { alias html/; autoindex on; autoindex_exact_size off; }
        location /json/ { alias html/; autoindex on; autoindex_format json; }
        location /jsonp/ { alias html/; autoindex on; autoindex_format jsonp; }
        location /xml/ { alias html/; autoindex on; autoindex_format xml; }
        location /random/ { alias html/; random_index on; }
        location /pixel { empty_gif; }
        location /id {
            userid on; add_header Got $uid_got; add_header Set $uid_set;
            location /id-marked {
                userid_mark t; userid_name who; userid_domain a.example; userid_path /p; userid_expires max;
                userid_flags secure httponly samesite=lax; userid_p3p p; userid_service 7;
            }
        }
    }",
    )
    .file("html/list/b.txt", "0123456789")
    .file("html/list/.hidden", "")
    .file("html/list/a&b", "1")
    .file("html/list/sub/x", "")
    .file(&format!("html/list/{}", "n".repeat(60)), vec![b'x'; 20_000])
    .file("html/one/only", "the only one")
    .file("html/id", "page")
    .file("html/id-marked", "page")
}

fn a_directory_is_listed_as_a_page(site: &mut Site) {
    let response = site.get("/page/list/");
    assert_eq!((response.status, response.field("Content-Type")), (200, Some("text/html")));
    let text = response.text();
    assert!(text.contains("<title>Index of /page/list/</title>"), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("<a ")).collect();
    let names: Vec<&str> = lines.iter().map(|line| line.split('"').nth(1).unwrap()).collect();
    assert_eq!(names[..3], ["sub/", "a%26b", "b.txt"], "{text}");
    assert!(lines[0].ends_with("      -") && lines[2].ends_with("     10"), "{text}");
}

fn names_are_escaped_and_cut(site: &mut Site) {
    let text = site.get("/page/list/").text();
    assert!(text.contains(">a&amp;b</a>"), "{text}");
    assert!(text.contains(&format!("\">{}..&gt;</a>", "n".repeat(47))) && text.contains("    20K"), "{text}");
}

fn a_directory_is_listed_as_records(site: &mut Site) {
    let response = site.get("/json/list/");
    assert_eq!(response.field("Content-Type"), Some("application/json"));
    let text = response.text();
    assert!(text.contains("{ \"name\":\"sub\", \"type\":\"directory\", \"mtime\":\""), "{text}");
    assert!(text.contains("\"name\":\"b.txt\", \"type\":\"file\"") && text.contains("\"size\":10 }"), "{text}");
    let response = site.get("/xml/list/");
    assert_eq!(response.field("Content-Type"), Some("text/xml; charset=utf-8"));
    assert!(response.text().contains("size=\"1\">a&amp;b</file>"), "{}", response.text());
}

fn a_callback_must_be_a_name(site: &mut Site) {
    let response = site.get("/jsonp/one/?callback=my.f_1");
    assert_eq!(response.field("Content-Type"), Some("application/javascript"));
    let text = response.text();
    assert!(text.starts_with("/* callback */\r\nmy.f_1([") && text.ends_with("]);"), "{text}");
    assert_eq!(site.get("/jsonp/one/?callback=alert(1)").status, 400);
    assert_eq!(site.get("/jsonp/one/").field("Content-Type"), Some("application/json"));
}

fn what_cannot_be_listed_is_refused(site: &mut Site) {
    assert_eq!(site.get("/page/missing/").status, 404);
    assert_eq!(site.get("/list/").status, 403);
    assert_eq!(site.ask("POST /page/list/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").status, 403);
}

fn a_file_is_chosen_at_random(site: &mut Site) {
    assert_eq!(site.get("/random/one/").text(), "the only one");
}

fn an_empty_image_is_served(site: &mut Site) {
    let response = site.get("/pixel");
    assert_eq!((response.field("Content-Type"), response.body.len()), (Some("image/gif"), 43));
    assert!(response.body.starts_with(b"GIF89a"));
    assert_eq!(site.get_with("/pixel", "If-Modified-Since: Mon, 28 Sep 1970 06:00:00 GMT\r\n").status, 304);
    assert_eq!(site.post("/pixel", "x").status, 405);
}

fn a_client_gets_a_cookie_and_keeps_it(site: &mut Site) {
    let first = site.get("/id");
    let cookie = first.field("Set-Cookie").unwrap().to_owned();
    let value = cookie.split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("uid=") && cookie.ends_with("; path=/"), "{cookie}");
    let other = site.get("/id");
    assert_ne!(other.field("Set-Cookie"), Some(cookie.as_str()));
    let again = site.get_with("/id", &format!("Cookie: a=b; {value}\r\n"));
    assert_eq!((again.field("Set-Cookie"), again.field("Got")), (None, first.field("Set")));
}

fn cookies_have_what_is_configured(site: &mut Site) {
    let response = site.get("/id-marked");
    let cookie = response.field("Set-Cookie").unwrap();
    let (value, rest) = cookie.split_once("; ").unwrap();
    assert!(value.starts_with("who=") && value.ends_with("t="), "{cookie}");
    let expected = "expires=Thu, 31-Dec-37 23:55:55 GMT; domain=a.example; path=/p; secure; httponly; samesite=lax";
    assert_eq!((rest, response.field("P3P")), (expected, Some("p")));
    assert!(response.field("Set").unwrap().starts_with("who=07000000"), "{:?}", response.field("Set"));
}
