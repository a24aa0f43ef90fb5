//! What is written about requests: access logs in their formats, the error log in its own.

use testkit::{Setup, Site, cases, eventually};

cases!(
    logs,
    setup,
    [
        the_combined_format_is_the_default,
        a_format_of_ones_own,
        escapes_keep_lines_whole,
        json_escapes,
        nothing_escapes,
        a_condition_leaves_lines_out,
        several_logs_are_written,
        a_location_may_log_elsewhere_or_not,
        a_line_stands_before_the_connection_closes,
        error_lines_have_their_form,
        an_error_log_of_a_site_takes_its_errors,
        levels_leave_lines_out,
        pipelined_requests_are_marked,
        a_path_that_cannot_be_read_is_empty,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    log_format own '[$status] "$request" $http_x_field';
    log_format plain escape=none '$http_x_field';
    log_format json escape=json '{"uri":"$request_uri","field":"$http_x_field","none":"$http_none"}';
    log_format seen '$status $pipe "$uri" $arg_';
    map $status $is_error { ~^[23] 0; default 1; }
    server {
        listen {front};
        root html;
        location /combined { access_log combined.log; return 200 text; }
        location /own { access_log own.log own; return 200 text; }
        location /json { access_log json.log json; return 200 text; }
        location /plain { access_log plain.log plain; return 200 text; }
        location /errors { access_log errors.log own if=$is_error; if ($arg_fail) { return 503; } return 200 text; }
        location /condition { access_log condition.log own if=$arg_log; return 200 text; }
        location /escaped { access_log escaped.log own; return 200 text; }
        location /close { access_log close.log own; return 200 text; }
        location /two { access_log first.log own; access_log second.log json; return 200 text; }
        location /off { access_log own.log own; location /off/inner { access_log off; return 200 text; } }
        location /buffered { access_log buffered.log own buffer=4k flush=50ms; return 200 text; }
        location /pipe { access_log pipe.log seen; return 200; }
        access_log unread.log seen;
        location /quiet { error_log quiet.log crit; }
        location /dead { error_log dead.log; proxy_pass http://{nobody}; }
    }"#,
    )
}

/// The file's lines, once there are that many.
fn lines(site: &Site, file: &str, count: usize) -> Vec<String> {
    let read = || -> Vec<String> { site.prefix().read(file).lines().map(str::to_owned).collect() };
    eventually(&format!("{count} lines in {file}"), || read().len() >= count);
    let lines = read();
    assert_eq!(lines.len(), count, "{file}: {lines:#?}");
    lines
}

fn the_combined_format_is_the_default(site: &mut Site) {
    site.get_with("/combined?a", "Referer: http://from.example/\r\nUser-Agent: tester/1\r\n");
    let line = &lines(site, "combined.log", 1)[0];
    let (start, rest) = line.split_once('[').unwrap();
    let (time, rest) = rest.split_once(']').unwrap();
    assert_eq!(start, "127.0.0.1 - - ");
    assert_eq!(time.len(), "21/Nov/2026:12:00:00 +0000".len());
    assert_eq!(rest, " \"GET /combined?a HTTP/1.1\" 200 4 \"http://from.example/\" \"tester/1\"");
}

fn a_format_of_ones_own(site: &mut Site) {
    site.get_with("/own", "X-Field: value\r\n");
    site.get("/own");
    assert_eq!(lines(site, "own.log", 2), ["[200] \"GET /own HTTP/1.1\" value", "[200] \"GET /own HTTP/1.1\" -"]);
}

fn escapes_keep_lines_whole(site: &mut Site) {
    site.get_with("/escaped", "X-Field: a\"b\\c\té\r\n");
    let line = &lines(site, "escaped.log", 1)[0];
    assert!(line.ends_with(r" a\x22b\x5Cc\x09\xC3\xA9"), "{line}");
}

fn json_escapes(site: &mut Site) {
    site.get_with("/json", "X-Field: a\"b\\c\té\r\n");
    assert_eq!(lines(site, "json.log", 1), [r#"{"uri":"/json","field":"a\"b\\c\té","none":""}"#]);
}

fn nothing_escapes(site: &mut Site) {
    site.get_with("/plain", "X-Field: a\"b\\c\té\r\n");
    assert_eq!(lines(site, "plain.log", 1), ["a\"b\\c\té"]);
}

fn a_condition_leaves_lines_out(site: &mut Site) {
    for log in ["0", "", "1"] {
        site.get(&format!("/condition?log={log}"));
    }
    assert_eq!(lines(site, "condition.log", 1), ["[200] \"GET /condition?log=1 HTTP/1.1\" -"]);
    site.get("/errors");
    site.get("/errors?fail=1");
    assert_eq!(lines(site, "errors.log", 1), ["[503] \"GET /errors?fail=1 HTTP/1.1\" -"]);
}

fn several_logs_are_written(site: &mut Site) {
    site.get("/two");
    assert_eq!((lines(site, "first.log", 1).len(), lines(site, "second.log", 1).len()), (1, 1));
}

fn a_location_may_log_elsewhere_or_not(site: &mut Site) {
    let before = site.prefix().read("own.log");
    site.get("/off/inner");
    site.get("/buffered");
    lines(site, "buffered.log", 1);
    assert_eq!(site.prefix().read("own.log"), before);
}

fn a_line_stands_before_the_connection_closes(site: &mut Site) {
    for n in 1..20 {
        site.raw("GET /close HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(site.prefix().read("close.log").lines().count(), n);
    }
}

fn error_lines_have_their_form(site: &mut Site) {
    site.get_with("/none?a", "Referer: http://from.example/\r\n");
    let log = site.error_log();
    let line = log.lines().find(|line| line.contains("/html/none\"")).unwrap_or_else(|| panic!("{log}"));
    let (time, rest) = line.split_at(20);
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000/00/00 00:00:00 ");
    let rest = rest.strip_prefix("[error] ").unwrap_or_else(|| panic!("{line}"));
    let (process, rest) = rest.split_once(": *").unwrap_or_else(|| panic!("{line}"));
    assert!(process.split_once('#').is_some_and(|(pid, tid)| pid.parse::<u32>().is_ok() && tid.parse::<u32>().is_ok()));
    let (connection, rest) = rest.split_once(' ').unwrap();
    assert!(connection.parse::<u64>().is_ok(), "{line}");
    let path = site.prefix().path().display().to_string();
    let expected = format!(
        "open() \"{path}/html/none\" failed (2: No such file or directory), client: 127.0.0.1, server: , \
         request: \"GET /none?a HTTP/1.1\", host: \"localhost\", referrer: \"http://from.example/\""
    );
    assert_eq!(rest, expected);
}

fn an_error_log_of_a_site_takes_its_errors(site: &mut Site) {
    assert_eq!(site.get("/dead").status, 502);
    let line = &lines(site, "dead.log", 1)[0];
    let address = site.place("nobody");
    let expected = format!(
        "connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: , request: \"GET /dead HTTP/1.1\", upstream: \"http://{address}/dead\", host: \"localhost\""
    );
    assert!(line.contains(&expected), "{line}");
    assert!(!site.error_log().contains("/dead"));
}

fn levels_leave_lines_out(site: &mut Site) {
    assert_eq!(site.get("/quiet/none").status, 404);
    site.get("/none-as-marker");
    eventually("the marker is logged", || site.error_log().contains("none-as-marker"));
    assert_eq!(site.prefix().read("quiet.log"), "");
    assert!(!site.error_log().contains("quiet/none"));
}

fn pipelined_requests_are_marked(site: &mut Site) {
    let request = "GET /pipe HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut client = site.client();
    client.send([request, request].concat());
    for _ in 0..2 {
        client.response();
    }
    client.ask(request);
    let expected = ["200 . \"/pipe\" -", "200 p \"/pipe\" -", "200 . \"/pipe\" -"];
    assert_eq!(lines(site, "pipe.log", 3), expected);
}

fn a_path_that_cannot_be_read_is_empty(site: &mut Site) {
    let before = site.prefix().read("unread.log");
    assert_eq!(site.get("/../up").status, 400);
    eventually("a line about it", || site.prefix().read("unread.log") == format!("{before}400 . \"\" -\n"));
}
