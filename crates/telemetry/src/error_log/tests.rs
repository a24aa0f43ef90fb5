//! The format of lines, and where they go.

use super::*;
use std::time::Duration;

/// A line at a known second, without the numbers of process and thread.
fn line(level: Level, context: &Context<'_>, message: fmt::Arguments<'_>) -> String {
    let mut line = Line::new();
    let now = Duration::from_secs(1_136_214_245);
    line.write(&TimeText::fixed(0), now, (level, context, message));
    let text = String::from_utf8(line.as_bytes().to_vec()).unwrap();
    let (before, rest) = text.split_once("] ").unwrap();
    let (numbers, rest) = rest.split_once(": ").unwrap();
    let (process, thread) = numbers.split_once('#').unwrap();
    assert_eq!(process.parse(), Ok(std::process::id()));
    assert!(thread.parse::<u32>().is_ok(), "{thread}");
    format!("{before}] {rest}")
}

#[test]
fn a_line_about_a_request() {
    let refused = io::Error::from(rustix::io::Errno::CONNREFUSED);
    let context = Context {
        connection: Some(42),
        doing: Some("connecting to upstream"),
        client: Some(b"127.0.0.1"),
        server: Some(b"localhost"),
        request: Some(b"GET /a HTTP/1.1"),
        subrequest: None,
        upstream: Some(b"http://127.0.0.1:8081/a"),
        host: Some(b"localhost:8080"),
        referrer: Some(b"http://localhost/"),
    };
    assert_eq!(
        line(Level::Error, &context, format_args!("connect() failed {}", SystemError(&refused))),
        "2006/01/02 15:04:05 [error] *42 connect() failed (111: Connection refused) while connecting to upstream, \
         client: 127.0.0.1, server: localhost, request: \"GET /a HTTP/1.1\", upstream: \"http://127.0.0.1:8081/a\", \
         host: \"localhost:8080\", referrer: \"http://localhost/\"\n"
    );
}

#[test]
fn what_is_not_known_is_left_out() {
    let nothing = Context::default();
    assert_eq!(line(Level::Notice, &nothing, format_args!("start")), "2006/01/02 15:04:05 [notice] start\n");
    let context = Context { connection: Some(1), client: Some(b"::1"), ..nothing };
    assert_eq!(line(Level::Info, &context, format_args!("gone")), "2006/01/02 15:04:05 [info] *1 gone, client: ::1\n");
    assert_eq!(line(Level::Debug, &context, format_args!("step")), "2006/01/02 15:04:05 [debug] *1 step\n");
}

#[test]
fn no_value_can_begin_a_line() {
    let context = Context { host: Some(b"a\r\nb\x7f"), ..Context::default() };
    assert_eq!(
        line(Level::Warning, &context, format_args!("odd\nhost")),
        "2006/01/02 15:04:05 [warn] odd\\x0Ahost, host: \"a\\x0D\\x0Ab\\x7F\"\n"
    );
}

#[test]
fn long_lines_are_cut_off_at_2048_bytes() {
    let long = [b'x'; 3000];
    let context = Context { request: Some(&long), host: Some(b"h"), ..Context::default() };
    let mut cut = Line::new();
    cut.write(&TimeText::fixed(0), Duration::ZERO, (Level::Error, &context, format_args!("m")));
    assert_eq!(cut.as_bytes().len(), 2048);
    assert!(cut.as_bytes().ends_with(b"xxx\n"));
}

#[test]
fn sinks_take_what_is_grave_enough() {
    let directory = crate::log_file::tests::Directory::new("sinks");
    let [all, grave] = ["all.log", "grave.log"].map(|name| LogFile::open(&directory.path(name)).unwrap());
    let log = ErrorLog::new(vec![
        Sink { output: Output::File(Arc::clone(&all)), level: Level::Info },
        Sink { output: Output::File(Arc::clone(&grave)), level: Level::Critical },
    ]);
    assert!(log.enabled(Level::Info) && !log.enabled(Level::Debug));
    log.log(Level::Debug, format_args!("{Unwanted}"));
    log.log(Level::Error, format_args!("one"));
    log.log(Level::Alert, format_args!("two"));
    assert_eq!(directory.words("all.log"), ["one", "two"]);
    assert_eq!(directory.words("grave.log"), ["two"]);

    log.configure(vec![Sink { output: Output::File(grave), level: Level::Error }]);
    assert!(!log.enabled(Level::Info));
    log.clone().log(Level::Error, format_args!("three"));
    assert_eq!(directory.words("all.log"), ["one", "two"]);
    assert_eq!(directory.words("grave.log"), ["two", "three"]);
    log.configure(Vec::new());
    assert!(!log.enabled(Level::Emergency));
    assert_eq!(log.dropped(), 0);
}

/// A message that must not be put into words.
struct Unwanted;

impl fmt::Display for Unwanted {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("formatted although no sink takes it")
    }
}
