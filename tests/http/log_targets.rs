//! Where log lines go besides files: syslog servers, files named by variables, packed files; and clients that are watched.

use std::fs::{Permissions, rename, set_permissions};
use std::io::Read as _;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use testkit::{Setup, Site, cases, eventually};

const PATIENCE: Duration = Duration::from_secs(10);

cases!(
    log_targets,
    setup,
    [
        lines_go_to_a_syslog_server,
        errors_go_to_a_syslog_server,
        a_unix_socket_takes_lines,
        a_syslog_server_that_is_gone_is_reported_and_found_again,
        a_file_is_named_by_variables,
        a_directory_that_is_not_there_makes_no_log,
        files_in_use_stay_open,
        lines_are_packed,
        all_is_written_about_a_watched_client,
    ]
);

fn setup() -> Setup {
    Setup::main(
        r"
error_log error.log info;
events { debug_connection 127.0.0.9; }
http {
    access_log off;
    log_format short '$request_uri $status';
    server {
        listen {front};
        root {prefix}/html;
        location /line { access_log syslog:server={nobody},tag=line_1,facility=mail,severity=notice short; return 200; }
        location /plain { access_log syslog:server={nobody},nohostname short if=$arg_log; return 200; }
        location /wrong { error_log syslog:server={nobody},tag=wrong warn; }
        location /unix { access_log syslog:server=unix:{prefix}/log.sock,nohostname short; return 200; }
        location /named { access_log {prefix}/logs/named_${arg_name}.log short; return 200; }
        location /rootless { root {prefix}/html/$arg_root; access_log logs/rootless_$arg_root.log short; return 200; }
        location /open {
            open_log_file_cache max=10 min_uses=2 inactive=1m valid=1m;
            access_log logs/open_$arg_name.log short;
            return 200;
        }
        location /packed { access_log packed.log short gzip=9 flush=20ms; return 200; }
    }
    server {
        listen {front1};
        error_log watched.log emerg;
        return 204;
    }
}",
    )
    .open_directory("logs")
    .file("html/line", "")
}

/// A syslog server where the site sends its messages.
fn server(site: &Site) -> UdpSocket {
    let server = site.place("nobody").receive();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    server
}

fn message(server: &UdpSocket) -> String {
    let mut buffer = [0; 4096];
    let length = server.recv(&mut buffer).expect("a message comes");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

/// What comes after priority and time: the machine's name where it is sent, the tag and the text.
fn after_time<'a>(message: &'a str, priority: &str) -> &'a str {
    let rest = message.strip_prefix(priority).unwrap_or_else(|| panic!("{message}"));
    let (time, rest) = rest.split_at("Jan  2 15:04:05 ".len());
    assert!(time.ends_with(' ') && time.as_bytes()[3] == b' ' && time.as_bytes()[9] == b':', "{message}");
    rest
}

fn lines_go_to_a_syslog_server(site: &mut Site) {
    let server = server(site);
    site.get("/line?a");
    let first = message(&server);
    let (name, rest) = after_time(&first, "<21>").split_once(' ').unwrap();
    assert!(!name.is_empty() && name.to_ascii_lowercase() == name, "{first}");
    assert_eq!(rest, "line_1: /line?a 200");
    site.get("/plain");
    site.get("/plain?log=1");
    assert_eq!(after_time(&message(&server), "<190>"), "nginx: /plain?log=1 200");
}

fn errors_go_to_a_syslog_server(site: &mut Site) {
    let server = server(site);
    assert_eq!(site.get("/wrong").status, 404);
    let line = message(&server);
    let (_, rest) = after_time(&line, "<187>").split_once(' ').unwrap();
    assert!(rest.starts_with("wrong: 20") && rest.contains(" [error] "), "{line}");
    assert!(rest.ends_with("request: \"GET /wrong HTTP/1.1\", host: \"localhost\""), "{line}");
}

