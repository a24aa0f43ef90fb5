//! What `mod_cache` and its kin say of keeping answers, seen from both sides.

use testkit::{Conversation, Gate, Request, Response, Setup, Site, cases};

cases!(
    keeping,
    setup,
    [
        what_is_fresh_is_given_out_again,
        what_says_nothing_is_kept_as_long_as_it_is_told,
        times_have_bounds,
        what_is_too_long_is_not_kept,
        fields_that_are_named_are_not_kept,
        exceptions_hold_where_they_are_written,
        a_variable_keeps_an_answer_from_being_kept,
        paths_that_are_named_are_not_kept_however_they_are_written,
        sections_say_who_is_kept_and_who_is_told,
        access_is_checked_before_a_kept_answer_is_given_out,
        a_rewritten_path_is_kept_as_what_it_became,
        what_clients_ask_of_kept_answers_counts_unless_it_is_ignored,
        a_part_that_is_asked_for_is_asked_for_on_a_miss,
        what_is_stale_is_validated_and_told,
        another_answer_ends_what_was_kept,
        what_is_stale_stands_in_for_a_server_in_trouble,
        what_must_be_validated_never_stands_in,
        a_change_ends_what_was_kept,
        sessions_and_arguments_are_left_out_of_keys,
        one_key_stands_for_several_hosts,
        what_shows_who_asks_is_passed_by,
    ]
);
cases!(locking, locked, [what_is_stale_is_given_out_while_another_fetches, what_comes_is_read_by_others_as_it_comes]);

fn setup() -> Setup {
    Setup::apache(
        "
CacheHeader on
CacheDetailHeader on
CacheRoot cache
<VirtualHost {front}>
    ServerName example.com
    CacheEnable disk /
    CacheDisable /never
    CacheIgnoreHeaders Set-Cookie X-Own
    CacheMaxFileSize 20
    SetEnvIf Request_URI ^/unkept no-cache
    RewriteEngine On
    RewriteCond %{HTTP_COOKIE} kind=b
    RewriteRule ^/pages/(.*) /b/$1 [PT]
    <Location /undated>
        CacheIgnoreNoLastMod on
        CacheDefaultExpire 100
    </Location>
    <Location /short>
        CacheMaxExpire 10
    </Location>
    <Location /exceptions>
        CacheStorePrivate on
        CacheStoreNoStore on
    </Location>
    <Location /off>
        CacheDisable on
    </Location>
    <Location /quiet>
        CacheHeader off
        CacheDetailHeader off
    </Location>
    <Location /honest>
        CacheStaleOnError off
    </Location>
    <Location /guarded>
        Require expr %{HTTP:X-Word} == 'open'
    </Location>
    ProxyPass / http://{peer0}/
</VirtualHost>
<VirtualHost {front}>
    ServerName late.test
    CacheQuickHandler off
    CacheIgnoreCacheControl on
    CacheIgnoreURLSessionIdentifiers sid
    CacheKeyBaseURL http://www.example.com/
    <Location /in>
        CacheEnable disk
    </Location>
    ProxyPass / http://{peer0}/
</VirtualHost>
<VirtualHost {front}>
    ServerName shared.test
    CacheEnable socache /
    CacheSocache shmcb:cache(100000)
    CacheSocacheMaxSize 10
    CacheIgnoreQueryString on
    CacheKeyBaseURL http://www.example.com/
    ProxyPass / http://{peer0}/
</VirtualHost>
",
    )
    .open_directory("cache")
}

fn locked() -> Setup {
    Setup::apache(
        "
CacheRoot cache
CacheHeader on
CacheLock on
<VirtualHost {front}>
    ServerName example.com
    CacheEnable disk /
    ProxyPass / http://{peer0}/
</VirtualHost>
",
    )
    .open_directory("cache")
}

const FRESH: &str = "Cache-Control: max-age=60\r\n";
const STALE: &str = "Cache-Control: max-age=0\r\nETag: \"a\"\r\n";
const HOST: &str = "Host: example.com\r\n";
const LATE: &str = "Host: late.test\r\n";

