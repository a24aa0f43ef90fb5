//! What the pages speak of is there: files that they name, and pages that they link to.

use std::path::Path;

use super::tree::{File, files, none, root};

/// Where a path that a page names may begin: pages about the corridor leave out what is the same in all of them.
const BEGINNINGS: [&str; 4] = ["", "crates", "crates/l7/src", "crates/l7/src/serve"];

/// Named before they are written.
const TO_COME: [&str; 0] = [];

fn pages() -> Vec<File> {
    files().into_iter().filter(|file| Path::new(&file.path).extension().is_some_and(|kind| kind == "md")).collect()
}

/// The paths between backticks: words with a slash that end as source files, pages and folders do, without a pattern.
fn paths(page: &str) -> Vec<&str> {
    let words = page.split('`').skip(1).step_by(2).filter(|word| {
        let plain = word.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
        plain && word.contains('/') && !word.starts_with('/')
    });
    words
        .filter(|word| [".rs", ".py", ".md", ".toml", ".tsv", ".conf", "/"].iter().any(|end| word.ends_with(end)))
        .collect()
}

/// The targets of links to other files of the tree.
fn links(page: &str) -> Vec<&str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets = targets.map(|target| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty() && !target.contains(':')).collect()
}

#[test]
fn named_files_are_there() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        for path in paths(&page.text) {
            count += 1;
            if !TO_COME.contains(&path)
                && !BEGINNINGS.iter().any(|beginning| root().join(beginning).join(path).exists())
            {
                wrong.push(format!("{}: {path}", page.path));
            }
        }
    }
    assert!(count > 50, "paths are found: {count}");
    none("files that pages name and that are not there", &wrong);
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let folder = root().join(&page.path).parent().unwrap().to_owned();
        for link in links(&page.text) {
            count += 1;
            if !TO_COME.contains(&link) && !folder.join(link).exists() {
                wrong.push(format!("{}: {link}", page.path));
            }
        }
    }
    assert!(count > 30, "links are found: {count}");
    none("links that lead nowhere", &wrong);
}

#[test]
fn decisions_are_short_and_listed() {
    let decisions: Vec<File> = pages().into_iter().filter(|page| page.path.starts_with("docs/decisions/0")).collect();
    let list = std::fs::read_to_string(root().join("docs/decisions/README.md")).unwrap();
    let name = |page: &File| page.path.rsplit('/').next().unwrap_or_default().to_owned();
    let wrong = decisions.iter().filter(|page| page.text.lines().count() > 40 || !list.contains(&name(page)));
    none("decisions that are long or not listed", &wrong.map(|page| page.path.clone()).collect::<Vec<_>>());
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(architecture.lines().count() <= 200, "ARCHITECTURE.md is to be read at one sitting");
}

#[test]
fn paths_and_links_are_told_from_other_words() {
    let page = "`a/b.rs` `cargo run` `/etc/x.conf` `c/` `modules/*.rs` [x](d/e.md#f) [y](https://example.org/z)";
    assert_eq!(paths(page), ["a/b.rs", "c/"]);
    assert_eq!(links(page), ["d/e.md"]);
}
