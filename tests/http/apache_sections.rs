//! Apache's sections: what holds for a part of a server's paths and files.

use testkit::{Response, Setup, Site, cases, skip_on_nginx};

cases!(
    sections,
    setup,
    [
        sections_are_laid_in_their_order,
        a_section_is_for_its_own_paths,
        names_of_files_have_settings,
        who_may_come_in_is_said_by_the_last,
        methods_are_asked_for_apart,
        users_prove_themselves,
        older_rules_hold_too,
        fields_are_changed,
        documents_stand_for_errors,
        directories_have_index_files,
        extensions_say_what_a_file_is,
        paths_lie_elsewhere,
        redirects_take_the_rest_along,
        what_is_not_forwarded_may_lie_elsewhere,
        files_tell_their_methods,
        conditions_have_settings,
        settings_are_taken_back,
        urls_that_are_forwarded_to_have_settings
    ]
);

/// `bcrypt` of `secret` would be slow: this is what `htpasswd -s` writes.
const USERS: &str = "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";

const CONFIG: &str = r#"
TypesConfig {prefix}/types
<VirtualHost {front}>
    ServerName site.test
    DocumentRoot {prefix}/html
    ProxyPass /up/static !
    ProxyPass /up http://{peer0}/
    Alias /up/static {prefix}/elsewhere
    Alias /elsewhere {prefix}/elsewhere
    AliasMatch ^/numbered/([0-9]+)$ {prefix}/elsewhere/$1.html
    Redirect permanent /moved http://new.test/to
    Redirect gone /gone
    RedirectMatch 307 ^/pictures/(.*)\.gif$ http://new.test/$1.png
    AddType text/x-own .own
    AddEncoding x-gzip .gz
    AddLanguage de .de
    Header set X-Trace server
    ErrorDocument 404 "nothing here"
    ErrorDocument 403 /errors/closed.html
    <Location /docs>
        Header add X-Trace location
    </Location>
    <LocationMatch "^/docs/g">
        Header add X-Trace match
    </LocationMatch>
    <Directory {prefix}/html/docs>
        Header add X-Trace directory
        DirectoryIndex first.html
    </Directory>
    <Files "guide.*">
        Header add X-Trace files
    </Files>
    <FilesMatch "\.secret$">
        Require all denied
    </FilesMatch>
    <Location /docs/closed>
        Require all denied
    </Location>
    <Location /docs/closed/open>
        Require all granted
    </Location>
    <Location /up/reading>
        <LimitExcept GET>
            Require all denied
        </LimitExcept>
    </Location>
    <Location /members>
        AuthType Basic
        AuthName "members"
        AuthUserFile {prefix}/users
        Require valid-user
    </Location>
    <Location /within>
        <RequireAll>
            AuthType Basic
            AuthName "within"
            AuthUserFile {prefix}/users
            Require valid-user
        </RequireAll>
    </Location>
    <ProxyMatch "/special/[a-z]+$">
        Header set X-Url special
    </ProxyMatch>
    ErrorDocument 410 "gone: %{REQUEST_URI}"
    <Location /older>
        Order deny,allow
        Deny from all
        Allow from 127.0.0.2
    </Location>
    <Location /older/near>
        Order deny,allow
        Deny from all
        Allow from localhost
    </Location>
    <If "%{QUERY_STRING} == 'first'">
        Header set X-Which first
    </If>
    <ElseIf "%{QUERY_STRING} =~ /second/">
        Header set X-Which second
    </ElseIf>
    <Else>
        Header set X-Which neither
    </Else>
    <Location /docs>
        AddDefaultCharset utf-8
    </Location>
    <Location /docs/closed>
        AddDefaultCharset Off
    </Location>
    <Location /up/edited>
        RequestHeader set X-To-Origin "%%{x}"
        RequestHeader unset Accept
        Header edit X-Peer p(.) "<$1>"
        Header always set X-Always yes
    </Location>
</VirtualHost>
"#;

