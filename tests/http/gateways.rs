//! Programs behind the server: FastCGI, SCGI and uwsgi.

use testkit::records::{Asked, Records, STDERR, STDOUT};
use testkit::{Setup, Site, cases, eventually};

cases!(
    gateways,
    setup,
    [
        a_program_is_told_what_is_configured,
        fields_of_the_client_are_parameters,
        a_path_is_taken_apart,
        content_goes_on,
        much_content_goes_both_ways,
        the_head_says_the_status,
        what_is_no_head_is_502,
        complaints_are_logged,
        a_complaint_may_be_fatal,
        connections_are_kept,
        what_is_beyond_the_length_is_cut,
        an_answer_that_breaks_off_is_told,
        an_answer_flows_as_it_comes,
        another_program_is_asked,
        a_program_that_is_full_is_passed_over,
        what_a_program_has_begun_to_answer_is_not_asked_again,
        an_answer_may_end_without_a_word,
        a_program_may_be_slow_to_end,
        the_server_and_the_site_have_their_names,
        scripts_are_named_without_programs,
        a_target_by_variable_is_a_server,
        answers_are_kept,
        scgi_is_a_netstring,
        uwsgi_is_a_packet,
        too_much_for_uwsgi_is_500,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    fastcgi_cache_path {prefix}/kept keys_zone=kept:1m;
    upstream pair { server {peer0} max_fails=0; server {peer1} backup; }
    upstream keeping { server {peer0}; keepalive 4; }
    fastcgi_param URI $uri;
    server {
        listen {front};
        location / {
            fastcgi_pass {peer0};
            fastcgi_param EMPTY $arg_none;
            fastcgi_param LEFT_OUT $arg_none if_not_empty;
            fastcgi_param SET $request_method$arg_a;
            fastcgi_param HTTP_X_SET own;
            fastcgi_param HTTP_X_NONE '';
            fastcgi_param CONTENT_LENGTH $content_length;
        }
        location ~ \\.php {
            fastcgi_pass {peer0};
            fastcgi_index index.php;
            fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
            fastcgi_param SCRIPT $fastcgi_script_name;
            fastcgi_param PATH_INFO $fastcgi_path_info;
        }
        location /indexed/ { fastcgi_pass {peer0}; fastcgi_index own.php; fastcgi_param SCRIPT $fastcgi_script_name; }
        location /fatal { fastcgi_pass {peer0}; fastcgi_catch_stderr 'Fatal error'; }
        location /keeping { fastcgi_pass keeping; fastcgi_keep_conn on; }
        location /direct { fastcgi_pass {peer0}; fastcgi_buffering off; }
        location /pair { fastcgi_pass pair; fastcgi_next_upstream error invalid_header; }
        location /kept {
            fastcgi_pass {peer0};
            fastcgi_cache kept;
            fastcgi_cache_key $uri;
            fastcgi_cache_valid 1m;
            add_header X-Cache $upstream_cache_status;
        }
        location /named { fastcgi_index own.php; return 200 $fastcgi_script_name; }
        location /by { fastcgi_pass $arg_to; }
        location /bare { fastcgi_pass {peer0}; fastcgi_pass_request_headers off; }
        location /scgi { scgi_pass {peer0}; scgi_param SCGI 1; scgi_param URI $uri; }
        location /uwsgi { uwsgi_pass {peer0}; uwsgi_modifier1 5; uwsgi_param URI $uri; }
        location /packed { uwsgi_pass {peer0}; uwsgi_param LARGE $arg_a$arg_a$arg_a$arg_a$arg_a$arg_a$arg_a$arg_a; }
        large_client_header_buffers 4 16k;
    }",
    )
}

