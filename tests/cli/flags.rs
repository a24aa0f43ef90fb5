//! nginx's own flags: `-t`, `-T`, `-q`, `-v`, `-V`, `-s`, `-g`, `-h`.

use std::os::unix::fs::symlink;

use super::{prefix_with, run, run_on};
use testkit::{Loopback, Prefix, is_nginx};

fn sound() -> String {
    let address = Loopback::next();
    format!(
        "pid nginx.pid;\nevents {{ }}\nhttp {{\n    client_body_temp_path body;\n    proxy_temp_path proxy;\n    \
         access_log off;\n    include more.conf; # comment\n    server {{ listen {address}; return 204; }}\n}}\n"
    )
}

fn sound_prefix() -> Prefix {
    let prefix = prefix_with(&sound());
    prefix.write("more.conf", "map $uri $more { default 1; }\n");
    prefix
}

#[test]
fn t_finds_a_sound_configuration_sound() {
    let prefix = sound_prefix();
    let finished = run_on(&prefix, &["-t"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{finished:?}");
    let path = prefix.path().join("nginx.conf").display().to_string();
    assert!(finished.stderr.contains(&format!("the configuration file {path} syntax is ok\n")), "{finished:?}");
    assert!(finished.stderr.contains(&format!("configuration file {path} test is successful\n")), "{finished:?}");
    assert_eq!(prefix.read("nginx.pid"), "", "nothing was started");
}

#[test]
fn q_says_nothing_of_what_is_sound() {
    let finished = run_on(&sound_prefix(), &["-t", "-q"]);
    assert_eq!((finished.code, finished.stdout.as_str(), finished.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn t_finds_mistakes() {
    let prefix = prefix_with("events { }\nhttp {\n    server {\n        lisen 80;\n    }\n}\n");
    let finished = run_on(&prefix, &["-t"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("lisen") && finished.stderr.contains("nginx.conf:4"), "{finished:?}");
    let failed = format!("configuration file {} test failed", prefix.path().join("nginx.conf").display());
    assert!(finished.stderr.contains(&failed), "{finished:?}");
}

#[test]
fn t_finds_what_cannot_be_had() {
    let taken = Loopback::next();
    let _holder = taken.listen();
    let config =
        format!("events {{ }}\nhttp {{ access_log /none/such/dir/access.log; server {{ listen {taken}; }} }}\n");
    let finished = run_on(&prefix_with(&config), &["-t"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("/none/such/dir/access.log"), "{finished:?}");
}

#[test]
fn capital_t_writes_out_every_file() {
    let prefix = sound_prefix();
    let finished = run_on(&prefix, &["-T"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for name in ["nginx.conf", "more.conf"] {
        let path = prefix.path().join(name);
        let expected = format!("# configuration file {}:\n{}", path.display(), prefix.read(name));
        assert!(finished.stdout.contains(&expected), "{name} in {}", finished.stdout);
    }
}

#[test]
fn v_names_the_version() {
    for flag in ["-v", "-V"] {
        let finished = run(&[flag]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""));
        let expected = if is_nginx() { "nginx version: nginx/" } else { "zaguan version: zaguan/" };
        assert!(finished.stderr.starts_with(expected), "{finished:?}");
    }
}

#[test]
fn under_the_name_nginx_it_is_nginx() {
    let prefix = Prefix::new();
    let link = prefix.path().join("nginx");
    symlink(testkit::binary(env!("CARGO_BIN_EXE_zaguan")), &link).unwrap();
    let finished = testkit::run(&link.to_string_lossy(), &["-V"]);
    let first = finished.stderr.lines().next().unwrap_or_default();
    assert!(first.starts_with("nginx version: nginx/1."), "{finished:?}");
    assert!(finished.stderr.contains("\nconfigure arguments:"), "{finished:?}");
    let finished = testkit::run(&link.to_string_lossy(), &["check"]);
    assert_eq!(finished.code, Some(1), "nginx knows no commands: {finished:?}");
}

#[test]
fn g_adds_directives() {
    let prefix = sound_prefix();
    assert_eq!(run_on(&prefix, &["-t", "-g", "worker_processes 2;"]).code, Some(0));
    let finished = run_on(&prefix, &["-t", "-g", "pid other.pid;"]);
    assert_eq!(finished.code, Some(1), "given twice: {finished:?}");
    assert!(finished.stderr.contains("pid"), "{finished:?}");
}

#[test]
fn s_needs_a_server() {
    let finished = run_on(&sound_prefix(), &["-s", "reload"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("nginx.pid"), "{finished:?}");
}

#[test]
fn nonsense_is_refused() {
    let expected = if is_nginx() { 1 } else { 2 };
    for arguments in [&["-x"][..], &["-s", "dance"], &["-c"], &["nonsense"]] {
        let finished = run(arguments);
        assert_eq!(finished.code, Some(expected), "{arguments:?}: {finished:?}");
        assert!(!finished.stderr.is_empty());
    }
}

#[test]
fn h_shows_help() {
    for flag in ["-h", "-?"] {
        let finished = run(&[flag]);
        assert_eq!(finished.code, Some(0));
        let shown = finished.stdout + &finished.stderr;
        assert!(shown.contains("-t") && shown.contains("-s"), "{shown}");
    }
}
