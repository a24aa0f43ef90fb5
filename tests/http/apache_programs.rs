//! Programs behind httpd's language: `SetHandler "proxy:fcgi://…"`, `ProxyPass` to programs, and what these are told.

use std::collections::BTreeMap;

use testkit::records::{Asked, Records};
use testkit::{Response, Setup, Site, cases, skip_on_nginx};

cases!(
    programs,
    setup,
    [
        files_are_what_a_handler_is_asked_for,
        a_path_may_go_on_behind_a_file,
        what_a_handler_hides_stays_hidden,
        folders_stay_folders,
        content_goes_with_a_request_to_its_index,
        who_asks_is_told_as_it_is_said,
        variables_of_the_environment_are_told,
        a_request_that_begins_anew_is_told_where_it_was,
        urls_are_told_as_urls,
        parameters_are_changed,
        errors_keep_their_status,
        what_is_not_there_may_be_left_to_the_server,
        connections_are_kept_where_that_is_said,
        content_has_a_limit,
        a_rule_may_name_a_file,
        scgi_and_uwsgi_are_spoken,
    ]
);

const CONFIG: &str = r#"
<VirtualHost {front}>
    ServerName site.test
    DocumentRoot {prefix}/html
    DirectoryIndex index.php
    SetEnv PLACE house
    SetEnv EMPTY ""
    SetEnvIf X-Mood (.+) MOOD=$1
    SetEnv HTTP_X_MOOD own
    ErrorDocument 404 /index.php?missing
    Alias /elsewhere {prefix}/html/sub
    ProxyPass "/app/" "fcgi://{peer0}/srv/app/"
    ProxyPass "/kept/" "fcgi://{peer0}/kept/" enablereuse=on
    ProxyPassMatch "^/match/(.*\.php(/.*)?)$" "fcgi://{peer0}/srv/$1"
    ProxyPass "/scgi/" "scgi://{peer0}/tools/"
    ProxyPass "/uwsgi" "uwsgi://{peer0}"
    RewriteEngine On
    RewriteRule ^/whole/ {prefix}/html/index.php [L]
    LimitRequestBody 1000
    <FilesMatch "\.php$">
        SetHandler "proxy:fcgi://{peer0}"
    </FilesMatch>
    <Files "secret.php">
        Require all denied
    </Files>
    <Location /every>
        SetHandler "proxy:fcgi://{peer0}"
    </Location>
    <Location /every/not>
        SetHandler None
    </Location>
    ProxyFCGISetEnvIf true AROUND house
    <Location /generic.php>
        ProxyFCGIBackendType GENERIC
    </Location>
    <Location /told.php>
        CGIPassAuth On
        CGIVar REQUEST_URI current-uri
    </Location>
    <Location /changed.php>
        ProxyFCGISetEnvIf "reqenv('PATH_INFO') == '/x'" !QUERY_STRING
        ProxyFCGISetEnvIf true SEEN "%{reqenv:PLACE} at %{reqenv:SCRIPT_NAME}"
        ProxyFCGISetEnvIf "reqenv('SEEN') =~ m#at (/[a-z]+)#" AGAIN "$1!"
    </Location>
    <Directory {prefix}/html/there>
        <If "! -f %{REQUEST_FILENAME}">
            SetHandler None
        </If>
    </Directory>
    <Directory {prefix}/html/front>
        RewriteEngine On
        RewriteCond %{REQUEST_FILENAME} !-f
        RewriteRule ^(.+)$ /index.php/from/$1?front [E=RULE:yes,L]
    </Directory>
    <Location /replaced>
        ProxyErrorOverride On 503
        ErrorDocument 503 "for a while"
        ProxyPass "fcgi://{peer0}/"
    </Location>
</VirtualHost>
"#;

fn setup() -> Setup {
    let files = ["index.php", "secret.php", "told.php", "sub/index.php", "there/is.php", "front/is.txt", "a b.php"];
    let setup = files.iter().fold(Setup::apache(CONFIG), |setup, name| setup.file(&format!("html/{name}"), "source"));
    setup.file("html/text.txt", "a text")
}

