//! Which location takes a request: exact, prefixes, expressions in order, nesting.

use testkit::{Setup, Site, cases};

cases!(
    location,
    setup,
    [
        locations_are_found_by_rank,
        nested_locations_are_found,
        captures_become_variables,
        a_missing_slash_is_redirected,
        without_a_root_location_a_path_may_have_none,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    server {
        listen {front};
        server_name site.example;
        location / { return 200 root; }
        location = /exact { return 200 exact; }
        location /exact { return 200 prefix; }
        location /exact/longer { return 200 longer; }
        location ^~ /static/ { return 200 static; }
        location ~ \.php$ { return 200 php; }
        location ~* \.(gif|jpg)$ { return 200 "image $1"; }
        location ~ ^/exact/longer/re { return 200 expression; }
        location ~ ^/(?<kind>a|b)/(.*)$ { return 200 "$kind $2"; }
        location "/with space/" { return 200 space; }
        location /é/ { return 200 accent; }
        location ~ "^/three/[0-9]{3}$" { return 200 three; }
        location /outer/ {
            location /outer/inner/ { return 200 inner; }
            location = /outer/exact { return 200 outer-exact; }
            location ~ \.txt$ { return 200 outer-text; }
            return 200 outer;
        }
        location ^~ /closed/ {
            location ~ \.php$ { return 200 closed-php; }
            return 200 closed;
        }
        location @named { return 200 named; }
        location /slash/ { proxy_pass http://{peer0}; }
        location /hidden/ { internal; proxy_pass http://{peer0}; }
        location = /exactly-slash/ { proxy_pass http://{peer0}; }
    }
    server {
        listen {front1};
        root empty;
        location /only { return 200 only; }
    }"#,
    )
}

fn check(site: &Site, table: &[(&str, &str)]) {
    for (path, expected) in table {
        assert_eq!(site.get(path).text(), *expected, "{path}");
    }
}

fn locations_are_found_by_rank(site: &mut Site) {
    check(
        site,
        &[
            ("/", "root"),
            ("/other", "root"),
            ("/exact", "exact"),
            ("/exact?query", "exact"),
            ("/exact/", "prefix"),
            ("/exactly", "prefix"),
            ("/exact/longer", "longer"),
            ("/exact/longer/re", "expression"),
            ("/Exact", "root"),
            ("/static/x.php", "static"),
            ("/x.php", "php"),
            ("/x.PHP", "root"),
            ("/exact/x.php", "php"),
            ("/x.GIF", "image GIF"),
            ("/x.jpg?y.php", "image jpg"),
            ("/x.php/y", "root"),
            ("/with%20space/", "space"),
            ("/%C3%A9/", "accent"),
            ("/three/123", "three"),
            ("/three/1234", "root"),
            ("/%65xact", "exact"),
            ("//exact", "exact"),
            ("/other/../exact", "exact"),
            ("/@named", "root"),
        ],
    );
}

fn nested_locations_are_found(site: &mut Site) {
    check(
        site,
        &[
            ("/outer/", "outer"),
            ("/outer/x", "outer"),
            ("/outer/inner/x", "inner"),
            ("/outer/exact", "outer-exact"),
            ("/outer/x.txt", "outer-text"),
            ("/outer/x.php", "php"),
            ("/closed/x.php", "closed-php"),
            ("/closed/x.gif", "closed"),
        ],
    );
}

fn captures_become_variables(site: &mut Site) {
    check(site, &[("/a/x/y", "a x/y"), ("/b/", "b "), ("/a/x%20y", "a x y")]);
}

fn a_missing_slash_is_redirected(site: &mut Site) {
    for (path, expected) in
        [("/slash", "/slash/"), ("/slash?a=b", "/slash/?a=b"), ("/exactly-slash", "/exactly-slash/")]
    {
        let response = site.get(path);
        assert_eq!(response.status, 301, "{path}");
        let location = response.field("Location").unwrap_or_default();
        assert!(location.starts_with("http://") && location.ends_with(expected), "{location}");
    }
    assert_eq!(site.get("/hidden").status, 404, "what is for requests inside alone is not told of");
    assert!(site.peer(0).requests().is_empty());
}

fn without_a_root_location_a_path_may_have_none(site: &mut Site) {
    let mut client = site.client_at("front1");
    assert_eq!(client.ask("GET /only HTTP/1.1\r\nHost: a\r\n\r\n").text(), "only");
    assert_eq!(client.ask("GET /else HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
}
