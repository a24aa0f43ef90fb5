//! Requests' bodies by name: `$request_body`, `$request_body_file`, and where they are kept.

use testkit::{Setup, Site, cases};

cases!(
    request_body,
    setup,
    [
        a_small_body_is_a_text,
        a_large_body_is_a_file,
        a_file_may_be_asked_for_always,
        a_body_that_is_passed_on_is_a_text_too,
        what_is_passed_on_in_large_is_none,
        a_passed_body_is_known_to_an_error_page,
    ]
);

fn setup() -> Setup {
    Setup::server(
        r#"
        client_body_buffer_size 1k;
        add_header X-Body $request_body;
        add_header X-File $request_body_file;
        location / { proxy_pass http://{peer0}; }
        location /kept { client_body_in_file_only on; proxy_pass http://{peer0}; }
        location /passed { proxy_request_buffering off; proxy_pass http://{peer0}; }
        location /failed {
            proxy_request_buffering off;
            proxy_intercept_errors on;
            error_page 404 /tell;
            proxy_pass http://{peer0};
        }
        location /tell { return 200 "had $request_body"; }"#,
    )
    .open_directory("body_temp")
}

fn a_small_body_is_a_text(site: &mut Site) {
    let response = site.post("/", "small");
    assert_eq!((response.field("X-Body"), response.field("X-File")), (Some("small"), None));
}

fn a_large_body_is_a_file(site: &mut Site) {
    let body = "x".repeat(5000);
    let response = site.post("/", &body);
    assert_eq!(response.field("X-Body"), None);
    let file = response.field("X-File").expect("a file");
    assert!(file.contains("/body_temp/"), "{file}");
    assert_eq!(site.peer(0).request().text(), body);
    testkit::eventually("the file goes with its request", || !std::path::Path::new(file).exists());
}

fn a_file_may_be_asked_for_always(site: &mut Site) {
    let response = site.post("/kept", "small");
    let file = response.field("X-File").expect("a file");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "small");
    assert_eq!(site.peer(0).request().text(), "small");
}

fn a_body_that_is_passed_on_is_a_text_too(site: &mut Site) {
    for _ in 0..2 {
        let response = site.post("/passed", "small");
        assert_eq!(response.field("X-Body"), Some("small"));
    }
}

fn what_is_passed_on_in_large_is_none(site: &mut Site) {
    let response = site.post("/passed", &"x".repeat(5000));
    assert_eq!((response.status, response.field("X-Body")), (200, None));
}

fn a_passed_body_is_known_to_an_error_page(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(site.post("/failed", "small").text(), "had small");
}
