//! Words are read back as what they say.

use diagnostic::{FileId, Origin};

use super::*;
use crate::parser::parse;
use crate::tree::{self};

/// The words that the language reads in a text.
fn read(text: &str) -> Vec<String> {
    let (tree, problems) = parse(FileId::default(), &format!("x {text};"), false);
    assert!(problems.is_empty(), "{text}: {problems:?}");
    let directives = tree::directives(&tree.nodes);
    directives[0].arguments.iter().map(|word| word.text.clone()).collect()
}

#[test]
fn words_are_read_back() {
    for text in [
        "", "a", "a b", "a;b", "{", "}", "a{2}", "${x}y", "\\.php$", "\\", "a\\", "\\\\", "\\n", "\n", "\t\r", "\"",
        "'", "\"'", "#a", "a#b", "\\\"", "é", "a\\ b", "\\t\\", "a}b", "\\{", "\\\n", "a\\'b c",
    ] {
        assert_eq!(read(&quote(text)), [text], "{}", quote(text));
    }
    assert_eq!(quote("\\.php$"), "\\.php$");
}

#[test]
fn text_with_variables() {
    let check = |parts: Vec<Part>, expected: Result<&str, ()>| {
        let found = template(&Template { parts, origin: Origin::default() });
        assert_eq!(found.as_deref().map_err(|_| ()), expected);
    };
    let text = |text: &str| Part::Text(text.to_owned());
    let variable = |name: &str| Part::Variable(name.to_owned());
    check(vec![variable("a"), text("b"), variable("c"), text("-")], Ok("${a}b$c-"));
    check(vec![Part::Capture(1), text("0"), variable("1")], Ok("$10${1}"));
    check(vec![text("a "), variable("b")], Ok("\"a $b\""));
    check(vec![text("5$")], Err(()));
    check(vec![variable("a-b")], Err(()));
    check(vec![Part::Capture(10)], Err(()));
}

#[test]
fn sizes_and_times() {
    let check = |bytes, expected: &str| assert_eq!(size(ByteSize(bytes)), expected);
    check(0, "0");
    check(1 << 30, "1024m");
    check(8192, "8k");
    check(1000, "1000");
    check(u64::MAX, "9223372036854775807");
    let check = |milliseconds, expected: &str| {
        let found = time(Duration::from_millis(milliseconds)).unwrap();
        assert_eq!(found, expected);
        assert_eq!(crate::value::plain_time(&found), Some(Duration::from_millis(milliseconds)));
    };
    check(0, "0");
    check(60_000, "60s");
    check(90_000, "90s");
    check(120_000, "2m");
    check(3_600_000, "1h");
    check(172_800_000, "2d");
    check(1500, "1s500ms");
    check(5, "5ms");
    assert!(time(Duration::from_nanos(1)).is_err());
    assert!(seconds(Duration::from_millis(1)).is_err());
}