fn ask(site: &Site, path: &str, fields: &str) -> Response {
    let host = if fields.starts_with("Host: ") { "" } else { HOST };
    site.ask(&format!("GET {path} HTTP/1.1\r\n{host}{fields}Connection: close\r\n\r\n"))
}

/// The last request that the server had.
fn last(site: &Site) -> Request {
    site.peer(0).requests().pop().unwrap()
}

/// What `X-Cache` says before the server's name, and the body.
fn told(answer: &Response) -> (String, String) {
    let told = answer.field("X-Cache").unwrap_or_default();
    (told.split(" from ").next().unwrap_or_default().to_owned(), answer.text())
}

/// The first request is answered by the server, the second by what was kept, or not.
#[track_caller]
fn twice(site: &Site, path: &str, fields: &str, answer: &str, kept: bool) {
    site.peer(0).reply_with(answer, "first");
    assert_eq!(told(&ask(site, path, fields)), ("MISS".into(), "first".into()), "{path} {answer}");
    site.peer(0).reply_with(answer, "other");
    let expected = if kept { ("HIT", "first") } else { ("MISS", "other") };
    assert_eq!(told(&ask(site, path, fields)), (expected.0.into(), expected.1.into()), "{path} {answer}");
}

fn what_is_fresh_is_given_out_again(site: &mut Site) {
    twice(site, "/fresh", "", FRESH, true);
    let hit = ask(site, "/fresh", "");
    assert_eq!(hit.field("X-Cache"), Some("HIT from example.com"));
    assert_eq!(hit.field("X-Cache-Detail"), Some("\"kept and fresh\" from example.com"));
    assert!(hit.field("Age").is_some_and(|age| age.parse::<u64>().is_ok()), "{hit:?}");
    assert_eq!(hit.field("Accept-Ranges"), None, "a forwarded answer offers no ranges");
    twice(site, "/tagged", "", "ETag: \"a\"\r\n", true);
    twice(site, "/tagged?q", "", "ETag: \"a\"\r\n", false);
    twice(site, "/explicit?q", "", FRESH, true);
    twice(site, "/nothing", "", "", false);
    twice(site, "/private", "", "Cache-Control: private, max-age=60\r\n", false);
    twice(site, "/secret", "", "Cache-Control: no-store, max-age=60\r\n", false);
    twice(site, "/past", "", "Expires: Mon, 03 Feb 2025 04:05:06 GMT\r\nETag: \"a\"\r\n", false);
    let why = ask(site, "/past", "").field("X-Cache-Detail").map(str::to_owned);
    assert_eq!(why.as_deref(), Some("\"not kept: Expires is past\" from example.com"));
}

fn what_says_nothing_is_kept_as_long_as_it_is_told(site: &mut Site) {
    twice(site, "/undated/a", "", "", true);
    assert_eq!(told(&ask(site, "/undated/a", "Cache-Control: min-fresh=90\r\n")).0, "HIT");
    assert_eq!(told(&ask(site, "/undated/a", "Cache-Control: min-fresh=110\r\n")).0, "MISS");
}

fn times_have_bounds(site: &mut Site) {
    twice(site, "/short/a", "", FRESH, true);
    assert_eq!(told(&ask(site, "/short/a", "Cache-Control: min-fresh=20\r\n")).0, "MISS");
}

fn what_is_too_long_is_not_kept(site: &mut Site) {
    for chunked in [false, true] {
        for (length, kept) in [(20, true), (21, false), (0, false)] {
            let path = format!("/long/{chunked}/{length}");
            let body = "x".repeat(length);
            let answer = if chunked {
                let chunk = if length > 0 { format!("{length:x}\r\n{body}\r\n") } else { String::new() };
                format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{FRESH}\r\n{chunk}0\r\n\r\n")
            } else {
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{FRESH}\r\n{body}")
            };
            site.peer(0).reply(answer);
            assert_eq!(told(&ask(site, &path, "")), ("MISS".into(), body.clone()), "{path}");
            let expected = if kept { "HIT" } else { "MISS" };
            assert_eq!(told(&ask(site, &path, "")), (expected.into(), body), "{path}");
        }
    }
    twice(site, "/small", "Host: shared.test\r\n", FRESH, true);
    site.peer(0).reply_with(FRESH, "eleven byte");
    for _ in 0..2 {
        assert_eq!(told(&ask(site, "/large", "Host: shared.test\r\n")).0, "MISS");
    }
}

