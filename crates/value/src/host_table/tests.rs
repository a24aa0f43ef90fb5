//! Which site wins, and why.

use super::*;
use model::Pattern;

fn exact(text: &str) -> SiteName {
    SiteName::Exact(text.into())
}

fn leading(suffix: &str, bare: bool) -> SiteName {
    SiteName::Leading { suffix: suffix.into(), bare }
}

fn regex(expression: &str) -> SiteName {
    SiteName::Regex(Pattern {
        expression: expression.into(),
        ignore_case: false,
        origin: diagnostic::Origin::default(),
    })
}

fn table(names: &[SiteName]) -> HostTable<usize> {
    let mut table = HostTable::new();
    for (number, name) in names.iter().enumerate() {
        table.add(name, number).unwrap();
    }
    table
}

fn find(table: &HostTable<usize>, host: &str) -> Option<usize> {
    let found = table.find(host.as_bytes(), &mut Captures::new()).unwrap();
    found.map(|found| *found.target)
}

fn mixed() -> HostTable<usize> {
    table(&[
        regex(r"^(?<sub>\w+)\.example\.net$"),
        SiteName::Trailing("www".into()),
        SiteName::Trailing("www.example".into()),
        leading("org", false),
        leading("example.org", true),
        exact("example.com"),
        exact(""),
        regex(r"net$"),
    ])
}

#[test]
fn exact_then_leading_then_trailing_then_regex() {
    let table = mixed();
    for (host, expected) in [
        ("example.com", Some(5)),
        ("example.org", Some(4)),
        ("www.example.org", Some(4)),
        ("a.b.example.org", Some(4)),
        ("notexample.org", Some(3)),
        ("org", None),
        ("www.example.de", Some(2)),
        ("www.other.de", Some(1)),
        ("www.example.net", Some(2)),
        ("www", None),
        ("www.", Some(1)),
        ("a.example.net", Some(0)),
        ("a.b.example.net", Some(7)),
        ("", Some(6)),
        ("nowhere", None),
    ] {
        assert_eq!(find(&table, host), expected, "{host}");
    }
}

#[test]
fn the_expression_that_won_gives_its_groups() {
    let mut captures = Captures::new();
    let table = mixed();
    let found = table.find(b"blog.example.net", &mut captures).unwrap().unwrap();
    assert_eq!(found.rule, 0);
    let (name, number) = found.regex.unwrap().names().next().unwrap();
    assert_eq!((name, captures.text(number)), ("sub", Some(&b"blog"[..])));
}

#[test]
fn explains_why_the_others_lost() {
    use Outcome::{Beaten, NoMatch, Won};
    let table = mixed();
    let check = |host: &str, expected: [Outcome; 8]| {
        let verdicts = table.explain(host.as_bytes());
        let outcomes: Vec<_> = verdicts.iter().map(|verdict| verdict.outcome).collect();
        assert_eq!(outcomes, expected, "{host}");
    };
    let beaten = |by, reason| Beaten { by, reason };
    check(
        "www.example.org",
        [
            NoMatch,
            beaten(4, Reason::LeadingFirst),
            beaten(4, Reason::LeadingFirst),
            beaten(4, Reason::Longer),
            Won,
            NoMatch,
            NoMatch,
            NoMatch,
        ],
    );
    check(
        "www.example.net",
        [
            beaten(2, Reason::NamesFirst),
            beaten(2, Reason::Longer),
            Won,
            NoMatch,
            NoMatch,
            NoMatch,
            NoMatch,
            beaten(2, Reason::NamesFirst),
        ],
    );
    let mut expected = [NoMatch; 8];
    expected[0] = Won;
    expected[7] = beaten(0, Reason::EarlierRegex);
    check("a.example.net", expected);
    let mut expected = [NoMatch; 8];
    expected[3] = beaten(4, Reason::Exact);
    expected[4] = Won;
    check("example.org", expected);
    check("nowhere", [NoMatch; 8]);
}

#[test]
fn explain_agrees_with_find_for_every_name() {
    let table = mixed();
    for host in ["", "a", "a.org", "www.a", "www.example.a", "example.com", "x.net", "example.org."] {
        let won = table.explain(host.as_bytes()).into_iter();
        let won = won.filter(|verdict| verdict.outcome == Outcome::Won).map(|verdict| *verdict.target);
        assert_eq!(won.collect::<Vec<_>>(), Vec::from_iter(find(&table, host)), "{host}");
    }
}

#[test]
fn the_first_of_equal_names_is_kept() {
    let mut table = HostTable::new();
    assert_eq!(table.add(&leading("a.org", true), 0), Ok(None));
    assert_eq!(table.add(&exact("a.org"), 1), Ok(Some(0)));
    assert_eq!(table.add(&leading("a.org", false), 2), Ok(Some(0)));
    assert_eq!(table.add(&exact("b.org"), 3), Ok(None));
    assert_eq!(table.add(&leading("b.org", true), 4), Ok(Some(3)));
    assert_eq!(find(&table, "a.org"), Some(0));
    assert_eq!(find(&table, "b.org"), Some(3));
    // nginx ignores the whole of a name that conflicts.
    assert_eq!(find(&table, "x.b.org"), None);
    let verdicts = table.explain(b"a.org");
    assert_eq!(verdicts[1].outcome, Outcome::Duplicate { of: 0 });
    assert_eq!(table.add(&leading("c.org", false), 5), Ok(None));
    assert_eq!(table.add(&leading("c.org", true), 6), Ok(Some(5)));
    assert_eq!(find(&table, "c.org"), None);
    assert_eq!(table.len(), 7);
    assert!(table.add(&regex("("), 7).is_err());
}

#[test]
fn a_thousand_names_are_found_like_ten() {
    let mut table = HostTable::new();
    for number in 0..1000 {
        table.add(&exact(&format!("site{number}.org")), number).unwrap();
        table.add(&leading(&format!("wild{number}.org"), false), number).unwrap();
        let trailing = SiteName::Trailing(format!("tail{number}"));
        table.add(&trailing, number).unwrap();
    }
    for number in [0, 1, 500, 999] {
        assert_eq!(find(&table, &format!("site{number}.org")), Some(number));
        assert_eq!(find(&table, &format!("a.wild{number}.org")), Some(number));
        assert_eq!(find(&table, &format!("tail{number}.com")), Some(number));
    }
    // Dots beyond the longest name cost no look-ups.
    assert_eq!(find(&table, &"a.".repeat(5000)), None);
}
