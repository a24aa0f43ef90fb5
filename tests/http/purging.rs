//! What is kept is purged: by key, by the beginning of a key, by tag; at once, and for good.

use serde_json::{Value, json};
use testkit::{Finished, Response, Setup, Signal, Site, cases, eventually};

cases!(
    purging,
    Fresh,
    setup,
    [
        a_prefix_purges_whatever_begins_so,
        a_tag_purges_all_that_have_it,
        a_soft_purge_leaves_what_may_be_used_in_need,
        a_method_purges_for_those_who_may,
        a_place_purges_what_it_names,
        a_purge_of_a_key_is_one_of_all_its_answers,
        what_was_asked_for_before_a_purge_is_not_kept,
        an_answer_with_too_many_tags_is_not_kept,
        purges_survive_a_killed_worker,
        programs_ask_what_is_kept,
        what_is_wrong_with_a_purge_is_said,
        the_command_purges,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    proxy_cache_path cache keys_zone=one:1m max_size=64m;
    proxy_cache_path bare keys_zone=two:1m memory=0;
    map $request_method $purge { PURGE 1; default 0; }
    proxy_cache_valid 200 1h;
    proxy_cache_key $uri;
    server {
        listen {front};
        add_header X-Cache $upstream_cache_status;
        location / { proxy_pass http://{peer0}; proxy_cache one; proxy_cache_purge $purge; }
        location /two/ { proxy_pass http://{peer0}; proxy_cache two; proxy_cache_use_stale error; }
        location /by/ { proxy_pass http://{peer0}; proxy_cache one; proxy_cache_purge PURGE from 10.0.0.0/8 127.0.0.1; }
        location /all/ { proxy_pass http://{peer0}; proxy_cache two; proxy_cache_purge DELETE purge_all; }
        location /others/ { proxy_pass http://{peer0}; proxy_cache one; proxy_cache_purge on from 10.0.0.0/8; }
        location ~ ^/purge(/.*) { proxy_cache_purge one $1; }
        location ~ ^/guarded(/.*) { deny all; fastcgi_cache_purge one $1; }
        location /api { api write=on; }
        location /told { api; }
    }",
    )
    .open_directory("cache")
    .open_directory("bare")
}

/// What the cache had to do with answers at these paths.
fn statuses(site: &Site, paths: &[&str]) -> String {
    let status = |path: &&str| site.get(path).field("X-Cache").unwrap_or("-").to_owned();
    paths.iter().map(status).collect::<Vec<_>>().join(" ")
}

fn keep(site: &Site, paths: &[&str]) {
    statuses(site, paths);
    assert_eq!(statuses(site, paths), vec!["HIT"; paths.len()].join(" "));
}

fn purge(site: &Site, path: &str) -> u16 {
    ask(site, "PURGE", path).status
}

fn order(site: &Site, cache: &str, what: &Value) -> Response {
    site.post(&format!("/api/9/http/caches/{cache}/purge"), &what.to_string())
}

fn a_prefix_purges_whatever_begins_so(site: &mut Site) {
    site.peer(0).reply_with("", "kept");
    let paths = ["/a/1", "/a/2", "/b"];
    keep(site, &paths);
    assert_eq!(purge(site, "/a/*"), 204);
    assert_eq!(statuses(site, &paths), "MISS MISS HIT");
    assert_eq!(statuses(site, &paths), "HIT HIT HIT", "what came later is kept");
    assert_eq!((purge(site, "/b"), purge(site, "/b")), (204, 404));
    assert_eq!(statuses(site, &paths), "HIT HIT MISS");
    assert_eq!(order(site, "one", &json!({ "prefix": "" })).status, 204);
    assert_eq!(statuses(site, &paths), "MISS MISS MISS");
}

fn ask(site: &Site, method: &str, path: &str) -> Response {
    site.ask(&format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
}

fn a_method_purges_for_those_who_may(site: &mut Site) {
    site.peer(0).reply_with("", "kept");
    keep(site, &["/by/1", "/others/1", "/all/1", "/two/1"]);
    let done = ask(site, "PURGE", "/by/1");
    assert_eq!((done.status, done.text().as_str()), (200, "purged: /by/1\n"));
    assert_eq!(ask(site, "PURGE", "/by/1").status, 404);
    assert_eq!(ask(site, "PURGE", "/others/1").status, 403);
    assert_eq!(statuses(site, &["/by/1", "/others/1"]), "MISS HIT");
    assert_eq!(ask(site, "DELETE", "/all/none").status, 200);
    assert_eq!(statuses(site, &["/all/1", "/two/1"]), "MISS MISS");
    // Elsewhere it is a method like any other.
    assert_eq!(ask(site, "PURGE", "/two/1").text(), "kept");
}

fn a_place_purges_what_it_names(site: &mut Site) {
    site.peer(0).reply_with("", "kept");
    let paths = ["/a/1", "/a/2", "/b"];
    keep(site, &paths);
    assert_eq!((ask(site, "GET", "/purge/b").status, ask(site, "POST", "/purge/b").status), (200, 404));
    assert_eq!(ask(site, "GET", "/guarded/a/1").status, 403);
    assert_eq!(statuses(site, &paths), "HIT HIT MISS");
    assert_eq!(ask(site, "GET", "/purge/a/*").status, 200);
    assert_eq!(statuses(site, &paths), "MISS MISS HIT");
}

fn a_tag_purges_all_that_have_it(site: &mut Site) {
    site.peer(0).reply_with("Cache-Tag: shoes, sale\r\n", "one");
    keep(site, &["/shoes", "/two/shoes"]);
    site.peer(0).reply_with("Surrogate-Key: hats sale\r\n", "two");
    keep(site, &["/hats"]);
    site.peer(0).reply_with("Cache-Tag: sales\r\n", "three");
    keep(site, &["/sales"]);
    let paths = ["/shoes", "/hats", "/sales", "/two/shoes"];
    assert_eq!(site.get("/shoes").field("Cache-Tag"), Some("shoes, sale"), "it is passed on like any field");
    assert_eq!(order(site, "one", &json!({ "tag": "shoes" })).status, 204);
    site.peer(0).reply_with("Cache-Tag: shoes\r\n", "one");
    assert_eq!(statuses(site, &paths), "MISS HIT HIT HIT");
    assert_eq!(order(site, "one", &json!({ "tags": ["sale", "sales"] })).status, 204);
    assert_eq!(statuses(site, &paths), "HIT MISS MISS HIT");
}

fn a_soft_purge_leaves_what_may_be_used_in_need(site: &mut Site) {
    for (target, path) in [
        (json!({ "key": "/two/key", "soft": true }), "/two/key"),
        (json!({ "prefix": "/two/pre", "soft": true }), "/two/prefix"),
        (json!({ "tag": "t", "soft": true }), "/two/tagged"),
    ] {
        site.peer(0).reset();
        site.peer(0).reply_with("Cache-Tag: t\r\n", "kept");
        keep(site, &[path]);
        assert_eq!(order(site, "two", &target).status, 204, "{target}");
        site.peer(0).script(testkit::Conversation::abort);
        let answer = site.get(path);
        assert_eq!((answer.field("X-Cache"), answer.text().as_str()), (Some("STALE"), "kept"), "{target}");
        site.peer(0).reply_with("", "fresh");
        assert_eq!(statuses(site, &[path]), "EXPIRED", "{target}");
        eventually("what came is kept", || statuses(site, &[path]) == "HIT");
    }
}

fn a_purge_of_a_key_is_one_of_all_its_answers(site: &mut Site) {
    let ask = |site: &Site, language: &str| {
        let answer = site.get_with("/vary", &format!("Accept-Language: {language}\r\n"));
        format!("{} {}", answer.field("X-Cache").unwrap_or_default(), answer.text())
    };
    for language in ["en", "de"] {
        site.peer(0).reply_with("Vary: Accept-Language\r\n", language);
        ask(site, language);
    }
    assert_eq!((ask(site, "en"), ask(site, "de")), ("HIT en".into(), "HIT de".into()));
    assert_eq!(purge(site, "/vary"), 204);
    for language in ["de", "en"] {
        site.peer(0).reply_with("Vary: Accept-Language\r\n", "new");
        assert_eq!(ask(site, language), "MISS new", "{language}");
    }
}

fn what_was_asked_for_before_a_purge_is_not_kept(site: &mut Site) {
    let gate = testkit::Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        held.wait();
        conversation.send(b"HTTP/1.1 200 OK\r\nCache-Tag: t\r\nContent-Length: 3\r\n\r\nold");
    });
    let mut client = site.client();
    client.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    site.peer(0).wait_for_requests(1);
    assert_eq!(order(site, "one", &json!({ "tag": "t" })).status, 204);
    gate.open();
    assert_eq!(client.response().text(), "old");
    site.peer(0).reply_with("Cache-Tag: t\r\n", "new");
    assert_eq!(site.get("/late").text(), "new");
}

fn an_answer_with_too_many_tags_is_not_kept(site: &mut Site) {
    let tags: Vec<String> = (0..1001).map(|number| number.to_string()).collect();
    site.peer(0).reply_with(&format!("Cache-Tag: {}\r\n", tags.join(",")), "many");
    assert_eq!(statuses(site, &["/many", "/many"]), "MISS MISS");
    site.server().wait_for_log("it has too many tags");
}

fn purges_survive_a_killed_worker(site: &mut Site) {
    site.peer(0).reply_with("Cache-Tag: t\r\n", "tagged");
    keep(site, &["/two/tagged", "/two/a/key", "/gone"]);
    site.peer(0).reply_with("", "plain");
    keep(site, &["/two/other"]);
    // What is in files is what comes back.
    let count = |site: &Site, directory: &str| {
        let entries = std::fs::read_dir(site.prefix().path().join(directory)).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().file_name().len() == 32).count()
    };
    eventually("files are written", || count(site, "bare") == 3 && count(site, "cache") == 1);
    for (cache, what) in
        [("two", json!({ "tag": "t" })), ("two", json!({ "prefix": "/two/a/" })), ("one", json!({ "key": "/gone" }))]
    {
        assert_eq!(order(site, cache, &what).status, 204);
    }
    let workers = site.server().workers();
    site.server().expect_alerts();
    testkit::signal_process(workers[0], Signal::KILL);
    eventually("another serves", || site.server().workers().first().is_some_and(|pid| *pid != workers[0]));
    assert_eq!(statuses(site, &["/two/tagged", "/two/a/key", "/gone", "/two/other"]), "MISS MISS MISS HIT");
}

fn told(site: &Site, path: &str) -> Value {
    let answer = site.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

fn programs_ask_what_is_kept(site: &mut Site) {
    site.peer(0).reply_with("", "12345");
    statuses(site, &["/told/1"]);
    keep(site, &["/a"]);
    statuses(site, &["/a"]);
    let all = told(site, "/told/9/http/caches/");
    assert_eq!(
        all.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["one".into(), "two".into()])
    );
    let is = |field: &str, value: Value| told(site, "/told/9/http/caches/one")[field] == value;
    eventually("its files are known", || is("cold", json!(false)));
    eventually("its file is written", || is("size", json!(4096)));
    let one = told(site, "/told/9/http/caches/one");
    assert_eq!(one["max_size"], 64 << 20, "{one}");
    assert_eq!(one["hit"], json!({ "responses": 2, "bytes": 10 }));
    let written = json!({ "responses": 1, "bytes": 5, "responses_written": 1, "bytes_written": 5 });
    assert_eq!(one["miss"], written);
    for name in ["stale", "updating", "revalidated"] {
        assert_eq!(one[name], json!({ "responses": 0, "bytes": 0 }), "{name}");
    }
    for name in ["expired", "bypass"] {
        assert_eq!(one[name]["responses_written"], 0, "{name}");
    }
    assert!(told(site, "/told/9/http/caches/two").get("max_size").is_none());
    assert_eq!(site.ask("DELETE /api/9/http/caches/one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status, 204);
    assert_eq!(told(site, "/told/9/http/caches/one?fields=hit")["hit"]["responses"], 0);
}

fn what_is_wrong_with_a_purge_is_said(site: &mut Site) {
    for (path, what, expected) in [
        ("/api/9/http/caches/three/purge", "{\"tag\":\"t\"}", (404, "CacheNotFound")),
        ("/api/9/http/caches/one/purge", "{}", (400, "CachePurgeFormatError")),
        ("/api/9/http/caches/one/purge", "{", (400, "JsonError")),
        ("/api/9/http/caches/one/purge", "{\"key\":\"/none\"}", (404, "CacheKeyNotFound")),
        ("/told/9/http/caches/one/purge", "{\"tag\":\"t\"}", (405, "MethodDisabled")),
        ("/api/9/http/caches/one", "{\"tag\":\"t\"}", (405, "MethodDisabled")),
        ("/api/9/http/caches/one/other", "{\"tag\":\"t\"}", (404, "PathNotFound")),
    ] {
        let answer = site.post(path, what);
        let document: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, document["error"]["code"].as_str().unwrap()), expected, "{path} {what}");
    }
    for number in 0..300 {
        let answer = order(site, "one", &json!({ "prefix": number.to_string() }));
        assert!(matches!(answer.status, 204 | 503), "{number}: {}", answer.status);
    }
}

fn the_command_purges(site: &mut Site) {
    let command = |site: &mut Site, words: &[&str]| -> Finished {
        let binary = testkit::binary(env!("CARGO_BIN_EXE_zaguan"));
        let config = site.prefix().path().join("nginx.conf").display().to_string();
        testkit::run(&binary.to_string_lossy(), &[&["purge", "-c", &config], words].concat())
    };
    site.peer(0).reply_with("Cache-Tag: t\r\n", "kept");
    let paths = ["/a/1", "/a/2", "/b", "/two/b"];
    keep(site, &paths);
    assert_eq!(command(site, &["/b"]).code, Some(0));
    assert_eq!(statuses(site, &paths), "HIT HIT MISS HIT");
    assert_eq!(command(site, &["--cache", "one", "/a/*"]).code, Some(0));
    assert_eq!(statuses(site, &paths), "MISS MISS HIT HIT");
    assert_eq!(command(site, &["--soft", "--tag", "t"]).code, Some(0));
    assert_eq!(statuses(site, &paths), "EXPIRED EXPIRED EXPIRED EXPIRED");
    let nothing = command(site, &["/unknown"]);
    assert_eq!((nothing.code, nothing.stderr.contains("nothing is kept")), (Some(1), true), "{nothing:?}");
    let unknown = command(site, &["--cache", "three", "/a"]);
    assert_eq!((unknown.code, unknown.stderr.contains("cache not found")), (Some(1), true), "{unknown:?}");
    assert_eq!(command(site, &[]).code, Some(2));
}
