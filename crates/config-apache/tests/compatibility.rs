//! The page of compatibility is what the tables say.

use std::path::Path;

use config_apache::{compatibility, compatibility_page};
use config_source::Support;

#[test]
fn the_page_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility-apache.md");
    let page = compatibility_page();
    if std::env::var_os("ZAGUAN_WRITE_PAGES").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/compatibility-apache.md: write it anew with ZAGUAN_WRITE_PAGES=1");
}

#[test]
fn every_reason_says_something() {
    for row in compatibility() {
        match row.support {
            Support::Partial(text) | Support::NoEffect(text) | Support::Refused(text) => {
                assert!(text.len() > 5 && !text.ends_with('.'), "{}: {text:?}", row.name);
            }
            Support::Full | Support::Pending => {}
        }
        assert!(!row.contexts.is_empty(), "{} may stand somewhere", row.name);
    }
}

#[test]
fn no_directive_is_there_twice() {
    let mut names: Vec<String> = compatibility().map(|row| row.name.to_ascii_lowercase()).collect();
    names.sort();
    let twice: Vec<&String> =
        names.windows(2).filter_map(|pair| (pair.first() == pair.last()).then(|| pair.first())?).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(names.len() > 150, "the tables are found");
}
