//! What maps choose.

use super::*;
use model::Pattern;

fn text(text: &str) -> model::Template {
    model::Template::text(text, Origin::default())
}

fn map(entries: Vec<(MapKey, &str)>) -> Result<Map<()>, Diagnostic> {
    let written = model::Map {
        variable: "chosen".into(),
        source: text("source"),
        entries: entries.into_iter().map(|(key, value)| (key, text(value))).collect(),
        default: text("default"),
        volatile: true,
        origin: Origin::default(),
    };
    Map::compile(&written, &mut |_, _| Ok(()))
}

fn exact(text: &str) -> MapKey {
    MapKey::Text(text.into())
}

fn regex(expression: &str, ignore_case: bool) -> MapKey {
    MapKey::Regex(Pattern { expression: expression.into(), ignore_case, origin: Origin::default() })
}

fn check(map: &Map<()>, key: &str, expected: &str) {
    let choice = map.find(key.as_bytes(), &mut Captures::new());
    let value = choice.value.as_text().unwrap();
    assert_eq!(value.escape_ascii().to_string(), expected, "{key:?}");
}

#[test]
fn exact_keys_come_before_regular_expressions() {
    let map = map(vec![
        (regex("^o", false), "regex"),
        (exact("One"), "1"),
        (exact(""), "empty"),
        (regex("^X(.)", true), "caseless"),
        (regex("", false), "any"),
    ])
    .unwrap();
    for (key, expected) in [
        ("one", "1"),
        ("ONE", "1"),
        ("other", "regex"),
        ("Other", "any"),
        ("xy", "caseless"),
        ("", "empty"),
        ("one.", "any"),
    ] {
        let expected = if key == "one." { "regex" } else { expected };
        check(&map, key, expected);
    }
    let long = "ONE".repeat(200);
    check(&map, &long, "any");
    let mut captures = Captures::new();
    let choice = map.find(b"xy", &mut captures);
    assert_eq!(choice.entry, Some(3));
    assert!(choice.regex.is_some());
    assert_eq!(captures.text(1), Some(&b"y"[..]));
}

#[test]
fn masks_of_host_names() {
    let leading = |suffix: &str, bare| MapKey::Leading { suffix: suffix.into(), bare };
    let map = map(vec![
        (leading("example.org", false), "*.example.org"),
        (leading("a.example.org", true), ".a.example.org"),
        (MapKey::Trailing("www.example".into()), "www.example.*"),
        (exact("exact.example.org"), "exact"),
    ])
    .unwrap();
    for (key, expected) in [
        ("b.example.org", "*.example.org"),
        ("B.Example.Org", "*.example.org"),
        ("c.b.example.org.", "*.example.org"),
        ("a.example.org", ".a.example.org"),
        ("x.a.example.org", ".a.example.org"),
        ("exact.example.org", "exact"),
        ("www.example.com", "www.example.*"),
        ("www.example.org", "*.example.org"),
        ("www.example", "default"),
        ("example.org", "default"),
        ("", "default"),
    ] {
        check(&map, key, expected);
    }
}

#[test]
fn an_expression_that_gives_up_chooses_the_default() {
    let map = map(vec![(regex(r"(?=a)(a+)+[bc]\1", false), "regex")]).unwrap();
    check(&map, &"a".repeat(5000), "default");
    check(&map, "ab", "default");
    check(&map, "aba", "regex");
    assert!(map.is_volatile());
    assert_eq!(map.source().as_text(), Some(&b"source"[..]));
}

#[test]
fn mistakes_are_diagnostics() {
    let twice = map(vec![(exact("a"), "1"), (exact("A"), "2")]).unwrap_err();
    assert_eq!(twice.code, "conflicting-parameter");
    assert_eq!(twice.related.len(), 1);
    let broken = map(vec![(regex("(", false), "1")]).unwrap_err();
    assert_eq!(broken.code, "bad-regex");
}