fn fields_that_are_named_are_not_kept(site: &mut Site) {
    site.peer(0).reply_with(&format!("{FRESH}Set-Cookie: a=b\r\nX-Own: 1\r\nX-All: 1\r\n"), "body");
    for (status, own) in [("MISS", Some("1")), ("HIT", None)] {
        let answer = ask(site, "/fields", "");
        assert_eq!(told(&answer).0, status);
        assert_eq!((answer.field("X-Own"), answer.field("X-All")), (own, Some("1")), "{status}");
        assert_eq!(answer.field("Set-Cookie").is_some(), own.is_some(), "{status}");
    }
}

fn exceptions_hold_where_they_are_written(site: &mut Site) {
    twice(site, "/exceptions/private", "", "Cache-Control: private, max-age=60\r\n", true);
    twice(site, "/exceptions/secret", "", "Cache-Control: no-store, max-age=60\r\n", true);
    twice(site, "/exceptions/all", "", "Cache-Control: max-age=60\r\nVary: *\r\n", false);
}

fn a_variable_keeps_an_answer_from_being_kept(site: &mut Site) {
    twice(site, "/unkept", "", FRESH, false);
}

fn paths_that_are_named_are_not_kept_however_they_are_written(site: &mut Site) {
    for path in ["/never", "/never/x", "/%6eever", "/x/../never", "//never", "/off", "/off/x", "/x/../off"] {
        site.peer(0).reply_with(FRESH, "body");
        for _ in 0..2 {
            assert_eq!(told(&ask(site, path, "")).0, "", "{path}");
        }
    }
}

fn sections_say_who_is_kept_and_who_is_told(site: &mut Site) {
    site.peer(0).reply_with(FRESH, "first");
    assert_eq!(told(&ask(site, "/quiet", "")), (String::new(), "first".into()));
    site.peer(0).reply_with(FRESH, "other");
    let hit = ask(site, "/quiet", "");
    assert_eq!((told(&hit), hit.field("X-Cache-Detail")), ((String::new(), "first".into()), None));
    twice(site, "/in/a", LATE, FRESH, true);
    site.peer(0).reply_with(FRESH, "out");
    assert_eq!(told(&ask(site, "/out", LATE)).0, "");
}

fn access_is_checked_before_a_kept_answer_is_given_out(site: &mut Site) {
    twice(site, "/guarded", "X-Word: open\r\n", FRESH, true);
    assert_eq!(ask(site, "/guarded", "").status, 403);
}

fn a_rewritten_path_is_kept_as_what_it_became(site: &mut Site) {
    site.peer(0).reply_with(FRESH, "a");
    assert_eq!(told(&ask(site, "/pages/x", "")), ("MISS".into(), "a".into()));
    site.peer(0).reply_with(FRESH, "b");
    assert_eq!(told(&ask(site, "/pages/x", "Cookie: kind=b\r\n")), ("MISS".into(), "b".into()));
    assert_eq!(told(&ask(site, "/pages/x", "")), ("HIT".into(), "a".into()));
    assert_eq!(told(&ask(site, "/b/x", "")), ("HIT".into(), "b".into()));
}

fn what_clients_ask_of_kept_answers_counts_unless_it_is_ignored(site: &mut Site) {
    twice(site, "/asked", "Cache-Control: no-cache\r\n", FRESH, false);
    twice(site, "/in/asked", "Host: late.test\r\nCache-Control: no-cache\r\n", FRESH, true);
    assert_eq!(ask(site, "/asked/absent", "Cache-Control: only-if-cached\r\n").status, 504);
}