fn setup() -> Setup {
    Setup::apache(CONFIG)
        .file("types", "text/html html\ntext/plain txt\n")
        .file("users", USERS)
        .file("html/index.html", "front page")
        .file("html/docs/guide.txt", "guide")
        .file("html/docs/other.txt", "other")
        .file("html/docs/first.html", "first")
        .file("html/docs/x.secret", "secret")
        .file("html/docs/closed/a.txt", "closed")
        .file("html/docs/closed/open/b.txt", "open")
        .file("html/members/a.txt", "for members")
        .file("html/within/a.txt", "within")
        .file("html/older/a.txt", "older")
        .file("html/older/near/a.txt", "near")
        .file("html/errors/closed.html", "closed to you")
        .file("html/page.own.gz", "packed")
        .file("html/seite.de.html", "Seite")
        .file("html/unknown", "?")
        .file("elsewhere/7.html", "seven")
        .file("elsewhere/a.txt", "elsewhere")
}

fn ask(site: &Site, line: &str, fields: &str) -> Option<Response> {
    if skip_on_nginx("it does not read httpd's language") {
        return None;
    }
    Some(site.ask(&format!("{line} HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n{fields}\r\n")))
}

fn get(site: &Site, path: &str) -> Option<Response> {
    ask(site, &format!("GET {path}"), "")
}

fn sections_are_laid_in_their_order(site: &mut Site) {
    let Some(response) = get(site, "/docs/guide.txt") else { return };
    assert_eq!(response.all("X-Trace"), ["server", "directory", "files", "location", "match"]);
    assert_eq!(response.text(), "guide");
}

fn a_section_is_for_its_own_paths(site: &mut Site) {
    for (path, expected) in
        [("/", &["server"][..]), ("/docs/other.txt", &["server", "directory", "location"]), ("/docsy", &[])]
    {
        let Some(response) = get(site, path) else { return };
        assert_eq!(response.all("X-Trace"), expected, "{path}");
    }
}

fn names_of_files_have_settings(site: &mut Site) {
    let Some(response) = get(site, "/docs/x.secret") else { return };
    assert_eq!((response.status, response.text().as_str()), (403, "closed to you"));
}

fn who_may_come_in_is_said_by_the_last(site: &mut Site) {
    for (path, expected) in [("/docs/closed/a.txt", 403), ("/docs/closed/open/b.txt", 200)] {
        let Some(response) = get(site, path) else { return };
        assert_eq!(response.status, expected, "{path}");
    }
}

fn methods_are_asked_for_apart(site: &mut Site) {
    for (method, expected) in [("GET", 200), ("HEAD", 200), ("DELETE", 403)] {
        let Some(response) = ask(site, &format!("{method} /up/reading/x"), "") else { return };
        assert_eq!(response.status, expected, "{method}");
    }
}

fn users_prove_themselves(site: &mut Site) {
    for place in ["members", "within"] {
        let Some(response) = get(site, &format!("/{place}/a.txt")) else { return };
        let realm = format!("Basic realm=\"{place}\"");
        assert_eq!((response.status, response.field("WWW-Authenticate")), (401, Some(realm.as_str())));
        for (credentials, expected) in [("YW5uOnNlY3JldA==", 200), ("YW5uOndyb25n", 401)] {
            let fields = format!("Authorization: Basic {credentials}\r\n");
            let Some(response) = ask(site, &format!("GET /{place}/a.txt"), &fields) else { return };
            assert_eq!(response.status, expected, "{place}: {credentials}");
        }
    }
}

fn older_rules_hold_too(site: &mut Site) {
    for (path, expected) in [("/older/a.txt", 403), ("/older/near/a.txt", 200)] {
        let Some(response) = get(site, path) else { return };
        assert_eq!(response.status, expected, "{path}");
    }
}

fn fields_are_changed(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 404 Not Found\r\nX-Peer: p1, p2\r\nContent-Length: 1\r\n\r\nx");
    let Some(response) = ask(site, "GET /up/edited", "Accept: a\r\n") else { return };
    assert_eq!(response.field("X-Peer"), Some("<1>, p2"));
    assert_eq!(response.field("X-Always"), Some("yes"));
    let request = site.peer(0).request();
    assert_eq!((request.field("X-To-Origin"), request.field("Accept")), (Some("%{x}"), None));
}