/// The program tells all that it was told, or answers what the arguments say behind `say=`; false: nobody would ask it.
fn echo(site: &Site) -> bool {
    if skip_on_nginx("it does not read httpd's language") {
        return false;
    }
    site.peer(0).greet(move |conversation| {
        let mut records = Records::new(conversation.wire());
        while let Some(asked) = records.request() {
            records.answer(answer_to(&asked));
            if !asked.keeps {
                break;
            }
        }
        conversation.close();
    });
    true
}

fn answer_to(asked: &Asked) -> String {
    let arguments = asked.param("QUERY_STRING").unwrap_or_default();
    if let Some(said) = arguments.strip_prefix("say=") {
        return said.replace("%20", " ").replace('|', "\r\n") + "\r\n\r\nown";
    }
    let told: Vec<_> = asked.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let content = format!("content={} keeps={}", String::from_utf8_lossy(&asked.content), asked.keeps);
    format!("Content-Type: text/x-told\r\n\r\n{}\n{content}", told.join("\n"))
}

/// What the program was told.
struct Told {
    params: BTreeMap<String, String>,
    prefix: String,
}

impl Told {
    fn of(site: &Site, answer: &Response) -> Self {
        assert_eq!(answer.field("Content-Type"), Some("text/x-told"), "{answer:?}");
        let text = answer.text();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let mut params = BTreeMap::new();
        for (name, value) in pairs {
            assert!(params.insert(name.to_owned(), value.to_owned()).is_none(), "{name} came twice: {text}");
        }
        Self { params, prefix: format!("{}/html", site.prefix().path().display()) }
    }

    #[track_caller]
    fn check(&self, expected: &[(&str, Option<&str>)]) {
        for (name, expected) in expected {
            let found = self.params.get(*name).map(|found| found.replace(&self.prefix, "ROOT"));
            assert_eq!(found.as_deref(), *expected, "{name} of {:?}", self.params);
        }
    }
}

fn ask(site: &Site, request: &str, fields: &str) -> Told {
    let (method, path) = request.split_once(' ').unwrap_or(("GET", request));
    let answer = site.ask(&format!("{method} {path} HTTP/1.1\r\nHost: site.test\r\n{fields}Connection: close\r\n\r\n"));
    Told::of(site, &answer)
}

/// What a file's name is told as.
fn url(site: &Site, path: &str) -> String {
    format!("proxy:fcgi://{}{path}", site.peer(0).address())
}

fn files_are_what_a_handler_is_asked_for(site: &mut Site) {
    if !echo(site) {
        return;
    }
    let told = ask(site, "/index.php?a=%20", "");
    told.check(&[
        ("SCRIPT_FILENAME", Some(&url(site, "ROOT/index.php"))),
        ("SCRIPT_NAME", Some("/index.php")),
        ("PATH_INFO", None),
        ("PATH_TRANSLATED", None),
        ("QUERY_STRING", Some("a=%20")),
        ("REQUEST_URI", Some("/index.php?a=%20")),
        ("REQUEST_METHOD", Some("GET")),
        ("DOCUMENT_ROOT", Some("ROOT")),
        ("CONTEXT_PREFIX", Some("")),
        ("CONTEXT_DOCUMENT_ROOT", Some("ROOT")),
        ("GATEWAY_INTERFACE", Some("CGI/1.1")),
        ("SERVER_PROTOCOL", Some("HTTP/1.1")),
        ("SERVER_NAME", Some("site.test")),
        ("SERVER_ADMIN", Some("[no address given]")),
        ("REQUEST_SCHEME", Some("http")),
        ("CONTENT_LENGTH", None),
        ("REMOTE_USER", None),
        ("REDIRECT_STATUS", None),
    ]);
    ask(site, "/a%20b.php", "").check(&[("SCRIPT_FILENAME", Some(&url(site, "ROOT/a b.php")))]);
    let told = ask(site, "/elsewhere/index.php", "");
    told.check(&[
        ("SCRIPT_FILENAME", Some(&url(site, "ROOT/sub/index.php"))),
        ("SCRIPT_NAME", Some("/elsewhere/index.php")),
        ("CONTEXT_PREFIX", Some("/elsewhere")),
        ("CONTEXT_DOCUMENT_ROOT", Some("ROOT/sub")),
        ("DOCUMENT_ROOT", Some("ROOT")),
    ]);
    ask(site, "/generic.php", "").check(&[("SCRIPT_FILENAME", Some("ROOT/generic.php"))]);
    assert_eq!(site.get("/text.txt").text(), "a text");
}