fn a_part_that_is_asked_for_is_asked_for_on_a_miss(site: &mut Site) {
    let part = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-2/9\r\nContent-Length: 3\r\n";
    site.peer(0).reply(format!("{part}{FRESH}\r\nfir"));
    let answer = ask(site, "/part", "Range: bytes=0-2\r\n");
    assert_eq!((answer.status, answer.text()), (206, "fir".into()));
    assert_eq!(last(site).field("Range"), Some("bytes=0-2"));
    twice(site, "/part", "", FRESH, true);
    let cut = ask(site, "/part", "Range: bytes=1-2\r\n");
    assert_eq!((cut.status, told(&cut)), (206, ("HIT".into(), "ir".into())));
}

fn what_is_stale_is_validated_and_told(site: &mut Site) {
    site.peer(0).reply_with(STALE, "first");
    assert_eq!(told(&ask(site, "/stale", "")).0, "MISS");
    site.peer(0).reply("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=60\r\n\r\n");
    let answer = ask(site, "/stale", "If-None-Match: \"b\"\r\n");
    assert_eq!(told(&answer), ("REVALIDATE".into(), "first".into()));
    assert_eq!(last(site).field("If-None-Match"), Some("\"a\""));
    assert_eq!(told(&ask(site, "/stale", "")).0, "HIT");
}

