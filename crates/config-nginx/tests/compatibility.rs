//! The tables of directives, and the page that is made from them.

use std::collections::HashSet;
use std::path::Path;

use config_nginx::{compatibility, compatibility_page};
use config_source::Support;

#[test]
fn rows_are_sorted_and_unique_in_each_module() {
    let rows: Vec<_> = compatibility().collect();
    for pair in rows.windows(2) {
        assert!(pair[0].module != pair[1].module || pair[0].name < pair[1].name, "{} {}", pair[0].name, pair[1].name);
    }
    let modules: HashSet<&str> = rows.iter().map(|row| row.module).collect();
    assert!(modules.len() > 80, "{}", modules.len());
    assert!(rows.len() > 780, "{}", rows.len());
}

#[test]
fn every_row_has_a_place_and_a_reason() {
    for row in compatibility() {
        assert!(!row.contexts.is_empty(), "{}", row.name);
        if let Support::Partial(text) | Support::NoEffect(text) | Support::Refused(text) = row.support {
            assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", row.name);
        }
    }
}

#[test]
fn the_page_is_that_of_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let page = compatibility_page();
    if std::env::var_os("ZAGUAN_WRITE_PAGES").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/compatibility.md is out of date: run this test with ZAGUAN_WRITE_PAGES=1");
}
