//! Functions end where the eye still sees their beginning.

use super::tree::{File, none, rust_files};

/// The longest that a function may be, first line and last brace included.
const MOST: usize = 80;

/// Where a function begins, by the layout that rustfmt gives it.
fn begins_function(line: &str) -> bool {
    let mut rest = line.trim_start();
    if rest.starts_with("pub") {
        rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
        rest = rest.strip_prefix("(crate) ").unwrap_or(rest);
    }
    for word in ["const ", "async ", "unsafe ", "extern \"C\" "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    rest.starts_with("fn ")
}

/// The lines of the function that begins at the first of these, its last brace included; 1 if it has no body of its own.
fn length(lines: &[&str]) -> usize {
    let first = lines[0];
    let Some(opening) = lines.iter().position(|line| line.ends_with(['{', '}', ';'])) else { return 1 };
    if !lines[opening].ends_with('{') {
        return 1;
    }
    let indent = &first[..first.len() - first.trim_start().len()];
    let end = format!("{indent}}}");
    lines.iter().position(|line| *line == end).map_or(1, |last| last + 1)
}

/// First line and length of each function.
fn functions(file: &File) -> Vec<(String, usize)> {
    let lines = file.product_lines();
    let beginnings = lines.iter().enumerate().filter(|(_, line)| begins_function(line));
    beginnings.map(|(at, line)| (line.trim().to_owned(), length(&lines[at..]))).collect()
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    let mut count = 0;
    for file in rust_files() {
        for (name, length) in functions(&file) {
            count += 1;
            if length > MOST {
                long.push(format!("{} lines: {} in {}", length, name, file.path));
            }
        }
    }
    assert!(count > 500, "functions are found: {count}");
    none("functions that are too long", &long);
}

#[test]
fn lengths_are_counted() {
    let text = "fn one() {}\n\nimpl X {\n    pub(crate) async fn two(\n        a: u8,\n    ) -> u8 {\n        a\n    }\n}\n\n\
                trait T {\n    fn three(&self);\n}\n";
    let file = File { path: "x.rs".to_owned(), text: text.to_owned() };
    let lengths: Vec<usize> = functions(&file).into_iter().map(|(_, length)| length).collect();
    assert_eq!(lengths, [1, 5, 1]);
}
