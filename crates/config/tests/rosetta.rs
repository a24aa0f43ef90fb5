//! The same site in both languages is one model: each folder of `tests/rosetta` has one as nginx.conf and as httpd.conf.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use config::{Language, Loaded, Options, load};
use model::{Model, differences};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/rosetta")
}

fn options(language: Language) -> Options {
    Options {
        language: Some(language),
        prefix: "/srv".into(),
        error_log: "/var/log/error.log".into(),
        access_log: "/dev/null".into(),
        pid_file: "/run/server.pid".into(),
        superuser: true,
        hostname: "here.example".to_owned(),
        server_root: Some("/srv".into()),
        ..Options::default()
    }
}

fn model(case: &Path, language: Language) -> Model {
    let name = match language {
        Language::Nginx => "nginx.conf",
        Language::Apache => "httpd.conf",
    };
    let Loaded { model, diagnostics, sources, .. } = load(&case.join(name), &options(language));
    let told: Vec<String> = diagnostics.iter().map(|problem| problem.render(&sources, false)).collect();
    model.unwrap_or_else(|| unreachable!("{}:\n{}", case.display(), told.join("\n")))
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    cases
}

#[test]
fn both_languages_say_the_same() {
    let cases = cases();
    assert!(cases.len() >= 15, "cases are found: {}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let nginx = model(&case, Language::Nginx).meaning_in_use();
        let apache = model(&case, Language::Apache).meaning_in_use();
        let found = differences(&nginx, &apache);
        if !found.is_empty() {
            wrong.push(format!("{} (nginx / httpd):\n  {}", case.display(), found.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is converted means the same too, and says so itself.
#[test]
fn each_site_is_converted() {
    for case in cases() {
        let apache = model(&case, Language::Apache);
        let converted = config::as_nginx(&apache, Language::Apache, &options(Language::Nginx));
        let told: Vec<&str> = converted.missing.iter().map(|problem| problem.message.as_str()).collect();
        assert!(told.is_empty(), "{}: {told:?}\n{}", case.display(), converted.text);
    }
}
