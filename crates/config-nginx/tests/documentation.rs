//! The configurations that README.md and the pages of features show are loaded without a complaint.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use config_nginx::{Memory, Options, Reader, lower};
use diagnostic::Sources;

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let features = std::fs::read_dir(root.join("docs/features")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = features.chain([root.join("README.md")]).collect();
    pages.sort();
    pages
}

/// What stands between a line of three backticks with `nginx` and the next line of three.
fn examples(page: &str) -> Vec<&str> {
    page.split("```nginx\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default()).collect()
}

/// What is wrong with a configuration, drawn.
fn problems(name: &str, text: &str) -> Vec<String> {
    let files = Memory::new();
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let directory = Path::new("/etc/nginx");
    let mut reader = Reader { files: &files, directory, sources: &mut sources, diagnostics: &mut diagnostics };
    let tree = reader.text(name, text);
    diagnostics.extend(lower(&[&tree], &Options::default()).diagnostics);
    diagnostics.iter().map(|found| found.render(&sources, false)).collect()
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
    assert!(count >= 10, "examples are found: {count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_unsound_example_would_be_found() {
    let page = "Text.\n\n```nginx\nserver { lisen 80; }\n```\n\n```nginx\nserver { listen 8080; }\n```\n";
    let found = examples(page);
    assert_eq!(found, ["server { lisen 80; }", "server { listen 8080; }"]);
    assert_eq!(problems("one", found[0]).len(), 1);
    assert!(problems("two", found[1]).is_empty());
}

#[test]
fn every_page_of_a_feature_has_an_example() {
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        // Those of httpd's language are read by the tests of its front-end.
        let other = page.contains("```apache\n");
        assert!(other || !examples(&page).is_empty(), "{}", path.display());
    }
}
