//! `zaguan check`: every mistake at once, with its place and what to type instead; what has no effect, and why.

use super::{prefix_with, run};
use testkit::{Finished, skip_on_nginx};

/// Checks a configuration; `None` where the binary under test has no such command.
fn check(config: &str) -> Option<Finished> {
    if skip_on_nginx("it has no such command") {
        return None;
    }
    let prefix = prefix_with(config);
    Some(run(&["check", &prefix.path().join("nginx.conf").display().to_string()]))
}

#[test]
fn a_sound_file_passes() {
    let Some(finished) = check("events { }\nhttp { server { listen 8080; return 204; } }\n") else { return };
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn all_mistakes_are_found_at_once() {
    let config = "events { }\nhttp {\n    server {\n        lisen 80;\n        keepalive_timeout soon;\n        \
                  location / { proxy_pas http://127.0.0.1:1; }\n    }\n}\n";
    let Some(finished) = check(config) else { return };
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let said = finished.stdout + &finished.stderr;
    for part in ["nginx.conf:4:9", "nginx.conf:5:", "nginx.conf:6:22", "`listen`", "`proxy_pass`", "soon", "^"] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
}

#[test]
fn what_is_not_built_yet_is_refused_by_name() {
    let Some(finished) = check("events { }\nhttp { server { listen 8080; xslt_stylesheet a.xslt; } }\n") else {
        return;
    };
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let said = finished.stdout + &finished.stderr;
    assert!(said.contains("xslt_stylesheet") && said.contains("nginx.conf:2"), "{said}");
}

#[test]
fn what_has_no_effect_is_listed_with_its_reason() {
    let config = "events { worker_connections 1024; }\nhttp { server { listen 8080; return 204; } }\n";
    let Some(finished) = check(config) else { return };
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let said = finished.stdout + &finished.stderr;
    let line = said.lines().find(|line| line.contains("worker_connections")).unwrap_or_default();
    assert!(line.contains("nginx.conf:1") && line.len() > 60, "place and reason in {line:?} of:\n{said}");
}

#[test]
fn a_file_of_sites_is_read_as_if_included() {
    let config =
        "upstream app { server 127.0.0.1:5000; }\nserver { listen 8080; location / { proxy_pass http://app; } }\n";
    let Some(finished) = check(config) else { return };
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn a_missing_file_is_an_error_of_its_own() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let finished = run(&["check", "/none/such.conf"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!((finished.stdout + &finished.stderr).contains("/none/such.conf"));
}

#[test]
fn without_a_file_the_usage_is_shown() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    assert_eq!(run(&["check"]).code, Some(2));
}

#[test]
fn what_never_has_an_effect_is_named_once_a_file() {
    let config =
        "Listen 127.0.0.1:1\nStartServers 2\nMinSpareThreads 25\nServerSignature On\nStartServers 3\nOptions Indexes\n";
    let Some(finished) = check(config) else { return };
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let lines: Vec<&str> = finished.stdout.lines().filter(|line| line.starts_with("no effect: ")).collect();
    let [options, never] = lines.as_slice() else { panic!("two lines: {finished:?}") };
    assert!(options.contains("nginx.conf:6: `Options Indexes`: directories are not listed"), "{options}");
    assert!(never.ends_with("nginx.conf: `StartServers`, `MinSpareThreads`, `ServerSignature`: never here"), "{never}");
}

#[test]
fn what_is_wrong_with_a_file_of_a_directory_stops_nothing_else() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let prefix = testkit::Prefix::new();
    let root = prefix.path().join("html").display().to_string();
    let config =
        format!("Listen 127.0.0.1:1\nDocumentRoot {root}\n<Directory {root}>\n    AllowOverride All\n</Directory>\n");
    prefix.write("httpd.conf", &config);
    let path = prefix.path().join("httpd.conf").display().to_string();
    for (text, said) in [
        ("RewriteEngine On\n", ""),
        ("Requires valid-user\n", "did you mean `Require`?; requests for what lies in"),
        // Only who runs the model knows that this is no expression.
        ("RewriteEngine On\nRewriteRule ^(a /b\n", "admin\" are answered with 500"),
    ] {
        prefix.write("html/admin/.htaccess", text);
        let finished = run(&["check", &path]);
        assert!(finished.code == Some(0) && finished.stderr.contains(said), "{finished:?}");
        assert_eq!(finished.stderr.is_empty(), said.is_empty(), "{finished:?}");
        assert!(said.is_empty() || finished.stderr.contains("html/admin/.htaccess:"), "{finished:?}");
    }
}

#[test]
fn a_host_of_programs_is_told_what_to_run_instead() {
    let config = "<VirtualHost *:5000>\n    ServerName example.com\n    WSGIScriptAlias / /var/www/flaskapp.wsgi\n</VirtualHost>\n";
    let Some(finished) = check(config) else { return };
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let said = finished.stdout + &finished.stderr;
    for part in ["nginx.conf:3:5", "mod_wsgi", "gunicorn", "ProxyPass", "^"] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
}