/// From now on: the program answers each request by what `answer` makes of it.
fn program(site: &Site, number: usize, answer: impl Fn(&mut Records<'_>, Asked) + Send + Sync + 'static) {
    site.peer(number).greet(move |conversation| {
        let mut records = Records::new(conversation.wire());
        while let Some(asked) = records.request() {
            let keeps = asked.keeps;
            answer(&mut records, asked);
            if !keeps {
                break;
            }
        }
        conversation.close();
    });
}

/// From now on: the program says what it was told.
fn echo(site: &Site) {
    program(site, 0, |records, asked| {
        let told: Vec<_> = asked.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let content = format!("content={}", String::from_utf8_lossy(&asked.content));
        let told = [told, vec![content]].concat().join("\n");
        records.answer(format!("Content-Type: text/x-told\r\n\r\n{told}\n"));
    });
}

/// From now on: the program answers with this.
fn say(site: &Site, output: impl AsRef<[u8]> + Send + Sync + 'static) {
    program(site, 0, move |records, _| records.answer(&output));
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("HTTP_HOST=") && !line.starts_with("HTTP_CONNECTION=")).collect()
}

fn a_program_is_told_what_is_configured(site: &mut Site) {
    echo(site);
    let answer = site.get("/a?a=1");
    assert_eq!((answer.status, answer.field("Content-Type")), (200, Some("text/x-told")));
    // What is set in a location stands for what is set around it.
    assert_eq!(lines(&answer.text()), ["EMPTY=", "SET=GET1", "HTTP_X_SET=own", "CONTENT_LENGTH=", "content="]);
}

fn fields_of_the_client_are_parameters(site: &mut Site) {
    echo(site);
    let fields = "X-One: 1\r\nX-Set: theirs\r\nX-None: theirs\r\nCookie: a=1\r\nx-one: 2\r\nCookie: b=2\r\nProxy: http://evil\r\n";
    let text = site.get_with("/direct", fields).text();
    assert_eq!(
        lines(&text),
        [
            "URI=/direct",
            "HTTP_X_ONE=1, 2",
            "HTTP_X_SET=theirs",
            "HTTP_X_NONE=theirs",
            "HTTP_COOKIE=a=1; b=2",
            "content="
        ]
    );
    let text = site.get_with("/", fields).text();
    assert!(text.contains("HTTP_X_SET=own\n") && !text.contains("theirs"), "{text}");
    assert!(!text.contains("HTTP_X_NONE"), "{text}");
}

fn a_path_is_taken_apart(site: &mut Site) {
    echo(site);
    for (path, script, rest) in [
        ("/a.php", "/a.php", ""),
        ("/a.php/b/c", "/a.php", "/b/c"),
        ("/a.php/b.php/c", "/a.php", "/b.php/c"),
        ("/x.php-/", "/x.php-/index.php", ""),
    ] {
        let text = site.get(path).text();
        assert_eq!(
            lines(&text),
            [format!("SCRIPT={script}"), format!("PATH_INFO={rest}"), "content=".into()],
            "{path}"
        );
    }
    assert_eq!(lines(&site.get("/indexed/").text()), ["SCRIPT=/indexed/own.php", "content="]);
}

fn content_goes_on(site: &mut Site) {
    echo(site);
    let text = site.post("/", "hello").text();
    assert!(text.contains("\nCONTENT_LENGTH=5\n") && text.ends_with("content=hello\n"), "{text}");
    let mut client = site.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    let text = client.response().text();
    assert!(text.contains("\nCONTENT_LENGTH=5\n") && text.ends_with("content=abcde\n"), "{text}");
}

fn much_content_goes_both_ways(site: &mut Site) {
    program(site, 0, |records, asked| {
        records.answer([b"Content-Type: text/plain\r\n\r\n", &asked.content[..]].concat());
    });
    let content: String = (0..120_000).map(|n| char::from(b'a' + u8::try_from(n % 26).unwrap())).collect();
    for path in ["/", "/direct"] {
        assert!(site.post(path, &content).text() == content, "{path}");
    }
}

