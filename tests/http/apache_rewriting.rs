//! Apache's rewriting: rules as they are found in the wild, which each went wrong once.

use testkit::{Response, Setup, Site, cases, skip_on_nginx};

cases!(
    rewriting_apache,
    setup,
    [
        arguments_are_taken_as_they_are_written,
        redirects_of_a_section_come_before_what_its_rules_rewrite,
        a_front_controller_knows_that_it_was_rewritten_to,
        what_is_relative_starts_from_the_root,
        a_path_may_follow_a_server_that_is_written_out,
        an_or_at_the_end_always_holds,
        links_are_told_from_files,
        caches_hear_of_fields_that_conditions_look_at,
    ]
);

const CONFIG: &str = r#"
<VirtualHost {front}>
    ServerName site.test
    DocumentRoot {prefix}/html
    RewriteEngine On
    RewriteCond %{THE_REQUEST} ^[A-Z]{3,9}\ /.*home\.html\ HTTP/
    RewriteRule ^ /front [R=301,L]
    RewriteCond %{QUERY_STRING} (\\|\.\.\.|<) [NC]
    RewriteRule .* - [F]
    RewriteRule ^/old\ page$ /new [R,L] # taken away
    RewriteRule ^/relative/(.*)$ docs/$1 [L]
    RewriteRule ^/up/a http://{peer0}%{REQUEST_URI} [P,QSA,NE]
    RewriteRule ^/up(/b.*)$ http://{peer0}$1 [P]
    RewriteRule ^/up/c http://{peer0}$0 [P]
    RewriteCond %{REQUEST_URI} ^/never [OR]
    RewriteRule ^/or /always [R]
    RewriteCond /proc/self/exe -l
    RewriteCond /proc/self/status !-L
    RewriteCond %{DOCUMENT_ROOT}/none !-h
    RewriteRule ^/link /seen [R]
    RewriteCond %{HTTP_USER_AGENT} Mobile
    RewriteRule ^/told /docs/guide.txt
    <Directory {prefix}/html/front>
        Redirect 301 /front/old-page /new
        RedirectMatch 403 /\.git
        RewriteEngine On
        RewriteCond %{REQUEST_FILENAME} !-f
        RewriteRule . /docs/guide.txt [L]
    </Directory>
    <Directory {prefix}/html/app>
        RewriteEngine On
        RewriteCond %{ENV:REDIRECT_STATUS} =""
        RewriteRule ^index\.txt(?:/(.*)|$) /app/$1 [R=308,L]
        RewriteCond %{REQUEST_FILENAME} !-f
        RewriteRule ^ index.txt [L]
    </Directory>
</VirtualHost>
"#;

fn setup() -> Setup {
    Setup::apache(CONFIG)
        .file("html/docs/guide.txt", "guide")
        .file("html/front/.git/HEAD", "secret")
        .file("html/app/index.txt", "app")
}

fn ask(site: &Site, path: &str, fields: &str) -> Option<Response> {
    if skip_on_nginx("it does not read httpd's language") {
        return None;
    }
    Some(site.ask(&format!("GET {path} HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n{fields}\r\n")))
}

/// The status of each path, with where it leads.
fn lead(site: &Site, expected: &[(&str, u16, Option<&str>)]) {
    for (path, status, location) in expected {
        let Some(response) = ask(site, path, "") else { return };
        let location = location.map(|path| format!("http://site.test{path}"));
        assert_eq!((response.status, response.field("Location")), (*status, location.as_deref()), "{path}");
    }
}

fn arguments_are_taken_as_they_are_written(site: &mut Site) {
    lead(
        site,
        &[
            ("/a/home.html", 301, Some("/front")),
            ("/docs/guide.txt?a=...", 403, None),
            ("/docs/guide.txt?a=b", 200, None),
            ("/old%20page", 302, Some("/new")),
        ],
    );
}

fn redirects_of_a_section_come_before_what_its_rules_rewrite(site: &mut Site) {
    lead(
        site,
        &[
            ("/front/old-page", 301, Some("/new")),
            ("/front/.git/HEAD", 403, None),
            ("/front/.git/none", 403, None),
            ("/front/x", 200, None),
        ],
    );
}

fn a_front_controller_knows_that_it_was_rewritten_to(site: &mut Site) {
    lead(site, &[("/app/x?y", 200, None), ("/app/index.txt/x?y", 308, Some("/app/x?y"))]);
}

fn what_is_relative_starts_from_the_root(site: &mut Site) {
    lead(site, &[("/relative/guide.txt", 200, None), ("/relative/none", 404, None)]);
}

fn a_path_may_follow_a_server_that_is_written_out(site: &mut Site) {
    for path in ["/up/a/x?y", "/up/b@evil.test/%20", "/up/c/x"] {
        site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let Some(response) = ask(site, path, "") else { return };
        assert_eq!(response.text(), "ok", "{path}");
    }
    let asked = site.peer(0).requests();
    let lines: Vec<&str> = asked.iter().map(testkit::Request::line).collect();
    assert_eq!(lines, ["GET /up/a/x?y HTTP/1.1", "GET /b@evil.test/%20 HTTP/1.1", "GET /up/c HTTP/1.1"]);
}

fn an_or_at_the_end_always_holds(site: &mut Site) {
    lead(site, &[("/or", 302, Some("/always"))]);
}

fn links_are_told_from_files(site: &mut Site) {
    lead(site, &[("/link", 302, Some("/seen"))]);
}

fn caches_hear_of_fields_that_conditions_look_at(site: &mut Site) {
    let Some(response) = ask(site, "/told", "User-Agent: Mobile\r\n") else { return };
    assert_eq!((response.status, response.field("Vary")), (200, Some("User-Agent")));
    let Some(response) = ask(site, "/docs/guide.txt", "User-Agent: Mobile\r\n") else { return };
    assert_eq!(response.field("Vary"), None);
}
