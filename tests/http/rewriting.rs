//! The rewrite script: `rewrite`, `set`, `if`, `break`, `return`, and `map`.

use testkit::{Setup, Site, cases};

cases!(
    rewriting,
    setup,
    [
        last_finds_a_new_location,
        break_stays,
        redirects_are_sent,
        captures_and_arguments_are_kept,
        a_question_mark_drops_the_arguments,
        rules_run_in_order,
        the_site_script_runs_first,
        set_makes_variables,
        if_tests_values,
        if_tests_expressions,
        if_tests_files,
        an_if_block_is_a_location,
        map_chooses,
        map_knows_hostnames_and_expressions,
        a_loop_ends,
        break_ends_the_script,
    ]
);

fn setup() -> Setup {
    Setup::http(&[MAPS, SCRIPT, CONDITIONS, "    }"].concat())
        .file("html/dir/there", "a file")
        .file("html/break/new/x", "broke out")
}

const MAPS: &str = r#"
    map $arg_m $mapped {
        default fallback;
        one first;
        two "second $arg_n";
        ~^re(?<rest>.*)$ "matched $rest";
        ~*^CASE caseless;
        "" empty;
        "with space" spaced;
    }
    map $host $by_host {
        hostnames;
        default other;
        exact.example exact;
        *.wild.example wild;
        .both.example both;
        tail.* tail;
    }
    map $arg_a$arg_b $chained { xy $mapped; default none; }
"#;

