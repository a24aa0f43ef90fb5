//! `expires` in all its forms, and `add_header` where a field may stand only once or speaks of the others.

use testkit::{Setup, Site, cases};

cases!(
    expiry,
    setup,
    [
        variables_give_times,
        variables_that_give_no_time_set_nothing,
        a_time_counts_from_the_modification,
        a_day_time_comes_within_a_day,
        a_peers_own_fields_are_replaced,
        tags_and_dates_stand_once_or_not_at_all,
        fields_speak_of_those_before_them,
        a_date_that_is_added_counts_for_ranges,
    ]
);

fn setup() -> Setup {
    Setup::server(
        r#"
        root html;
        location / { expires $arg_e; }
        location /modified { expires modified $arg_e; try_files /file =404; }
        location /day { expires @15h30m33s; try_files /file =404; }
        location /peer { expires 1h; proxy_pass http://{peer0}; }
        location /bare { add_header ETag ""; add_header Last-Modified ""; try_files /file =404; }
        location /own {
            add_header ETag own;
            add_header Last-Modified "Mon, 28 Sep 1970 06:00:00 GMT";
            try_files /file =404;
        }
        location /told {
            add_header X-First one;
            add_header X-First two;
            add_header X-Told "$sent_http_x_first $status";
            return 201 text;
        }"#,
    )
    .file("html/file", "0123456789")
}

fn cache_control(site: &Site, path: &str) -> Option<String> {
    site.get(path).field("Cache-Control").map(str::to_owned)
}

fn variables_give_times(site: &mut Site) {
    for (value, expected) in [
        ("2048", "max-age=2048"),
        ("1h30m", "max-age=5400"),
        ("-2048", "no-cache"),
        ("epoch", "no-cache"),
        ("max", "max-age=315360000"),
        ("0", "max-age=0"),
    ] {
        assert_eq!(cache_control(site, &format!("/file?e={value}")).as_deref(), Some(expected), "{value}");
    }
}

fn variables_that_give_no_time_set_nothing(site: &mut Site) {
    for value in ["", "off", "bad", "@25h"] {
        let response = site.get(&format!("/file?e={value}"));
        assert_eq!((response.field("Expires"), response.field("Cache-Control")), (None, None), "{value}");
    }
    assert_eq!(cache_control(site, "/modified?e=epoch"), None);
}

fn a_time_counts_from_the_modification(site: &mut Site) {
    let age = cache_control(site, "/modified?e=2048").unwrap_or_default();
    let seconds: u32 = age.trim_start_matches("max-age=").parse().unwrap_or_else(|_| panic!("{age}"));
    assert!((1900..=2048).contains(&seconds), "{age}");
}

fn a_day_time_comes_within_a_day(site: &mut Site) {
    let response = site.get("/day");
    assert!(response.field("Expires").is_some_and(|date| date.ends_with(":33 GMT")), "{}", response.head);
    let age = response.field("Cache-Control").unwrap_or_default().trim_start_matches("max-age=").parse::<u32>();
    assert!(age.is_ok_and(|age| (1..=86_400).contains(&age)), "{}", response.head);
}

fn a_peers_own_fields_are_replaced(site: &mut Site) {
    let fields = "Cache-Control: private\r\nCache-Control: no-store\r\nExpires: never\r\nExpires: ever\r\n";
    site.peer(0).reply(format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n"));
    let response = site.get("/peer");
    assert_eq!(response.all("Cache-Control"), ["max-age=3600"]);
    assert_eq!(response.all("Expires").len(), 1);
}

fn tags_and_dates_stand_once_or_not_at_all(site: &mut Site) {
    let response = site.get("/bare");
    assert_eq!((response.field("ETag"), response.field("Last-Modified")), (None, None));
    let response = site.get("/own");
    assert_eq!((response.all("ETag").len(), response.field("ETag")), (1, Some("own")));
    assert_eq!(response.all("Last-Modified"), ["Mon, 28 Sep 1970 06:00:00 GMT"]);
}

fn fields_speak_of_those_before_them(site: &mut Site) {
    assert_eq!(site.get("/told").field("X-Told"), Some("one, two 201"));
}

fn a_date_that_is_added_counts_for_ranges(site: &mut Site) {
    let fields = "Range: bytes=0-3\r\nIf-Range: Mon, 28 Sep 1970 06:00:00 GMT\r\n";
    let response = site.get_with("/own", fields);
    assert_eq!((response.status, response.text().as_str()), (206, "0123"));
    assert_eq!(site.get_with("/bare", fields).status, 200);
}