fn documents_stand_for_errors(site: &mut Site) {
    let Some(response) = get(site, "/nowhere") else { return };
    assert_eq!((response.status, response.text().as_str()), (404, "nothing here"));
    assert_eq!(response.field("Content-Type"), Some("text/html; charset=iso-8859-1"));
}

fn directories_have_index_files(site: &mut Site) {
    for (path, expected) in [("/", "front page"), ("/docs/", "first")] {
        let Some(response) = get(site, path) else { return };
        assert_eq!(response.text(), expected, "{path}");
    }
}

fn extensions_say_what_a_file_is(site: &mut Site) {
    let said = |path: &str| {
        let response = get(site, path)?;
        let field = |name: &str| response.field(name).unwrap_or_default().to_owned();
        Some([field("Content-Type"), field("Content-Encoding"), field("Content-Language")])
    };
    for (path, expected) in [
        ("/page.own.gz", ["text/x-own", "x-gzip", ""]),
        ("/seite.de.html", ["text/html", "", "de"]),
        ("/unknown", ["", "", ""]),
    ] {
        let Some(said) = said(path) else { return };
        assert_eq!(said, expected, "{path}");
    }
}

fn paths_lie_elsewhere(site: &mut Site) {
    for (path, expected) in [("/elsewhere/a.txt", "elsewhere"), ("/numbered/7", "seven")] {
        let Some(response) = get(site, path) else { return };
        assert_eq!(response.text(), expected, "{path}");
    }
}

fn redirects_take_the_rest_along(site: &mut Site) {
    for (path, status, location) in [
        ("/moved/a%20b%0d?q=1", 301, Some("http://new.test/to/a%20b%0d?q=1")),
        ("/movedaway", 404, None),
        ("/gone/x", 410, None),
        ("/pictures/a/%C3%A9.gif?x", 307, Some("http://new.test/a/%c3%a9.png?x")),
    ] {
        let Some(response) = get(site, path) else { return };
        assert_eq!((response.status, response.field("Location")), (status, location), "{path}");
    }
}

fn what_is_not_forwarded_may_lie_elsewhere(site: &mut Site) {
    let Some(response) = get(site, "/up/static/a.txt") else { return };
    assert_eq!((response.status, response.text().as_str()), (200, "elsewhere"));
    assert_eq!(site.peer(0).requests().len(), 0);
}

fn files_tell_their_methods(site: &mut Site) {
    for (method, expected, body) in
        [("POST", 200, "guide"), ("OPTIONS", 200, ""), ("DELETE", 405, "405"), ("NONSENSE", 501, "501")]
    {
        let Some(response) = ask(site, &format!("{method} /docs/guide.txt"), "") else { return };
        assert_eq!(response.status, expected, "{method}");
        assert!(response.text().contains(body), "{method}: {}", response.text());
        assert_eq!(response.field("Allow").is_some(), method != "POST", "{method}");
    }
}

fn conditions_have_settings(site: &mut Site) {
    for (path, expected) in [("/?first", "first"), ("/?the-second", "second"), ("/?third", "neither")] {
        let Some(response) = get(site, path) else { return };
        assert_eq!(response.field("X-Which"), Some(expected), "{path}");
    }
}

fn settings_are_taken_back(site: &mut Site) {
    for (path, expected) in
        [("/docs/guide.txt", "text/plain; charset=utf-8"), ("/docs/closed/open/b.txt", "text/plain")]
    {
        let Some(response) = get(site, path) else { return };
        assert_eq!(response.field("Content-Type"), Some(expected), "{path}");
    }
}

fn urls_that_are_forwarded_to_have_settings(site: &mut Site) {
    for (path, expected) in [("/up/special/one", Some("special")), ("/up/special/1", None)] {
        let Some(response) = get(site, path) else { return };
        assert_eq!((response.status, response.field("X-Url")), (200, expected), "{path}");
    }
    let Some(response) = get(site, "/gone/there") else { return };
    assert_eq!((response.status, response.text().as_str()), (410, "gone: /gone/there"));
}
