//! Tables of directives are sorted, so that a reader finds a row and sees a missing one.

use super::tree::{File, none, rust_files};

/// What a row of a directive table begins with.
const ROWS: [&str; 5] = ["row(", "pending(", "refused(", "no_effect(", "at_reading("];

/// The names in a file's table, in order.
fn names(file: &File) -> Vec<String> {
    let Some((_, table)) = file.text.split_once("const ROWS: &[Row] = &[\n") else { return Vec::new() };
    let table = table.split("\n];").next().unwrap_or_default();
    let mut names = Vec::new();
    for row in table.split("\n    ").map(str::trim_start) {
        let opening = ROWS.iter().find_map(|opening| row.strip_prefix(opening));
        // A long row has its name on the line after.
        let name = opening.map(str::trim).filter(|rest| rest.starts_with('"'));
        names.extend(name.and_then(|rest| rest.split('"').nth(1)).map(str::to_owned));
    }
    names
}

#[test]
fn directive_tables_are_sorted() {
    let mut wrong = Vec::new();
    let (mut tables, mut rows) = (0, 0);
    let files = rust_files();
    let front_ends = ["crates/config-apache/src/", "crates/config-nginx/src/"];
    for file in files.iter().filter(|file| front_ends.iter().any(|folder| file.path.starts_with(folder))) {
        let names = names(file);
        tables += usize::from(!names.is_empty());
        rows += names.len();
        let pairs = names.windows(2).filter(|pair| pair[0] > pair[1]);
        wrong.extend(pairs.map(|pair| format!("{}: `{}` stands before `{}`", file.path, pair[0], pair[1])));
    }
    assert!(tables > 20 && rows > 200, "the tables are found: {tables} with {rows} rows");
    none("rows out of order", &wrong);
}
