//! Answers that are written into files as they come.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use testkit::{Gate, Setup, Site, cases, eventually};

cases!(
    filing,
    setup,
    [
        an_answer_becomes_the_file_of_its_path,
        a_file_has_the_name_that_is_evaluated,
        what_is_no_whole_page_is_not_written,
        a_large_answer_is_written_though_its_client_leaves,
        what_cannot_be_written_is_passed_on,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    server {
        listen {front};
        proxy_temp_path {prefix}/aside;
        root {prefix}/files;
        location / { proxy_pass http://{peer0}; proxy_store on; }
        location /named/ {
            proxy_pass http://{peer0};
            proxy_store {prefix}/files/own$uri.html;
            proxy_store_access user:rw group:rw all:r;
        }
        location /nowhere/ { proxy_pass http://{peer0}; proxy_store /proc/nowhere$uri; }
        location /off/ { proxy_pass http://{peer0}; proxy_store off; }
    }",
    )
    .open_directory("files")
    .open_directory("aside")
}

fn file(site: &Site, path: &str) -> PathBuf {
    site.prefix().path().join("files").join(path)
}

fn reply(site: &Site, status: &str, fields: &str, body: &str) {
    let length = body.len();
    site.peer(0).reply(format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{fields}\r\n{body}"));
}

fn none_aside(site: &Site) {
    let count = || std::fs::read_dir(site.prefix().path().join("aside")).unwrap().count();
    eventually("there are no temporary files", || count() == 0);
}

fn an_answer_becomes_the_file_of_its_path(site: &mut Site) {
    reply(site, "200 OK", "Last-Modified: Mon, 28 Sep 1970 06:00:00 GMT\r\n", "page");
    assert_eq!(site.get("/deep/er/page").text(), "page");
    let place = file(site, "deep/er/page");
    let holds = |text: &str| std::fs::read_to_string(&place).is_ok_and(|found| found == text);
    eventually("it is written", || holds("page"));
    let metadata = place.metadata().unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::from_hours(6486);
    assert_eq!((metadata.modified().unwrap(), metadata.permissions().mode() & 0o777), (modified, 0o600));
    reply(site, "200 OK", "", "other");
    assert_eq!(site.get("/deep/er/page").text(), "other");
    eventually("it is replaced", || holds("other"));
    none_aside(site);
}

fn a_file_has_the_name_that_is_evaluated(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n4\r\ns of\r\n0\r\n\r\n");
    assert_eq!(site.get("/named/x?y").text(), "parts of");
    let place = file(site, "own/named/x.html");
    eventually("it is written", || std::fs::read_to_string(&place).is_ok_and(|found| found == "parts of"));
    assert_eq!(place.metadata().unwrap().permissions().mode() & 0o777, 0o664);
}

fn what_is_no_whole_page_is_not_written(site: &mut Site) {
    reply(site, "404 Not Found", "", "none");
    site.get("/none");
    reply(site, "200 OK", "", "");
    site.ask("HEAD /head HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    reply(site, "200 OK", "", "off");
    site.get("/off/x");
    site.get("/folder/");
    site.peer(0).reply_and_close("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    site.raw("GET /half HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    none_aside(site);
    for path in ["none", "head", "off/x", "folder", "half"] {
        assert!(!file(site, path).exists(), "{path}");
    }
}

fn a_large_answer_is_written_though_its_client_leaves(site: &mut Site) {
    let gate = Gate::new();
    let held = gate.clone();
    site.peer(0).script(move |conversation| {
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n");
        conversation.send(vec![b'x'; 1_000_000]);
        held.wait();
        conversation.send(vec![b'y'; 1_000_000]);
    });
    let mut client = site.client();
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    client.head();
    drop(client);
    gate.open();
    eventually("all of it is written", || file(site, "large").metadata().is_ok_and(|file| file.len() == 2_000_000));
    none_aside(site);
}

fn what_cannot_be_written_is_passed_on(site: &mut Site) {
    reply(site, "200 OK", "", "passed on");
    assert_eq!(site.get("/nowhere/x").text(), "passed on");
    site.server().wait_for_log("cannot write an answer to /proc/nowhere");
    // Where nothing can be put aside either, the client sets the pace.
    let aside = site.prefix().path().join("aside");
    std::fs::set_permissions(&aside, Permissions::from_mode(0o555)).unwrap();
    let large: String =
        (0..3_000_000_u32).map(|place| char::from(b'a' + u8::try_from(place / 7 % 26).unwrap())).collect();
    reply(site, "200 OK", "", &large);
    assert!(site.get("/large/passed-on").text() == large);
    site.server().wait_for_log("files/large/passed-on: Permission denied");
    assert!(!file(site, "large/passed-on").exists());
    std::fs::set_permissions(&aside, Permissions::from_mode(0o777)).unwrap();
}