fn a_path_may_go_on_behind_a_file(site: &mut Site) {
    if !echo(site) {
        return;
    }
    for (path, script, rest) in [
        ("/index.php/more/p%20th", "/index.php", "/more/p th"),
        ("/none.php/more", "/none.php", "/more"),
        ("/index.php/x.php/y", "/index.php", "/x.php/y"),
        ("/elsewhere/index.php/zz", "/elsewhere/index.php", "/zz"),
    ] {
        let translated = format!("ROOT{rest}");
        ask(site, path, "").check(&[
            ("SCRIPT_NAME", Some(script)),
            ("PATH_INFO", Some(rest)),
            ("PATH_TRANSLATED", Some(&translated)),
        ]);
    }
    // It is the first part that is not there whose name counts.
    for path in ["/none/x.php", "/text.txt/x.php"] {
        assert_eq!(site.get(path).status, 404, "{path}");
    }
}

fn what_a_handler_hides_stays_hidden(site: &mut Site) {
    if !echo(site) {
        return;
    }
    for path in ["/secret.php", "/secret.php/", "/secret.php/x", "/secret.php/x.php", "//secret.php/./x"] {
        let answer = site.get(path);
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
}

fn folders_stay_folders(site: &mut Site) {
    if !echo(site) {
        return;
    }
    assert_eq!(site.get("/sub").field("Location"), Some("http://localhost/sub/"));
    ask(site, "/sub/", "").check(&[("SCRIPT_NAME", Some("/sub/index.php")), ("REQUEST_URI", Some("/sub/"))]);
    ask(site, "/every/where", "")
        .check(&[("SCRIPT_FILENAME", Some(&url(site, "ROOT/every"))), ("PATH_INFO", Some("/where"))]);
    ask(site, "/every/not/x", "").check(&[("REDIRECT_STATUS", Some("404"))]);
}

fn content_goes_with_a_request_to_its_index(site: &mut Site) {
    if !echo(site) {
        return;
    }
    for framing in
        ["Content-Length: 3\r\nConnection: close\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
    {
        for path in ["/", "/sub/", "/index.php/x", "/app/x"] {
            let answer =
                site.ask(&format!("POST {path} HTTP/1.1\r\nHost: site.test\r\nContent-Type: a/b\r\n{framing}"));
            Told::of(site, &answer).check(&[
                ("content", Some("abc keeps=false")),
                ("CONTENT_LENGTH", Some("3")),
                ("CONTENT_TYPE", Some("a/b")),
                ("HTTP_CONTENT_TYPE", None),
                ("HTTP_TRANSFER_ENCODING", None),
            ]);
        }
    }
}

fn who_asks_is_told_as_it_is_said(site: &mut Site) {
    if !echo(site) {
        return;
    }
    let fields = "Authorization: Basic YTpi\r\nProxy: evil\r\nX_Under: 1\r\nX-One: 1\r\nx-one: 2\r\nX-Empty:\r\n";
    ask(site, "/index.php", fields).check(&[
        ("HTTP_AUTHORIZATION", None),
        ("HTTP_PROXY", None),
        ("HTTP_X_UNDER", None),
        ("HTTP_X_ONE", Some("1, 2")),
        ("HTTP_X_EMPTY", Some("")),
        ("HTTP_HOST", Some("site.test")),
    ]);
    ask(site, "/told.php/x?y", fields)
        .check(&[("HTTP_AUTHORIZATION", Some("Basic YTpi")), ("REQUEST_URI", Some("/told.php/x"))]);
}

fn variables_of_the_environment_are_told(site: &mut Site) {
    if !echo(site) {
        return;
    }
    ask(site, "/index.php", "").check(&[
        ("PLACE", Some("house")),
        ("EMPTY", Some("")),
        ("MOOD", None),
        ("HTTP_X_MOOD", Some("own")),
        ("HTTPS", None),
    ]);
    // What the client says of itself stands before what is set for it.
    let told = ask(site, "/app/x", "X-Mood: fine\r\n");
    told.check(&[("PLACE", Some("house")), ("MOOD", Some("fine")), ("HTTP_X_MOOD", Some("fine"))]);
}

fn a_request_that_begins_anew_is_told_where_it_was(site: &mut Site) {
    if !echo(site) {
        return;
    }
    let answer = site.get("/nothing/there?q=1");
    assert_eq!(answer.status, 404);
    Told::of(site, &answer).check(&[
        ("SCRIPT_NAME", Some("/index.php")),
        ("QUERY_STRING", Some("missing")),
        ("REQUEST_URI", Some("/nothing/there?q=1")),
        ("REDIRECT_URL", Some("/nothing/there")),
        ("REDIRECT_QUERY_STRING", Some("q=1")),
        ("REDIRECT_STATUS", Some("404")),
    ]);
    ask(site, "/front/some/page?x", "").check(&[
        ("SCRIPT_NAME", Some("/index.php")),
        ("PATH_INFO", Some("/from/some/page")),
        ("QUERY_STRING", Some("front")),
        ("REDIRECT_URL", Some("/front/some/page")),
        ("REDIRECT_STATUS", Some("200")),
        ("REDIRECT_RULE", Some("yes")),
        ("REDIRECT_PLACE", Some("house")),
        ("PLACE", Some("house")),
    ]);
}

fn urls_are_told_as_urls(site: &mut Site) {
    if !echo(site) {
        return;
    }
    ask(site, "/app/a%20b.php/x?y=z", "").check(&[
        ("SCRIPT_FILENAME", Some(&url(site, "/srv/app/a%20b.php/x"))),
        ("SCRIPT_NAME", Some("/app/a b.php/x")),
        ("PATH_INFO", None),
        ("QUERY_STRING", Some("y=z")),
    ]);
    ask(site, "/match/d%3f.php/x?y", "").check(&[("SCRIPT_FILENAME", Some(&url(site, "/srv/d%3F.php/x")))]);
}

fn parameters_are_changed(site: &mut Site) {
    if !echo(site) {
        return;
    }
    ask(site, "/changed.php?q", "").check(&[
        ("QUERY_STRING", Some("q")),
        ("AROUND", Some("house")),
        ("SEEN", Some("house at /changed.php")),
        ("AGAIN", Some("/changed!")),
    ]);
    ask(site, "/changed.php/x?q", "").check(&[("QUERY_STRING", None), ("PATH_INFO", Some("/x"))]);
}

fn errors_keep_their_status(site: &mut Site) {
    if !echo(site) {
        return;
    }
    let say = |path: &str, said: &str| site.get(&format!("{path}?say={said}"));
    let answer = say("/index.php", "Status:%20404|X-A:%20b");
    assert_eq!((answer.status, answer.field("X-A"), answer.field("Status")), (404, Some("b"), None));
    assert_eq!(answer.text(), "own");
    let answer = say("/replaced/x", "Status:%20503");
    assert_eq!((answer.status, answer.text()), (503, "for a while".to_owned()));
    assert_eq!(say("/replaced/x", "Status:%20500").text(), "own");
    // A tag that the client has is no answer to it, if the program says nothing of the status.
    let answer = site.get_with("/index.php?say=ETag:%20\"a\"", "If-None-Match: \"a\"\r\n");
    assert_eq!((answer.status, answer.text()), (304, String::new()));
    let answer = site.get_with("/index.php?say=Status:%20200|ETag:%20\"a\"", "If-None-Match: \"a\"\r\n");
    assert_eq!(answer.status, 200);
}

fn what_is_not_there_may_be_left_to_the_server(site: &mut Site) {
    if !echo(site) {
        return;
    }
    ask(site, "/there/is.php/x", "").check(&[("SCRIPT_NAME", Some("/there/is.php")), ("REDIRECT_STATUS", None)]);
    ask(site, "/there/none.php/x", "").check(&[("REDIRECT_STATUS", Some("404"))]);
}

fn connections_are_kept_where_that_is_said(site: &mut Site) {
    if !echo(site) {
        return;
    }
    ask(site, "/app/x", "").check(&[("content", Some(" keeps=false"))]);
    ask(site, "/kept/x", "").check(&[("content", Some(" keeps=true"))]);
}

fn content_has_a_limit(site: &mut Site) {
    if !echo(site) {
        return;
    }
    let large = "x".repeat(1001);
    for path in ["/index.php", "/app/x", "/"] {
        assert_eq!(site.post(path, &large[1..]).status, 200, "{path}");
        assert_eq!(site.post(path, &large).status, 413, "{path}");
        let head = format!("POST {path} HTTP/1.1\r\nHost: site.test\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!(site.ask(&format!("{head}3e9\r\n{large}\r\n0\r\n\r\n")).status, 413, "{path}");
    }
}

fn a_rule_may_name_a_file(site: &mut Site) {
    if !echo(site) {
        return;
    }
    ask(site, "/whole/x", "").check(&[
        ("SCRIPT_FILENAME", Some(&url(site, "ROOT/index.php"))),
        ("SCRIPT_NAME", Some("/index.php")),
        ("CONTEXT_DOCUMENT_ROOT", Some("ROOT")),
        ("SCRIPT_URL", Some("/whole/x")),
        ("SCRIPT_URI", Some("http://site.test/whole/x")),
    ]);
}

fn scgi_and_uwsgi_are_spoken(site: &mut Site) {
    if !echo(site) {
        return;
    }
    site.peer(0).greet(|conversation| {
        let wire = conversation.wire();
        let first = wire.read_exactly(4).unwrap();
        let rest = if first[0] == 0 {
            usize::from(first[1]) | usize::from(first[2]) << 8
        } else {
            // A netstring: its length has as many digits as fit before the colon.
            let more = wire.read_until(b":").unwrap().unwrap_or_default();
            let digits = [&first[..], &more].concat();
            let colon = digits.iter().position(|byte| *byte == b':').unwrap();
            let length: usize = std::str::from_utf8(&digits[..colon]).unwrap().parse().unwrap();
            length + 1 - (digits.len() - colon - 1)
        };
        let told = String::from_utf8_lossy(&wire.read_exactly(rest).unwrap()).replace('\0', "|");
        conversation.send(format!("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n{told}"));
        conversation.close();
    });
    let text = site.get("/scgi/a%20b?c").text();
    let file = format!("|SCRIPT_FILENAME|proxy:scgi://{}/tools/a%20b|", site.peer(0).address());
    for part in ["|SCGI|1|", "|SCRIPT_NAME|/scgi/a b|", "|QUERY_STRING|c|", &file] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("PATH_INFO"), "{text}");
    let text = site.get("/uwsgi/a%20b?c").text();
    // A length of two bytes stands before each name and each value.
    for part in ["SCRIPT_NAME\u{6}|/uwsgi", "PATH_INFO\u{4}|/a b", "QUERY_STRING\u{1}|c"] {
        assert!(text.contains(part), "{part}: {text:?}");
    }
}
