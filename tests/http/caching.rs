//! Answers that are kept: given out again while they are good, fetched once for many, never shared wrongly.

use std::path::PathBuf;

use testkit::{Conversation, Gate, Setup, Site, cases, eventually};

cases!(
    caching,
    setup,
    [
        an_answer_is_fetched_once,
        what_is_personal_is_not_kept,
        answers_differ_by_the_fields_that_vary_names,
        parts_and_conditions_are_answered_from_what_is_kept,
        many_who_ask_at_once_make_one_request,
        who_waits_reads_the_answer_as_it_comes,
        a_fetch_outlives_its_client,
        an_old_answer_is_better_than_none,
        a_purge_removes_what_is_kept,
        a_large_answer_comes_out_of_its_file,
        a_damaged_file_is_never_served,
        a_vanished_directory_costs_no_request,
        the_standard_decides_where_it_is_asked,
        a_change_ends_the_use_of_what_is_kept,
        an_error_of_one_who_bypasses_is_his_own,
        what_is_not_buffered_is_not_kept,
        an_answer_to_head_is_not_one_to_get,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    proxy_cache_path cache levels=1:2 keys_zone=one:1m;
    proxy_cache_path bare keys_zone=files:1m memory=0;
    map $request_method $purge { PURGE 1; default 0; }
    server {
        listen {front};
        add_header X-Cache $upstream_cache_status;
        proxy_cache one;
        proxy_cache_purge $purge;
        location / { proxy_pass http://{peer0}; proxy_cache_valid 200 1m; }
        location /locked/ { proxy_pass http://{peer0}; proxy_cache_lock on; proxy_cache_valid 200 1m; }
        location /stale/ { proxy_pass http://{peer0}; proxy_cache_use_stale error http_503; }
        location /files/ { proxy_pass http://{peer0}; proxy_cache files; proxy_cache_valid 200 1m; }
        location /bypassed/ {
            proxy_pass http://{peer0};
            proxy_cache_valid 200 404 1m;
            proxy_cache_bypass $cookie_user;
            proxy_intercept_errors on;
            error_page 404 /page;
        }
        location = /page { return 200 page; }
        location /head/ { proxy_pass http://{peer0}; proxy_cache_valid 200 1m; proxy_cache_convert_head off; proxy_cache_key $uri; }
        location /standard/ { proxy_pass http://{peer0}; proxy_cache_rules rfc9111; }
    }",
    )
    .open_directory("cache")
    .open_directory("bare")
}

/// What the cache had to do with an answer, and its body.
#[track_caller]
fn check(site: &Site, path: &str, fields: &str, expected: (&str, &str)) {
    let answer = site.get_with(path, fields);
    assert_eq!((answer.field("X-Cache").unwrap_or_default(), answer.text().as_str()), expected, "{path} {fields}");
}

fn an_answer_is_fetched_once(site: &mut Site) {
    site.peer(0).reply_with("X-Own: 1\r\n", "first");
    check(site, "/once", "", ("MISS", "first"));
    site.peer(0).reply_with("", "second");
    let answer = site.get("/once");
    assert_eq!(
        (answer.field("X-Cache"), answer.field("X-Own"), answer.text().as_str()),
        (Some("HIT"), Some("1"), "first")
    );
    check(site, "/once?other", "", ("MISS", "second"));
    let head = site.ask("HEAD /once HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!((head.field("X-Cache"), head.field("Content-Length")), (Some("HIT"), Some("5")));
}

fn what_is_personal_is_not_kept(site: &mut Site) {
    for (number, fields) in
        ["Set-Cookie: a=b\r\n", "Cache-Control: private\r\n", "Cache-Control: no-store\r\n", "Vary: *\r\n"]
            .iter()
            .enumerate()
    {
        let path = format!("/personal/{number}");
        site.peer(0).reply_with(fields, "mine");
        check(site, &path, "", ("MISS", "mine"));
        check(site, &path, "", ("MISS", "mine"));
    }
}

fn answers_differ_by_the_fields_that_vary_names(site: &mut Site) {
    for language in ["en", "de"] {
        site.peer(0).reply_with("Vary: Accept-Language\r\n", language);
        check(site, "/vary", &format!("Accept-Language: {language}\r\n"), ("MISS", language));
    }
    site.peer(0).reply_with("", "neither");
    for language in ["en", "de", "en"] {
        check(site, "/vary", &format!("Accept-Language: {language}\r\n"), ("HIT", language));
    }
}

fn parts_and_conditions_are_answered_from_what_is_kept(site: &mut Site) {
    site.peer(0).reply_with("ETag: \"x\"\r\nAccept-Ranges: bytes\r\n", "0123456789");
    let first = site.get_with("/parts", "Range: bytes=2-3\r\nIf-None-Match: \"y\"\r\n");
    assert_eq!((first.status, first.text().as_str()), (206, "23"));
    let asked = site.peer(0).request();
    assert_eq!((asked.field("Range"), asked.field("If-None-Match")), (None, None), "all of it is asked for");
    let part = site.get_with("/parts", "Range: bytes=-2\r\n");
    assert_eq!((part.status, part.text().as_str(), part.field("X-Cache")), (206, "89", Some("HIT")));
    assert_eq!(site.get_with("/parts", "If-None-Match: \"x\"\r\n").status, 304);
}

fn many_who_ask_at_once_make_one_request(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        held.wait();
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce");
    });
    let before = site.peer(0).requests().len();
    let mut clients: Vec<_> = (0..50).map(|_| site.client()).collect();
    for client in &mut clients {
        client.send("GET /locked/many HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    site.peer(0).wait_for_requests(before + 1);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().text(), "once");
    }
    assert_eq!(site.peer(0).requests().len(), before + 1);
}

fn who_waits_reads_the_answer_as_it_comes(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
        held.wait();
        conversation.send(b"rest");
    });
    let (mut first, mut second) = (site.client(), site.client());
    for client in [&mut first, &mut second] {
        client.send("GET /locked/growing HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(client.read_until("half").ends_with("half"));
    }
    gate.open();
    for client in [&mut first, &mut second] {
        assert_eq!(client.read_exactly(4), b"rest");
    }
}

fn a_fetch_outlives_its_client(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
        held.wait();
        conversation.send(b"rest");
    });
    let mut client = site.client();
    client.send("GET /left HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_until("half");
    client.reset();
    gate.open();
    eventually("the answer is kept", || site.get("/left").field("X-Cache") == Some("HIT"));
    assert_eq!(site.get("/left").text(), "halfrest");
}

fn an_old_answer_is_better_than_none(site: &mut Site) {
    site.peer(0).reply_with("Cache-Control: max-age=1\r\n", "old");
    check(site, "/stale/x", "", ("MISS", "old"));
    site.peer(0).reply("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    eventually("it is old", || site.get("/stale/x").field("X-Cache") == Some("STALE"));
    site.peer(0).script(Conversation::abort);
    check(site, "/stale/x", "", ("STALE", "old"));
    site.peer(0).reply_with("Cache-Control: max-age=60\r\n", "new");
    check(site, "/stale/x", "", ("EXPIRED", "new"));
    check(site, "/stale/x", "", ("HIT", "new"));
}

fn a_purge_removes_what_is_kept(site: &mut Site) {
    site.peer(0).reply_with("", "kept");
    check(site, "/purged", "", ("MISS", "kept"));
    let purge = "PURGE /purged HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(site.ask(purge).status, 204);
    assert_eq!(site.ask(purge).status, 404);
    check(site, "/purged", "", ("MISS", "kept"));
}

fn a_large_answer_comes_out_of_its_file(site: &mut Site) {
    let body: String = (0..400_000).map(|number| char::from(b'a' + u8::try_from(number % 23).unwrap())).collect();
    site.peer(0).reply_with("Accept-Ranges: bytes\r\n", &body);
    for _ in 0..2 {
        assert!(site.get("/files/large").text() == body);
    }
    eventually("it is kept", || site.get("/files/large").field("X-Cache") == Some("HIT"));
    site.peer(0).reply_with("", "other");
    assert!(site.get("/files/large").text() == body);
    assert_eq!(site.get_with("/files/large", "Range: bytes=300000-300009\r\n").text(), &body[300_000..300_010]);
}

/// The files of a store.
fn files(site: &Site, directory: &str) -> Vec<PathBuf> {
    let found = std::fs::read_dir(site.prefix().path().join(directory)).unwrap();
    found.map(|entry| entry.unwrap().path()).filter(|path| path.file_name().unwrap().len() == 32).collect()
}

fn a_damaged_file_is_never_served(site: &mut Site) {
    for old in files(site, "bare") {
        std::fs::remove_file(old).unwrap();
    }
    site.peer(0).reply_with("", "undamaged");
    check(site, "/files/damaged", "", ("MISS", "undamaged"));
    // An earlier case's file may come late: it is another.
    let place_in = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        let place = bytes.windows(9).position(|window| window == b"undamaged")?;
        Some((bytes, place))
    };
    let find = || files(site, "bare").into_iter().find_map(|path| Some((place_in(&path)?, path)));
    eventually("its file is there", || find().is_some());
    eventually("it is read from there", || site.get("/files/damaged").field("X-Cache") == Some("HIT"));
    let ((mut bytes, place), file) = find().unwrap();
    bytes[place] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    eventually("memory lets go of it, and it is fetched again", || {
        let answer = site.get("/files/damaged");
        assert_eq!(answer.text(), "undamaged");
        answer.field("X-Cache") == Some("MISS")
    });
}

fn a_vanished_directory_costs_no_request(site: &mut Site) {
    let directory = site.prefix().path().join("bare");
    let aside = site.prefix().path().join("aside");
    std::fs::rename(&directory, &aside).unwrap();
    site.peer(0).reply_with("", "small");
    assert_eq!(site.get("/files/nowhere").text(), "small");
    let large = "x".repeat(2_000_000);
    site.peer(0).reply_with("", &large);
    assert!(site.get("/files/nowhere/large").text() == large);
    site.server().wait_for_log("cannot write a file");
    std::fs::rename(&aside, &directory).unwrap();
}

fn the_standard_decides_where_it_is_asked(site: &mut Site) {
    site.peer(0).reply_with("Cache-Control: max-age=60\r\nSet-Cookie: a=b\r\n", "shared");
    site.get("/standard/x");
    let answer = site.get("/standard/x");
    assert_eq!(answer.field("X-Cache"), Some("HIT"));
    assert!(answer.field("Age").is_some_and(|age| age.parse::<u64>().is_ok_and(|age| age < 30)));
    assert!(answer.field("Cache-Status").is_some_and(|told| told.starts_with("zaguan; hit; ttl=")));
    let before = site.peer(0).requests().len();
    site.get_with("/standard/secret", "Authorization: Basic eDp5\r\n");
    site.get_with("/standard/secret", "Authorization: Basic eDp5\r\n");
    assert_eq!(site.peer(0).requests().len(), before + 2, "what is for one is not kept for others");
    let only = site.get_with("/standard/unknown", "Cache-Control: only-if-cached\r\n");
    assert_eq!(only.status, 504);
}

fn a_change_ends_the_use_of_what_is_kept(site: &mut Site) {
    site.peer(0).reply_with("Cache-Control: max-age=60\r\n", "before");
    site.get("/standard/changed");
    check(site, "/standard/changed", "", ("HIT", "before"));
    site.peer(0).reply_with("Cache-Control: max-age=60\r\n", "after");
    assert_eq!(site.post("/standard/changed", "x").status, 200);
    check(site, "/standard/changed", "", ("MISS", "after"));
    site.peer(0).reply_with("Cache-Control: max-age=60\r\nContent-Location: /standard/posted\r\n", "posted");
    site.post("/standard/posted", "x");
    check(site, "/standard/posted", "", ("HIT", "posted"));
}

fn an_error_of_one_who_bypasses_is_his_own(site: &mut Site) {
    site.peer(0).reply_with("", "good");
    check(site, "/bypassed/1", "", ("MISS", "good"));
    site.peer(0).reply("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    assert_eq!(site.get_with("/bypassed/1", "Cookie: user=1\r\n").text(), "page");
    assert_eq!(site.get_with("/bypassed/2", "Cookie: user=1\r\n").text(), "page");
    check(site, "/bypassed/1", "", ("HIT", "good"));
    site.peer(0).reply_with("", "good");
    check(site, "/bypassed/2", "", ("MISS", "good"));
}

fn what_is_not_buffered_is_not_kept(site: &mut Site) {
    site.peer(0).reply_with("X-Accel-Buffering: no\r\n", "event");
    check(site, "/events", "", ("MISS", "event"));
    check(site, "/events", "", ("MISS", "event"));
}

fn an_answer_to_head_is_not_one_to_get(site: &mut Site) {
    site.peer(0).reply_with("", "body");
    let head = |site: &Site| site.ask("HEAD /head/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status;
    assert_eq!(head(site), 200);
    check(site, "/head/1", "", ("MISS", "body"));
    check(site, "/head/1", "", ("HIT", "body"));
}
