//! The configurations that README.md and the pages of features show are read without a complaint.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use config_apache::{Input, Options, read};
use config_source::Memory;
use diagnostic::{Severity, Sources};

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let features = std::fs::read_dir(root.join("docs/features")).unwrap().map(|entry| entry.unwrap().path());
    features.chain([root.join("README.md")]).collect()
}

/// What stands between a line of three backticks with `apache` and the next line of three.
fn examples(page: &str) -> Vec<&str> {
    page.split("```apache\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default()).collect()
}

/// What is wrong with a configuration, drawn.
fn problems(name: &str, text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let options = Options { server_root: "/srv".into(), ..Options::default() };
    let lowered = read(&Memory::new(), Input::Text { name, text }, &options, &mut sources);
    let told = lowered.diagnostics.iter().filter(|found| found.severity != Severity::Note);
    told.map(|found| found.render(&sources, false)).collect()
}

#[test]
fn examples_are_sound() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        for example in examples(&page) {
            count += 1;
            wrong.extend(problems(&path.display().to_string(), example));
        }
    }
    assert!(count >= 1, "examples are found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_unsound_example_would_be_found() {
    let found = examples("Text.\n\n```apache\nLisen 80\n```\n\n```apache\nListen 8080\n```\n");
    assert_eq!(found, ["Lisen 80", "Listen 8080"]);
    assert_eq!(problems("one", found[0]).len(), 1);
}
