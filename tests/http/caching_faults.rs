//! A store whose disk fails: every request is answered all the same, and the error log says once what happened.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use testkit::{Client, Gate, Setup, Site, cases, eventually};

cases!(
    caching_faults,
    setup,
    [
        a_directory_that_may_not_be_written_costs_no_request,
        a_file_in_the_directorys_place_costs_no_request,
        a_file_that_cannot_be_read_is_fetched_again,
        who_waited_for_a_fetch_that_failed_gets_an_own_answer,
        ranges_of_a_kept_file_begin_where_its_body_does,
        a_head_request_tells_whether_what_is_kept_is_good,
        the_rest_of_an_answer_that_broke_off_is_fetched,
        what_is_another_answer_is_not_put_to_it,
        what_goes_while_it_is_validated_is_fetched,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    proxy_cache_path closed keys_zone=closed:1m memory=0;
    proxy_cache_path swapped keys_zone=swapped:1m memory=0;
    proxy_cache_path broken keys_zone=broken:1m memory=0;
    proxy_cache_path full keys_zone=full:1m;
    server {
        listen {front};
        add_header X-Cache $upstream_cache_status;
        proxy_cache_valid 200 1m;
        location /closed/ { proxy_pass http://{peer0}; proxy_cache closed; }
        location /swapped/ { proxy_pass http://{peer0}; proxy_cache swapped; }
        location /broken/ { proxy_pass http://{peer0}; proxy_cache broken; }
        location /full/ { proxy_pass http://{peer0}; proxy_cache full; }
        location /locked/ { proxy_pass http://{peer1}; proxy_cache full; proxy_cache_lock on; }
        location /told { api; }
        location /standard/ { proxy_pass http://{peer0}; proxy_cache full; proxy_cache_rules rfc9111; proxy_cache_convert_head off; }
    }",
    )
    .open_directory("closed")
    .open_directory("swapped")
    .open_directory("broken")
    .open_directory("full")
}

/// Small and large answers come through, however often they are asked for; nothing is kept of them.
#[track_caller]
fn passes(site: &Site, place: &str) {
    let large = "x".repeat(1_500_000);
    for body in ["small", &large] {
        site.peer(0).reply_with("", body);
        for _ in 0..3 {
            assert!(site.get(&format!("{place}/{}", body.len())).text() == body, "{place}");
        }
    }
}

/// How often the error log says that a store cannot do something.
fn told(site: &Site, directory: &str, doing: &str) -> usize {
    let log = site.error_log();
    log.lines().filter(|line| line.contains(&format!("cannot {doing} a file in")) && line.contains(directory)).count()
}

fn directory(site: &Site, name: &str) -> PathBuf {
    site.prefix().path().join(name)
}

fn a_directory_that_may_not_be_written_costs_no_request(site: &mut Site) {
    let closed = directory(site, "closed");
    fs::set_permissions(&closed, Permissions::from_mode(0o555)).unwrap();
    passes(site, "/closed");
    eventually("it is told", || told(site, "closed", "write") > 0);
    assert!(told(site, "closed", "write") <= 2, "once a minute, not for each request");
    let faults = |name: &str| {
        let told = site.get(&format!("/told/9/http/caches/{name}")).text();
        serde_json::from_str::<serde_json::Value>(&told).unwrap()["faults"].as_u64().unwrap()
    };
    eventually("each is counted", || faults("closed") > 1);
    fs::set_permissions(&closed, Permissions::from_mode(0o777)).unwrap();
    site.peer(0).reply_with("", "kept");
    eventually("it is kept again", || site.get("/closed/again").field("X-Cache") == Some("HIT"));
}

fn a_file_in_the_directorys_place_costs_no_request(site: &mut Site) {
    let (swapped, aside) = (directory(site, "swapped"), directory(site, "aside"));
    fs::rename(&swapped, &aside).unwrap();
    fs::write(&swapped, "").unwrap();
    passes(site, "/swapped");
    eventually("it is told", || told(site, "swapped", "write") > 0);
    assert!(told(site, "swapped", "write") <= 2, "once a minute, not for each request");
    fs::remove_file(&swapped).unwrap();
    fs::rename(&aside, &swapped).unwrap();
    site.peer(0).reply_with("", "kept");
    eventually("it is kept again", || site.get("/swapped/again").field("X-Cache") == Some("HIT"));
}

fn a_file_that_cannot_be_read_is_fetched_again(site: &mut Site) {
    let files = || fs::read_dir(directory(site, "broken")).unwrap().map(|entry| entry.unwrap().path());
    let kept = || files().find(|path| path.file_name().unwrap().len() == 32);
    site.peer(0).reply_with("", "first");
    site.get("/broken/file");
    eventually("its file is there", || kept().is_some());
    let file = kept().unwrap();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    site.peer(0).reply_with("", "second");
    eventually("memory lets go of it, and it is fetched again", || {
        let answer = site.get("/broken/file");
        let fetched = answer.field("X-Cache") == Some("MISS");
        assert_eq!(answer.text(), if fetched { "second" } else { "first" });
        fetched
    });
    eventually("it is told", || told(site, "broken", "read") > 0);
    fs::remove_dir(&file).unwrap();
}

fn who_waited_for_a_fetch_that_failed_gets_an_own_answer(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(1).script(move |conversation| {
        held.wait();
        conversation.abort();
    });
    let mut clients: Vec<_> = (0..4).map(|_| site.client()).collect();
    for client in &mut clients {
        client.send("GET /locked/failing HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    site.peer(1).wait_for_requests(1);
    site.peer(1).reply("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown");
    gate.open();
    let statuses: Vec<u16> = clients.iter_mut().map(|client| client.response().status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 502).count(), 1, "only the one that fetched: {statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 3, "{statuses:?}");
}

fn ranges_of_a_kept_file_begin_where_its_body_does(site: &mut Site) {
    for size in [40_000, 400_000] {
        let body: String =
            (0..size).map(|number: u32| char::from(b'a' + u8::try_from(number / 7 % 26).unwrap())).collect();
        site.peer(0).reply(format!("HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\nContent-Length: {size}\r\n\r\n{body}"));
        let path = format!("/full/ranges/{size}");
        eventually("it is kept", || site.get(&path).field("X-Cache") == Some("HIT"));
        for _ in 0..2 {
            for (range, expected) in
                [("0-9", &body[..10]), ("300-39000", &body[300..=39_000]), ("-33000", &body[size as usize - 33_000..])]
            {
                let part = site.get_with(&path, &format!("Range: bytes={range}\r\n"));
                assert!(part.status == 206 && part.text() == expected, "{size} {range}: {}", part.text().len());
            }
            let several = site.get_with(&path, "Range: bytes=0-1,20-21\r\n").text();
            assert!(several.contains("\r\n\r\naa\r\n") && several.contains("\r\n\r\ncd\r\n"), "{several}");
        }
    }
}

fn a_head_request_tells_whether_what_is_kept_is_good(site: &mut Site) {
    let answer = |tag: &str, body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nETag: \"{tag}\"\r\nCache-Control: max-age=60\r\n\r\n{body}"
        )
    };
    let head = |path: &str| {
        site.ask(&format!(
            "HEAD {path} HTTP/1.1\r\nHost: localhost\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"
        ))
    };
    for (path, tag, kept) in [("/standard/same", "x", Some("HIT")), ("/standard/other", "y", Some("MISS"))] {
        site.peer(0).reply(answer("x", "body"));
        eventually("it is kept", || site.get(path).field("X-Cache") == Some("HIT"));
        // An answer to HEAD has no body.
        let told = answer(tag, "body").replace("\r\n\r\nbody", "\r\nX-New: 1\r\n\r\n");
        site.peer(0).reply(told);
        assert_eq!(head(path).status, 200);
        site.peer(0).reply(answer("z", "other"));
        let after = site.get(path);
        assert_eq!(after.field("X-Cache"), kept, "{path}");
        if kept == Some("HIT") {
            assert_eq!((after.text().as_str(), after.field("X-New")), ("body", Some("1")));
        }
    }
}

/// An answer of 400,000 bytes breaks off after 300,000; asked for the rest, the server gives it under a tag.
fn breaks_off(site: &Site, path: &'static str, tag: &'static str) -> String {
    let body: String =
        (0..400_000_u32).map(|number| char::from(b'a' + u8::try_from(number / 5 % 26).unwrap())).collect();
    let told = body.clone();
    site.peer(0).script(move |conversation| {
        let request = conversation.request();
        let fields = "Cache-Control: max-age=60\r\n";
        if request.field("Range") == Some("bytes=300000-") && request.field("If-Range") == Some("\"x\"") {
            let range = "Content-Range: bytes 300000-399999/400000\r\nContent-Length: 100000";
            let head = format!("HTTP/1.1 206 Partial Content\r\n{fields}ETag: {tag}\r\n{range}\r\n\r\n");
            conversation.send(head + &told[300_000..]);
        } else {
            let head = format!("HTTP/1.1 200 OK\r\n{fields}ETag: \"x\"\r\nContent-Length: 400000\r\n\r\n");
            conversation.send(head + &told[..300_000]);
            conversation.close();
        }
    });
    let mut client = site.client();
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"y\"\r\nConnection: close\r\n\r\n"));
    let answer = String::from_utf8(client.read_to_end()).unwrap();
    let came = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert!(body.starts_with(&came));
    came
}

fn the_rest_of_an_answer_that_broke_off_is_fetched(site: &mut Site) {
    let whole = breaks_off(site, "/standard/broken", "\"x\"");
    assert_eq!(whole.len(), 400_000);
    eventually("it is kept", || site.get("/standard/broken").field("X-Cache") == Some("HIT"));
    assert!(site.get("/standard/broken").text() == whole);
}

fn what_is_another_answer_is_not_put_to_it(site: &mut Site) {
    assert_eq!(breaks_off(site, "/standard/changed", "\"z\"").len(), 300_000);
    site.peer(0).reply_with("", "new");
    assert_eq!(site.get("/standard/changed").field("X-Cache"), Some("MISS"), "half of it is not kept");
}

fn what_goes_while_it_is_validated_is_fetched(site: &mut Site) {
    let body = "x".repeat(400_000);
    let told = body.clone();
    site.peer(0).script(move |conversation| {
        let fields = "Cache-Control: max-age=60\r\nETag: \"x\"\r\n";
        let known = conversation.request().field("If-None-Match").is_some();
        conversation.send(if known {
            format!("HTTP/1.1 304 Not Modified\r\n{fields}\r\n")
        } else {
            format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n{told}", told.len())
        });
    });
    assert!(site.get("/standard/going").text() == body);
    let holds =
        |path: &PathBuf| fs::read(path).is_ok_and(|bytes| bytes.windows(15).any(|part| part == b"/standard/going"));
    let file = || fs::read_dir(directory(site, "full")).unwrap().map(|entry| entry.unwrap().path()).find(holds);
    eventually("its file is there", || file().is_some_and(|path| path.file_name().unwrap().len() == 32));
    fs::remove_file(file().unwrap()).unwrap();
    let answer = site.get_with("/standard/going", "Cache-Control: no-cache\r\n");
    assert_eq!((answer.status, answer.text().len()), (200, body.len()));
}

cases!(full_disk, one_process, [a_full_disk_costs_no_request, a_shortage_of_descriptors_ends_the_use_of_nothing]);

/// Without a parent: limits are set for a process by its own user.
fn one_process() -> Setup {
    Setup::main(
        "
master_process off;
http {
    access_log off;
    client_body_temp_path body_temp;
    proxy_temp_path proxy_temp;
    proxy_cache_path full keys_zone=full:1m;
    proxy_cache_path short keys_zone=short:1m memory=0;
    server {
        listen {front};
        add_header X-Cache $upstream_cache_status;
        location /short/ { proxy_pass http://{peer0}; proxy_cache short; proxy_cache_valid 200 1m; }
        location / { proxy_pass http://{peer0}; proxy_cache full; proxy_cache_valid 200 1m; }
    }
}",
    )
    .open_directory("full")
    .open_directory("short")
}

fn a_full_disk_costs_no_request(site: &mut Site) {
    let process = site.server().pid().to_string();
    // To the process that writes, a file that may not grow is a full disk.
    let limit = |bytes: &str| {
        let done = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={bytes}:")]).status();
        assert!(done.unwrap().success());
    };
    limit("600000");
    let large = "x".repeat(2_000_000);
    site.peer(0).reply_with("", &large);
    for _ in 0..2 {
        let answer = site.get("/large");
        assert!(answer.text() == large && answer.field("X-Cache") == Some("MISS"));
    }
    eventually("it is told", || told(site, "full", "write") > 0);
    limit("unlimited");
    eventually("it is kept again", || site.get("/large").field("X-Cache") == Some("HIT"));
    let begun = || {
        let names = fs::read_dir(directory(site, "full")).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().contains('-')).count()
    };
    eventually("nothing half written is left", || begun() == 0);
}

fn a_shortage_of_descriptors_ends_the_use_of_nothing(site: &mut Site) {
    let process = site.server().pid().to_string();
    let limit = |count: &str| {
        let done = Command::new("prlimit").args(["--pid", &process, &format!("--nofile={count}:")]).status();
        assert!(done.unwrap().success());
    };
    let large = "x".repeat(400_000);
    for (path, body) in [("/short/small", "small"), ("/short/large", &large)] {
        site.peer(0).reply_with("", body);
        eventually("it is kept", || site.get(path).field("X-Cache") == Some("HIT"));
    }
    let mut client = site.client();
    let ask = |client: &mut Client, path: &str| client.ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    ask(&mut client, "/nothing");
    let open = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let open: Vec<usize> = open.filter_map(|entry| entry.unwrap().file_name().to_string_lossy().parse().ok()).collect();
    let first_free = (0..=open.len()).find(|number| !open.contains(number)).unwrap();
    limit(&first_free.to_string());
    for path in ["/short/small", "/short/large"] {
        assert_ne!(ask(&mut client, path).field("X-Cache"), Some("HIT"), "{path}");
    }
    limit("1024");
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
    for (path, body) in [("/short/small", "small"), ("/short/large", &large)] {
        let answer = ask(&mut client, path);
        assert!(answer.field("X-Cache") == Some("HIT") && answer.text() == body, "{path} {}", answer.text());
    }
}
