//! Who may come in: addresses, methods, and how several rules count together.

use testkit::{Setup, Site, cases};

cases!(
    access,
    setup,
    [
        the_first_rule_that_fits_decides,
        what_no_rule_is_for_comes_in,
        a_location_has_its_own_rules_or_those_around_it,
        methods_that_are_not_excepted_have_settings_of_their_own,
        a_refusal_has_its_page,
        clients_of_unix_sockets_have_no_address,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    server {
        listen {front};
        location / { deny 127.0.0.0/8; return 200; root {prefix}; }
        location /files/ { root {prefix}; }
        location /files/own/ { root {prefix}; allow 127.0.0.1; deny all; }
        location /files/late/ { root {prefix}; deny all; allow 127.0.0.1; }
        location /files/other/ { root {prefix}; deny 192.0.2.0/24; deny 2001:db8::/32; }
        location /files/inherited/ { root {prefix}; deny all; location /files/inherited/inner/ { } }
        location /files/get/ { root {prefix}; limit_except GET { deny all; } }
        location /files/page/ { root {prefix}; deny all; error_page 403 =402 /files/own/a; }
        location /unix { proxy_pass http://unix:{prefix}/inner.sock:/; }
    }
    server {
        listen unix:{prefix}/inner.sock;
        location / { root {prefix}; deny 0.0.0.0/0; deny ::/0; try_files /files/own/a =404; }
        location /denied { root {prefix}; deny unix:; }
    }",
    )
    .file("files/a", "whole")
    .file("files/own/a", "own")
    .file("files/late/a", "late")
    .file("files/other/a", "other")
    .file("files/inherited/inner/a", "inner")
    .file("files/get/a", "get")
    .file("files/page/a", "page")
}

fn status(site: &Site, path: &str) -> u16 {
    site.get(path).status
}

fn the_first_rule_that_fits_decides(site: &mut Site) {
    assert_eq!(status(site, "/files/own/a"), 200);
    assert_eq!(status(site, "/files/late/a"), 403);
    // A script answers before anybody is asked.
    assert_eq!(status(site, "/"), 200);
}

fn what_no_rule_is_for_comes_in(site: &mut Site) {
    assert_eq!(status(site, "/files/other/a"), 200);
    assert_eq!(status(site, "/files/a"), 200);
}

fn a_location_has_its_own_rules_or_those_around_it(site: &mut Site) {
    assert_eq!(status(site, "/files/inherited/inner/a"), 403);
}

fn methods_that_are_not_excepted_have_settings_of_their_own(site: &mut Site) {
    assert_eq!(status(site, "/files/get/a"), 200);
    let ask = |method: &str| {
        let request = format!("{method} /files/get/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        site.client().send(&request).response_to(method).status
    };
    assert_eq!((ask("HEAD"), ask("DELETE"), ask("FETCH")), (200, 403, 403));
}

fn a_refusal_has_its_page(site: &mut Site) {
    let response = site.get("/files/page/a");
    assert_eq!((response.status, response.text().as_str()), (402, "own"));
    assert!(site.error_log().contains("access forbidden by rule"));
}

fn clients_of_unix_sockets_have_no_address(site: &mut Site) {
    assert_eq!(status(site, "/unix"), 200);
    assert_eq!(status(site, "/unix/denied"), 403);
}