fn a_unix_socket_takes_lines(site: &mut Site) {
    let path = site.prefix().path().join("log.sock");
    let server = UnixDatagram::bind(&path).unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    site.get("/unix");
    let mut buffer = [0; 100];
    let length = server.recv(&mut buffer).unwrap();
    assert!(String::from_utf8_lossy(&buffer[..length]).ends_with(" nginx: /unix 200"));
}

fn a_syslog_server_that_is_gone_is_reported_and_found_again(site: &mut Site) {
    eventually("it is said that nobody listens", || {
        site.get("/line?lost");
        site.error_log().contains("failed (111: Connection refused), lines dropped: 1")
    });
    let server = server(site);
    // The refusal of what was sent last may still be to come.
    server.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut buffer = [0; 100];
    eventually("a line comes", || {
        site.get("/line?found");
        server.recv(&mut buffer).is_ok()
    });
}

fn a_file_is_named_by_variables(site: &mut Site) {
    for name in ["one", "two", "one", ""] {
        site.get(&format!("/named?name={name}"));
    }
    let read = |name: &str| site.prefix().read(&format!("logs/named_{name}.log"));
    eventually("the last line", || read("") == "/named?name= 200\n");
    assert_eq!((read("one").lines().count(), read("two").as_str()), (2, "/named?name=two 200\n"));
}

fn a_directory_that_is_not_there_makes_no_log(site: &mut Site) {
    site.get("/rootless?root=none");
    site.get("/rootless?root=");
    eventually("the other line", || site.prefix().read("logs/rootless_.log") == "/rootless?root= 200\n");
    assert!(!site.prefix().path().join("logs/rootless_none.log").exists());
    assert!(site.error_log().contains("/html/none\" existence failed"));
}

fn files_in_use_stay_open(site: &mut Site) {
    let path = |name: &str| site.prefix().path().join(name);
    let log = |name: &str, lines: usize| {
        site.get(&format!("/open?name={name}"));
        eventually("the line", || {
            let old = site.prefix().read(&format!("logs/open_{name}.old"));
            site.prefix().read(&format!("logs/open_{name}.log")).lines().count() + old.lines().count() == lines
        });
    };
    for (name, lines) in [("often", 1), ("often", 2), ("once", 1)] {
        log(name, lines);
    }
    for name in ["often", "once"] {
        rename(path(&format!("logs/open_{name}.log")), path(&format!("logs/open_{name}.old"))).unwrap();
    }
    log("often", 3);
    log("once", 2);
    assert_eq!(site.prefix().read("logs/open_often.old").lines().count(), 3);
    assert_eq!(site.prefix().read("logs/open_once.old").lines().count(), 1);
}

fn lines_are_packed(site: &mut Site) {
    site.get("/packed?1");
    let unpacked = || {
        let packed = std::fs::read(site.prefix().path().join("packed.log")).unwrap();
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(&*packed).read_to_string(&mut text).map(|_| text).unwrap_or_default()
    };
    eventually("the first line", || unpacked() == "/packed?1 200\n");
    site.get("/packed?2");
    eventually("the second line", || unpacked() == "/packed?1 200\n/packed?2 200\n");
}

fn all_is_written_about_a_watched_client(site: &mut Site) {
    let ask = |from: &str| {
        let from = format!("{from}:0").parse().unwrap();
        let to = site.place("front1").socket();
        testkit::Client::connect_from(from, to).ask("GET /seen HTTP/1.1\r\nHost: a\r\n\r\n")
    };
    assert_eq!(ask("127.0.0.1").status, 204);
    assert_eq!(ask("127.0.0.9").status, 204);
    eventually("a line", || site.prefix().read("watched.log").contains("http finalize request: 204"));
    let log = site.prefix().read("watched.log");
    assert!(log.lines().all(|line| line.contains("[debug]")), "{log}");
    assert_eq!(log.matches("http finalize request").count(), 1, "{log}");
}