const SCRIPT: &str = r#"
    server {
        listen {front};
        root html;
        set $from_site "site $uri";
        rewrite ^/at-once/(.*)$ /target/$1 last;
        if ($arg_stop) { return 403 "stopped"; }
        location /target { return 200 "target $uri $args"; }
        location /last { rewrite ^/last/(.*)$ /target/$1 last; return 500; }
        location /break { rewrite ^/break/(.*)$ /break/new/$1 break; }
        location /break-script { set $x before; break; set $x after; proxy_pass http://{peer0}; proxy_set_header X-X $x; }
        location /redirect { rewrite ^/redirect/(.*)$ /target/$1 redirect; }
        location /permanent { rewrite ^ /target? permanent; }
        location /outside { rewrite ^/outside/(.*)$ http://other.example/$1; }
        location /named { rewrite ^/named/(?<first>\w+)/(?<second>\w+)$ /target/$second/$first last; }
        location /drop { rewrite ^ /target? last; }
        location /more { rewrite ^ /target?x=1 last; }
        location /decoded { rewrite ^/decoded/(.*)$ /target?v=$1 last; }
        location /order {
            rewrite ^/order/a(.*)$ /order/b$1;
            rewrite ^/order/b(.*)$ /target/c$1 last;
        }
        location /quantified { rewrite "^/quantified/(\d{2})$" /target/two/$1 last; return 200 "not two"; }
        location /loop { rewrite ^ /loop last; }
        location /site { return 200 "$from_site|$uri"; }
        location /set { set $a 1; set $b "$a$a"; set $a 2; return 200 "$a $b ${a}x"; }
        location /map { return 200 "$mapped|$chained"; }
        location /host { return 200 $by_host; }
"#;

const CONDITIONS: &str = r#"
        location /if {
            set $answer "";
            if ($arg_v) { set $answer "${answer}set,"; }
            if ($arg_v = one) { set $answer "${answer}one,"; }
            if ($arg_v != one) { set $answer "${answer}not-one,"; }
            if ($arg_v ~ ^o(.)) { set $answer "${answer}o-$1,"; }
            if ($arg_v ~* ^O) { set $answer "${answer}caseless,"; }
            if ($arg_v !~ e$) { set $answer "${answer}no-e,"; }
            if ($arg_v !~* E$) { set $answer "${answer}no-E,"; }
            if ($request_method = POST) { set $answer "${answer}post,"; }
            return 200 $answer;
        }
        location /file-tests {
            set $answer "";
            if (-f $document_root/dir/$arg_f) { set $answer "${answer}f"; }
            if (-d $document_root/dir/$arg_f) { set $answer "${answer}d"; }
            if (-e $document_root/dir/$arg_f) { set $answer "${answer}e"; }
            if (-x $document_root/dir/$arg_f) { set $answer "${answer}x"; }
            if (!-f $document_root/dir/$arg_f) { set $answer "${answer}!f"; }
            return 200 "$answer";
        }
        location /if-location {
            add_header X-Place outer;
            if ($arg_inside) { add_header X-Place inner; proxy_pass http://{peer0}; }
            proxy_pass http://{peer1};
        }
"#;

fn check(site: &Site, table: &[(&str, &str)]) {
    for (path, expected) in table {
        assert_eq!(site.get(path).text(), *expected, "{path}");
    }
}

fn last_finds_a_new_location(site: &mut Site) {
    check(
        site,
        &[
            ("/last/x", "target /target/x "),
            ("/last/x?a=b", "target /target/x a=b"),
            ("/at-once/y", "target /target/y "),
            ("/quantified/42", "target /target/two/42 "),
            ("/quantified/422", "not two"),
        ],
    );
}

fn break_stays(site: &mut Site) {
    check(site, &[("/break/x", "broke out")]);
}

fn redirects_are_sent(site: &mut Site) {
    let here = format!("http://localhost:{}", testkit::PORT);
    let table = [
        ("/redirect/x?a=b", 302, format!("{here}/target/x?a=b")),
        ("/redirect/a%20b", 302, format!("{here}/target/a%20b")),
        ("/permanent/x?a=b", 301, format!("{here}/target")),
        ("/outside/x?a=b", 302, "http://other.example/x?a=b".to_owned()),
    ];
    for (path, status, location) in table {
        let response = site.get(path);
        assert_eq!((response.status, response.field("Location")), (status, Some(location.as_str())), "{path}");
    }
}

fn captures_and_arguments_are_kept(site: &mut Site) {
    check(
        site,
        &[
            ("/named/a/b", "target /target/b/a "),
            ("/more?y=2", "target /target x=1&y=2"),
            ("/decoded/a%20b", "target /target v=a%20b"),
            ("/decoded/a%26b", "target /target v=a%26b"),
        ],
    );
}

fn a_question_mark_drops_the_arguments(site: &mut Site) {
    check(site, &[("/drop?a=b", "target /target ")]);
}

fn rules_run_in_order(site: &mut Site) {
    check(site, &[("/order/ax", "target /target/cx "), ("/order/bx", "target /target/cx ")]);
}

fn the_site_script_runs_first(site: &mut Site) {
    check(site, &[("/site/x", "site /site/x|/site/x"), ("/site?stop=1", "stopped"), ("/last/x?stop=1", "stopped")]);
}

fn set_makes_variables(site: &mut Site) {
    check(site, &[("/set", "2 11 2x")]);
}

fn if_tests_values(site: &mut Site) {
    check(
        site,
        &[
            ("/if", "not-one,no-e,no-E,"),
            ("/if?v=0", "not-one,no-e,no-E,"),
            ("/if?v=one", "set,one,o-n,caseless,"),
            ("/if?v=two", "set,not-one,no-e,no-E,"),
        ],
    );
    assert_eq!(site.post("/if?v=one", "").text(), "set,one,o-n,caseless,post,");
}

fn if_tests_expressions(site: &mut Site) {
    check(site, &[("/if?v=ONE", "set,not-one,caseless,no-e,"), ("/if?v=ox", "set,not-one,o-x,caseless,no-e,no-E,")]);
}

fn if_tests_files(site: &mut Site) {
    check(site, &[("/file-tests?f=there", "fe"), ("/file-tests?f=none", "!f"), ("/file-tests?f=", "dex!f")]);
}

fn an_if_block_is_a_location(site: &mut Site) {
    for (path, peer, place) in [("/if-location", "peer1", "outer"), ("/if-location?inside=1", "peer0", "inner")] {
        let response = site.get(path);
        assert_eq!((response.field("X-Peer"), response.all("X-Place")), (Some(peer), vec![place]));
    }
}

fn map_chooses(site: &mut Site) {
    check(
        site,
        &[
            ("/map?m=one", "first|none"),
            ("/map?m=two&n=N", "second N|none"),
            ("/map?m=three", "fallback|none"),
            ("/map", "empty|none"),
            ("/map?m=ONE", "first|none"),
            ("/map?m=one&a=x&b=y", "first|first"),
        ],
    );
}

fn map_knows_hostnames_and_expressions(site: &mut Site) {
    check(site, &[("/map?m=rest", "matched st|none"), ("/map?m=Casework", "caseless|none")]);
    let hosts = [
        ("exact.example", "exact"),
        ("a.wild.example", "wild"),
        ("wild.example", "other"),
        ("both.example", "both"),
        ("a.both.example", "both"),
        ("tail.test", "tail"),
        ("none.test", "other"),
    ];
    for (host, expected) in hosts {
        assert_eq!(site.get_host(host, "/host").text(), expected, "{host}");
    }
}

fn a_loop_ends(site: &mut Site) {
    assert_eq!(site.get("/loop").status, 500);
    assert!(site.error_log().contains("rewrite or internal redirection cycle"));
}

fn break_ends_the_script(site: &mut Site) {
    site.get("/break-script");
    assert_eq!(site.peer(0).request().field("X-X"), Some("before"));
}
