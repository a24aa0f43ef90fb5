//! What every file keeps to: size, first line, name, lints with reasons, no trace of a machine.

use super::tree::{File, files, none, root, rust_files};

/// The most lines that a file may have, its inline tests left out.
const MOST: usize = 600;

/// Files that are tables, not logic, and may be longer.
const TABLES: &[&str] = &[];

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for file in rust_files().iter().filter(|file| !TABLES.contains(&file.path.as_str())) {
        let lines = file.product_lines().len();
        if lines > MOST {
            long.push(format!("{lines} lines: {}", file.path));
        }
    }
    none("files that are too long", &long);
    for table in TABLES {
        assert!(root().join(table).exists(), "an exception for what is not there: {table}");
    }
}

#[test]
fn files_open_with_a_sentence() {
    let opens = |file: &File| {
        let first = file.text.lines().next().unwrap_or_default();
        first.strip_prefix("//! ").is_some_and(|sentence| sentence.len() > 10)
    };
    let wrong = rust_files().into_iter().filter(|file| !opens(file)).map(|file| file.path);
    none("files that do not open with a `//!` sentence", &wrong.collect::<Vec<_>>());
}

#[test]
fn modules_are_named_after_their_files() {
    let wrong = rust_files().into_iter().map(|file| file.path).filter(|path| path.ends_with("/mod.rs"));
    none("files called mod.rs", &wrong.collect::<Vec<_>>());
}

#[test]
fn names_say_what_is_inside() {
    const EMPTY: [&str; 6] = ["utils", "util", "common", "helpers", "manager", "info"];
    let is_empty = |path: &String| {
        let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        EMPTY.contains(&stem)
    };
    let wrong = rust_files().into_iter().map(|file| file.path).filter(is_empty);
    none("files whose names say nothing", &wrong.collect::<Vec<_>>());
}

#[test]
fn only_two_crates_may_be_unsafe() {
    let roots = rust_files().into_iter().filter(|file| {
        file.path.starts_with("crates/") && (file.path.ends_with("/src/lib.rs") || file.path.ends_with("/src/main.rs"))
    });
    let allowed = ["crates/transport/", "crates/process/"];
    let wrong = roots
        .filter(|file| !allowed.iter().any(|crate_path| file.path.starts_with(crate_path)))
        .filter(|file| !file.text.contains("#![forbid(unsafe_code)]"));
    none("crate roots without `#![forbid(unsafe_code)]`", &wrong.map(|file| file.path).collect::<Vec<_>>());
}

/// The attributes that change lints, each with the line it begins on.
fn lint_attributes(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for opening in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
        for (at, _) in text.match_indices(opening) {
            let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            // Only what stands at the beginning of a line is an attribute.
            if !text[line_start..at].trim().is_empty() {
                continue;
            }
            let end = text[at..].find(")]").map_or(text.len(), |end| at + end);
            found.push((text[..at].lines().count() + 1, text[at..end].to_owned()));
        }
    }
    found
}

#[test]
fn exceptions_from_lints_have_reasons() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in rust_files() {
        for (line, attribute) in lint_attributes(&file.text) {
            count += 1;
            if !attribute.contains("reason = ") {
                wrong.push(format!("{}:{line}: {attribute}", file.path));
            }
        }
    }
    assert!(count > 0, "attributes are found");
    none("exceptions from lints without a reason", &wrong);
}

#[test]
fn no_path_of_a_machine_is_in_the_tree() {
    // Put together here so that this file does not hold them itself.
    let traces = [["/wo", "rk/"].concat(), ["/ro", "ot/."].concat()];
    let mut wrong = Vec::new();
    for file in files() {
        for (number, line) in file.text.lines().enumerate() {
            if traces.iter().any(|trace| line.contains(trace)) {
                wrong.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none("paths of a machine", &wrong);
}

#[test]
fn product_code_leaves_no_work_behind() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["X", "XX"].concat()];
    let mut wrong = Vec::new();
    for file in rust_files() {
        for (number, line) in file.text.lines().enumerate() {
            let comment = line.split_once("//").map_or("", |(_, comment)| comment);
            if marks.iter().any(|mark| comment.split(|c: char| !c.is_alphanumeric()).any(|word| word == mark)) {
                wrong.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none("marks of unfinished work", &wrong);
}