fn the_head_says_the_status(site: &mut Site) {
    for (head, status, line) in [
        ("Content-Type: text/plain\n\n", 200, "200 OK"),
        ("Status: 404 Nothing Here\r\nContent-Type: a/b\r\n\r\n", 404, "404 Nothing Here"),
        ("Content-Type: a/b\nStatus: 201\n\n", 201, "201 Created"),
        ("Location: http://other/\n\n", 302, "302 Moved Temporarily"),
        ("Location: /made\nStatus: 201 Made\n\n", 201, "201 Made"),
        ("\n", 200, "200 OK"),
    ] {
        say(site, format!("{head}body"));
        let mut client = site.client();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = client.response();
        assert_eq!((answer.status, answer.text().as_str(), answer.field("Status")), (status, "body", None), "{head}");
        assert!(answer.head.starts_with(&format!("HTTP/1.1 {line}\r\n")), "{}", answer.head);
    }
    say(site, "Status: 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
    assert_eq!((site.get("/").status, site.get("/").body.len()), (304, 0));
}

fn what_is_no_head_is_502(site: &mut Site) {
    for output in [
        "HTTP/1.1 200 OK\r\n\r\nbody",
        "no head\n\n",
        "Status: huge\n\n",
        "Status: 20\n\n",
        "Status: 101 Switching\n\n",
        "Content-Length: 1\nContent-Length: 2\n\nab",
        "Content-Type: a/b\n",
        "",
    ] {
        say(site, output);
        assert_eq!(site.get("/").status, 502, "{output}");
    }
    site.peer(0).greet(|conversation| {
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
        conversation.close();
    });
    assert_eq!(site.get("/").status, 502);
    assert!(site.error_log().contains("upstream: \"fastcgi://"), "the server is named as what it is");
}

fn complaints_are_logged(site: &mut Site) {
    program(site, 0, |records, _| {
        records.send(STDERR, b"before the head\n");
        records.send(STDOUT, b"Content-Type: a/b\n\nbody");
        records.send(STDERR, b"behind it.\n");
        records.answer(" and more");
    });
    assert_eq!(site.get("/").text(), "body and more");
    for text in ["before the head", "behind it"] {
        site.server().wait_for_log(&format!("FastCGI sent in stderr: \"{text}\""));
    }
    program(site, 0, |records, _| {
        records.send(STDOUT, b"Content-Type: a/b\n\nbody");
        records.send(STDERR, b"while it is kept");
        records.answer("");
    });
    assert_eq!(site.get("/kept/complaints").text(), "body");
    site.server().wait_for_log("FastCGI sent in stderr: \"while it is kept\"");
}

fn a_complaint_may_be_fatal(site: &mut Site) {
    for (complaint, status) in [("PHP Fatal error: no", 502), ("PHP Warning: well", 200)] {
        program(site, 0, move |records, _| {
            records.send(STDERR, complaint.as_bytes());
            records.answer("Content-Type: a/b\n\nbody");
        });
        assert_eq!(site.get("/fatal").status, status, "{complaint}");
        assert_eq!(site.get("/").status, 200, "{complaint}");
    }
}

fn connections_are_kept(site: &mut Site) {
    for output in ["Content-Type: a/b\n\nbody", "Content-Length: 4\n\nbody", "Status: 304\n\n"] {
        say(site, output);
        let before = site.peer(0).connections();
        // On one connection of a client: the next request is read when the program has ended the one before.
        let mut client = site.client();
        let mut ask = |_| client.ask("GET /keeping HTTP/1.1\r\nHost: a\r\n\r\n").text();
        let bodies: Vec<_> = (0..3).map(&mut ask).collect();
        let expected = if output.ends_with("body") { "body" } else { "" };
        assert_eq!(bodies, [expected; 3]);
        assert_eq!(site.peer(0).connections() - before, 1, "{output}");
        site.peer(0).cut_connections();
        eventually("the connection is gone", || site.peer(0).open_connections() == 0);
    }
    let before = site.peer(0).connections();
    for _ in 0..2 {
        site.get("/direct");
    }
    assert_eq!(site.peer(0).connections() - before, 2, "without being asked a program keeps none");
}

fn what_is_beyond_the_length_is_cut(site: &mut Site) {
    for (length, expected) in [(4, "body"), (0, "")] {
        say(site, format!("Content-Length: {length}\n\nbody and more"));
        for path in ["/", "/direct", "/keeping"] {
            assert_eq!(site.get(path).text(), expected, "{path}");
        }
    }
}

fn an_answer_that_breaks_off_is_told(site: &mut Site) {
    say(site, "Content-Length: 100\n\nshort");
    let cut = |path: &str| site.raw(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    let text = cut("/direct");
    assert!(text.contains("Content-Length: 100\r\n") && text.ends_with("\r\n\r\nshort"), "{text}");
    program(site, 0, |records, _| records.send(STDOUT, b"Content-Type: a/b\n\nhalf"));
    let text = cut("/direct");
    assert!(text.ends_with("4\r\nhalf\r\n"), "there is no last chunk: {text}");
}

fn an_answer_flows_as_it_comes(site: &mut Site) {
    let (gate, passed) = (testkit::Gate::new(), testkit::Gate::new());
    let (held, told) = (gate.clone(), passed.clone());
    program(site, 0, move |records, _| {
        records.send(STDOUT, b"Content-Type: a/b\n\nfirst");
        held.pass("the first part was read");
        records.answer("second");
        told.open();
    });
    let mut client = site.client();
    client.send("GET /direct HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_until("5\r\nfirst\r\n");
    gate.open();
    client.read_until("6\r\nsecond\r\n0\r\n\r\n");
    passed.pass("the program is through");
}

fn another_program_is_asked(site: &mut Site) {
    program(site, 1, |records, _| records.answer("Content-Type: a/b\n\nthe other"));
    for output in ["", "BAD"] {
        say(site, output);
        assert_eq!(site.get("/pair").text(), "the other", "{output}");
    }
}

fn a_program_that_is_full_is_passed_over(site: &mut Site) {
    program(site, 0, |records, _| records.end(2));
    program(site, 1, |records, asked| records.answer([b"Content-Type: a/b\n\n", &asked.content[..]].concat()));
    // It did nothing for the request, so that even a POST may be sent again.
    assert_eq!(site.post("/pair", "content").text(), "content");
}

fn what_a_program_has_begun_to_answer_is_not_asked_again(site: &mut Site) {
    program(site, 1, |records, _| records.answer("Content-Type: a/b\n\nthe other"));
    program(site, 0, |records, _| {
        records.send(STDOUT, b"Content-Type: a/b\n");
        records.end(2);
    });
    assert_eq!(site.post("/pair", "content").status, 502);
    // What it answers in full counts, whatever it says of its end.
    program(site, 0, |records, _| {
        records.send(STDOUT, b"Content-Type: a/b\n\nall of it");
        records.end(1);
    });
    for path in ["/", "/direct", "/kept/status"] {
        assert_eq!(site.get(path).text(), "all of it", "{path}");
    }
}

fn an_answer_may_end_without_a_word(site: &mut Site) {
    // An empty record says that there is no more; a connection that is not kept may close then.
    program(site, 0, |records, _| {
        records.send(STDOUT, b"Content-Type: a/b\n\nbody");
        records.send(STDOUT, b"");
    });
    for path in ["/", "/direct"] {
        let text = site.raw(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        assert!(text.ends_with("4\r\nbody\r\n0\r\n\r\n"), "{path}: {text}");
    }
}

fn a_program_may_be_slow_to_end(site: &mut Site) {
    let gate = testkit::Gate::new();
    let held = gate.clone();
    program(site, 0, move |records, _| {
        records.send(STDOUT, b"Content-Type: a/b\n\nbody");
        records.send(STDOUT, b"");
        held.pass("the body was read");
        // Whoever writes to a closed connection is killed.
        records.send(STDERR, b"slow to end");
        records.end(0);
    });
    let mut client = site.client();
    client.send("GET /direct HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_until("4\r\nbody\r\n");
    gate.open();
    client.read_until("0\r\n\r\n");
    site.server().wait_for_log("FastCGI sent in stderr: \"slow to end\"");
}

fn the_server_and_the_site_have_their_names(site: &mut Site) {
    program(site, 0, |records, asked| {
        let host = asked.param("HTTP_HOST").unwrap_or("none").to_owned();
        records.answer(format!("Content-Type: a/b\n\n{host}"));
    });
    for path in ["/direct", "/bare"] {
        let answer = site.get_host("Example.COM.", path);
        assert_eq!(answer.text(), "example.com", "{path}");
        assert!(answer.field("Server").is_some() && answer.field("Date").is_some(), "{}", answer.head);
    }
    say(site, "Server: own\n\n");
    assert_eq!(site.get("/").field("Server"), Some("own"));
}

fn scripts_are_named_without_programs(site: &mut Site) {
    assert_eq!(site.get("/named/").text(), "/named/own.php");
}

fn a_target_by_variable_is_a_server(site: &mut Site) {
    say(site, "Content-Type: a/b\n\nit");
    let address = site.peer(0).address();
    assert_eq!(site.get(&format!("/by?to={address}")).text(), "it");
    for wrong in [format!("{address}/path"), "127.0.0.1".to_owned(), String::new()] {
        assert_eq!(site.get(&format!("/by?to={wrong}")).status, 500, "{wrong}");
    }
}

fn answers_are_kept(site: &mut Site) {
    program(site, 0, |records, asked| {
        let count = asked.params.iter().filter(|(name, _)| name == "HTTP_IF_NONE_MATCH").count();
        records.answer(format!("Content-Type: a/b\nETag: \"1\"\n\n{count} conditions"));
    });
    // A program may answer HEAD without a body: that is not kept.
    let mut client = site.client();
    client.send("HEAD /kept HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(client.head().contains("X-Cache: MISS\r\n"));
    for status in ["MISS", "HIT"] {
        let answer = site.get_with("/kept", if status == "MISS" { "If-None-Match: \"2\"\r\n" } else { "" });
        assert_eq!((answer.field("X-Cache"), answer.text().as_str()), (Some(status), "0 conditions"));
    }
}

fn scgi_is_a_netstring(site: &mut Site) {
    site.peer(0).greet(|conversation| {
        let wire = conversation.wire();
        let digits = wire.read_until(b":").unwrap().unwrap();
        let length: usize = String::from_utf8_lossy(&digits).trim_end_matches(':').parse().unwrap();
        let params = String::from_utf8(wire.read_exactly(length + 1).unwrap()).unwrap();
        let content = wire.read_exactly(5).unwrap();
        let told = params.replace('\0', "|");
        conversation.send(format!("Status: 201\r\n\r\n{told}{}", String::from_utf8_lossy(&content)));
        conversation.close();
    });
    let answer = site.post("/scgi", "hello");
    let text = answer.text();
    assert!(text.starts_with("CONTENT_LENGTH|5|SCGI|1|URI|/scgi|HTTP_HOST|"), "{text}");
    assert!(answer.status == 201 && text.ends_with("|,hello"), "{text}");
}

fn uwsgi_is_a_packet(site: &mut Site) {
    site.peer(0).greet(|conversation| {
        let wire = conversation.wire();
        let start = wire.read_exactly(4).unwrap();
        let params = wire.read_exactly(usize::from(start[1]) | usize::from(start[2]) << 8).unwrap();
        assert_eq!(&params[..5], b"\x03\0URI", "{params:?}");
        // Such programs may answer as servers do.
        conversation.send(format!("HTTP/1.1 202 Taken\r\nContent-Length: 1\r\n\r\n{}", start[0]));
        conversation.close();
    });
    let answer = site.get("/uwsgi");
    assert_eq!((answer.status, answer.text().as_str()), (202, "5"));
    assert!(answer.head.starts_with("HTTP/1.1 202 Taken\r\n"), "{}", answer.head);
}

fn too_much_for_uwsgi_is_500(site: &mut Site) {
    assert_eq!(site.get(&format!("/packed?a={}", "x".repeat(9000))).status, 500);
    assert!(site.error_log().contains("uwsgi request is too large"));
}