fn another_answer_ends_what_was_kept(site: &mut Site) {
    site.peer(0).reply_with(STALE, "first");
    assert_eq!(told(&ask(site, "/ended", "")).0, "MISS");
    site.peer(0).reply("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
    assert_eq!(told(&ask(site, "/ended", "")), ("MISS".into(), "gone".into()));
    site.peer(0).reply("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
    assert_eq!(told(&ask(site, "/ended", "")), ("MISS".into(), "busy".into()), "nothing is kept any more");
    assert_eq!(last(site).field("If-None-Match"), None);
    // Who finds another answer good does not find this one good.
    site.peer(0).reply_with(STALE, "first");
    assert_eq!(told(&ask(site, "/meant", "")).0, "MISS");
    site.peer(0).script(|conversation| {
        if conversation.request().field("If-None-Match").is_some() {
            conversation.send("HTTP/1.1 304 Not Modified\r\nETag: \"b\"\r\n\r\n");
        } else {
            conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother");
        }
    });
    assert_eq!(told(&ask(site, "/meant", "")), ("MISS".into(), "other".into()));
}

fn what_is_stale_stands_in_for_a_server_in_trouble(site: &mut Site) {
    for (path, status, body) in [("/trouble", 200, "first"), ("/honest/trouble", 503, "busy")] {
        site.peer(0).reply_with(STALE, "first");
        assert_eq!(told(&ask(site, path, "")).0, "MISS");
        site.peer(0).reply("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
        let answer = ask(site, path, "");
        assert_eq!((answer.status, answer.text()), (status, body.into()), "{path}");
        assert_eq!(answer.field("Warning").is_some(), status == 200, "{path}");
    }
    // One that says nothing at all is in trouble too.
    site.peer(0).script(Conversation::close);
    assert_eq!(told(&ask(site, "/trouble", "")), ("HIT".into(), "first".into()));
}

fn what_must_be_validated_never_stands_in(site: &mut Site) {
    let tagged = |says: &str| format!("Cache-Control: {says}\r\nETag: \"a\"\r\n");
    for (number, says) in ["no-cache", "max-age=0, must-revalidate", "s-maxage=0"].iter().enumerate() {
        let path = format!("/must/{number}");
        site.peer(0).reply_with(&tagged(says), "first");
        assert_eq!(told(&ask(site, &path, "")).0, "MISS");
        site.peer(0).reply("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
        assert_eq!(ask(site, &path, "").status, 503, "{says}");
    }
}

fn a_change_ends_what_was_kept(site: &mut Site) {
    twice(site, "/changed", "", FRESH, true);
    site.peer(0).reply_with("", "done");
    let post = format!("POST /changed HTTP/1.1\r\n{HOST}Content-Length: 0\r\nConnection: close\r\n\r\n");
    assert_eq!(told(&site.ask(&post)), (String::new(), "done".into()));
    site.peer(0).reply_with(FRESH, "newer");
    assert_eq!(told(&ask(site, "/changed", "")), ("MISS".into(), "newer".into()));
}

fn sessions_and_arguments_are_left_out_of_keys(site: &mut Site) {
    let same = |fields: &str, [first, second]: [&str; 2], same: bool| {
        site.peer(0).reply_with(FRESH, "first");
        assert_eq!(told(&ask(site, first, fields)).0, "MISS", "{first}");
        site.peer(0).reply_with(FRESH, "other");
        let expected = if same { "HIT" } else { "MISS" };
        assert_eq!(told(&ask(site, second, fields)).0, expected, "{first} {second}");
    };
    same(LATE, ["/in/a;sid=1?x", "/in/a;sid=2?x"], true);
    same(LATE, ["/in/b?sid=1&x=1", "/in/b?x=1&sid=2"], true);
    same(LATE, ["/in/c?xsid=1", "/in/c?xsid=2"], false);
    same("Host: shared.test\r\n", ["/d?x=1", "/d?x=2"], true);
    same("", ["/e?x=1", "/e?x=2"], false);
}

fn one_key_stands_for_several_hosts(site: &mut Site) {
    twice(site, "/in/based", "Host: late.test\r\n", FRESH, true);
    assert_eq!(told(&ask(site, "/in/based", "Host: LATE.test:80\r\n")).0, "HIT");
    twice(site, "/hosts", "", FRESH, true);
    assert_eq!(told(&ask(site, "/hosts", "Host: other.test\r\n")).0, "MISS", "the first host answers for others");
    let poisoned = "X-Forwarded-Host: evil.test\r\n";
    assert_eq!(told(&ask(site, "/hosts", poisoned)).0, "MISS", "a server may be told another host");
}

fn what_shows_who_asks_is_passed_by(site: &mut Site) {
    const WHO: &str = "Authorization: Basic eDp5\r\n";
    twice(site, "/who", "", FRESH, true);
    site.peer(0).reply_with(FRESH, "mine");
    assert_eq!(told(&ask(site, "/who", WHO)), (String::new(), "mine".into()));
    assert_eq!(told(&ask(site, "/who", "")), ("HIT".into(), "first".into()));
    // Where kept answers come late, as RFC 9111 has it.
    twice(site, "/in/who", &format!("Host: late.test\r\n{WHO}"), FRESH, false);
    twice(site, "/in/all", &format!("Host: late.test\r\n{WHO}"), "Cache-Control: public, max-age=60\r\n", true);
}

fn what_is_stale_is_given_out_while_another_fetches(site: &mut Site) {
    site.peer(0).reply_with(STALE, "first");
    assert_eq!(told(&ask(site, "/lock", "")).0, "MISS");
    let before = site.peer(0).requests().len();
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        held.wait();
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nnewer");
    });
    let mut first = site.client();
    first.send(format!("GET /lock HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"));
    site.peer(0).wait_for_requests(before + 1);
    let meanwhile = ask(site, "/lock", "");
    assert_eq!(told(&meanwhile), ("HIT".into(), "first".into()));
    assert_eq!(meanwhile.field("Warning"), Some("110 Response is stale"));
    gate.open();
    assert_eq!(first.response().text(), "newer");
}

fn what_comes_is_read_by_others_as_it_comes(site: &mut Site) {
    let before = site.peer(0).requests().len();
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nCache-Control: max-age=60\r\n\r\nbegun");
        held.wait();
        conversation.send("ended");
    });
    let mut clients = [site.client(), site.client()];
    for client in &mut clients {
        client.send(format!("GET /coming HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"));
    }
    site.peer(0).wait_for_requests(before + 1);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().text(), "begunended");
    }
    assert_eq!(site.peer(0).requests().len(), before + 1, "one request is made for both");
}
