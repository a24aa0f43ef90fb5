//! `zaguan convert`: a configuration of either language as nginx's text, and what has no form there.

use super::{prefix_with, run};
use testkit::{Finished, Prefix, skip_on_nginx};

/// Converts a configuration; `None` where the binary under test has no such command.
fn convert(config: &str) -> Option<(Finished, Prefix)> {
    if skip_on_nginx("it has no such command") {
        return None;
    }
    let prefix = prefix_with(config);
    let finished = run(&["convert", &prefix.path().join("nginx.conf").display().to_string()]);
    Some((finished, prefix))
}

#[test]
fn a_configuration_is_written_in_short() {
    let config = "events { }\nhttp {\n  keepalive_timeout 75;\n  server {\n    listen *:8080;\n    location / { \
                  proxy_pass http://127.0.0.1:5000; proxy_read_timeout 5m; }\n  }\n}\n";
    let Some((finished, prefix)) = convert(config) else { return };
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    let expected = "events {}\n\nhttp {\n    server {\n        listen 8080;\n\n        location / {\n            \
                    proxy_read_timeout 5m;\n            proxy_pass http://127.0.0.1:5000;\n        }\n    }\n}\n";
    assert_eq!(finished.stdout, expected);
    // What was written is written again as it is.
    prefix.write("again.conf", &finished.stdout);
    let again = run(&["convert", &prefix.path().join("again.conf").display().to_string()]);
    assert_eq!((again.code, again.stdout), (Some(0), finished.stdout));
}

#[test]
fn a_virtual_host_of_httpd_becomes_a_server() {
    let config = "<VirtualHost *:8080>\n    ServerName a.example\n    ProxyPass / http://127.0.0.1:5000/\n    \
                  ProxyPassReverse / http://127.0.0.1:5000/\n</VirtualHost>\n";
    let Some((finished, prefix)) = convert(config) else { return };
    assert!(matches!(finished.code, Some(0 | 3)), "{finished:?}");
    for line in ["listen 8080;", "server_name a.example;", "location / {", "proxy_pass http://127.0.0.1:5000/;"] {
        assert!(finished.stdout.contains(line), "{line} in {}", finished.stdout);
    }
    // Each thing that has no form is told, and a comment.
    let comments = finished.stdout.matches("# no form here: ").count();
    assert_eq!(finished.stderr.matches("[no-form]").count(), comments, "{finished:?}");
    assert_eq!(finished.code, Some(if comments == 0 { 0 } else { 3 }), "{finished:?}");
    prefix.write("again.conf", &finished.stdout);
    let checked = run(&["check", &prefix.path().join("again.conf").display().to_string()]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn answers_that_are_kept_in_httpd_s_way_have_no_form() {
    let config = "CacheRoot kept\nCacheDirLevels 4\n<VirtualHost *:8080>\n    ServerName a.example\n    CacheEnable disk /\n    \
                  ProxyPass / http://127.0.0.1:5000/\n</VirtualHost>\n";
    let Some((finished, prefix)) = convert(config) else { return };
    assert!(finished.stderr.contains("answers kept by RFC 9111 with times"), "{finished:?}");
    assert!(finished.stdout.contains("proxy_cache off;"), "nothing is kept in another way: {}", finished.stdout);
    prefix.write("again.conf", &finished.stdout);
    let checked = run(&["check", &prefix.path().join("again.conf").display().to_string()]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn a_configuration_with_mistakes_is_not_converted() {
    let Some((finished, _)) = convert("events { }\nhttp { server { lisen 80; } }\n") else { return };
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""), "{finished:?}");
    assert!(finished.stderr.contains("lisen"), "{finished:?}");
}
