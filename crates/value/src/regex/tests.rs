//! What expressions match, with PCRE2 itself as the judge.

use super::*;

const PATTERNS: &[&str] = &[
    r"\.php$",
    r"^/static/(.*)\.(gif|jpe?g|png)$",
    r"^(?<name>\w+)\.example\.(?P<top>org|com)$",
    r"^/(\d{1,3})-(\d*)(x)?/",
    r"^/a(?:b|c)*d",
    r"(?i)^/CaseLess$",
    r"(?s)a.b",
    r"a.b",
    r"[^/]+/?$",
    r"[[:alpha:]_][[:alnum:]-]*",
    r"\bword\b",
    r"a\z|b\Z",
    r"x*",
    r"(a|ab)(c|bcd)(d*)",
    r"(a)|(b)",
    r"(?:(a)|b)+",
    r"^$",
    r"",
    r"[\]\-a]+",
    r"\x41\x{42}",
    r"a{2,3}b{1}c{1,}",
    // These are PCRE2's alone, or mean something else to the linear engine.
    r"a++b",
    r"a{1,2}+a",
    r"(a*)*",
    r"(a|b*)+",
    r"(?=/x)/\w",
    r"(a)\1",
    r"(?>a+)b",
    r"(?'quoted'a)(?<angle>b)",
    r"[a[b]+",
    r"[a&&b]+",
    r"[+--a]",
    r"\<b\>",
    r"\vb",
    r"\Qa.b\E",
    r"(?m)^b$",
    r"(?x) a b [ ] # text",
    r"a{,2}b",
    r"a{x}",
    r"é+",
    r"[é]",
    r"\xe9",
    r"<(?:[^<>]|(?R))*>",
    r"(a){0}b",
    r"a(?i)b|c",
    r"(?i:a)b",
    r"(?:^)*a",
    r"(?:^)?a",
    r"(\b)?a",
    r"\ba",
];

const SUBJECTS: &[&[u8]] = &[
    b"",
    b"\n",
    b"/index.php",
    b"/index.php\n",
    b"/index.php\n\n",
    b"/static/a.b/c.jpeg",
    b"www.example.org",
    b"www.example.org\n",
    b"/123-/",
    b"/12-3x/",
    b"/abcbcd",
    b"/caseless",
    b"/CASELESS",
    b"a\nb",
    b"aab",
    b"aaabc",
    b"abcd",
    b"ab",
    b"ba",
    b"b\n",
    b"a word.",
    b"swordfish",
    b"-]a[",
    b"a[b&b--",
    b"AB",
    b"\x0bb",
    b"<b>",
    b"a.b",
    b"a b",
    b"a{x}",
    b"a{,2}b",
    "éé".as_bytes(),
    b"\xe9\xff",
    b"\xc3\xa9\xa9",
    b"/x",
    b"C",
    b"\0a",
];

/// The groups that PCRE2 finds, asked without anything of ours around it.
fn judge(expression: &str, ignore_case: bool, subject: &[u8]) -> Option<Vec<Option<Range>>> {
    let regex = pcre::RegexBuilder::new().caseless(ignore_case).build(expression).unwrap();
    let mut locations = regex.capture_locations();
    regex.captures_read(&mut locations, subject).unwrap()?;
    Some((0..locations.len()).map(|n| locations.get(n)).collect())
}

type Range = (usize, usize);

fn compare(expression: &str, ignore_case: bool, subject: &[u8]) {
    let regex = Regex::new(expression, ignore_case).unwrap();
    let mut captures = Captures::new();
    let found = regex.captures(subject, &mut captures).unwrap();
    let groups = (0..captures.len()).map(|n| captures.range(n).map(|range| (range.start, range.end)));
    let ours = found.then(|| groups.collect::<Vec<_>>());
    let subject_text = subject.escape_ascii();
    let kind = if regex.is_linear() { "linear" } else { "PCRE2" };
    assert_eq!(
        ours,
        judge(expression, ignore_case, subject),
        "{expression:?} ({kind}, ignoring case: {ignore_case}) on \"{subject_text}\""
    );
    assert_eq!(regex.is_match(subject), Ok(found), "{expression:?} on \"{subject_text}\"");
}

#[test]
fn groups_are_those_of_pcre2() {
    for expression in PATTERNS {
        for subject in SUBJECTS {
            compare(expression, false, subject);
            compare(expression, true, subject);
        }
    }
}

#[test]
fn groups_of_random_expressions_are_those_of_pcre2() {
    const PIECES: &[&str] = &[
        "a", "b", ".", "\\d", "\\w", "[ab]", "[^a]", "[a-c0]", "(a|b)", "(ab|a)", "(a)?", "(b*)", "(?:a|)", "(?:ab)",
        "*", "+", "?", "{2}", "{1,3}", "*?", "+?", "??", "|", "^", "$", "\\b", "\\B", "(", ")", "(?:", "(?i)", "\\n",
        "\n",
    ];
    const LETTERS: &[u8] = b"ab0A\n_";
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut compared, mut linear) = (0, 0);
    for _ in 0..40_000 {
        let expression: String = (0..=random.below(8)).map(|_| PIECES[random.below(PIECES.len())]).collect();
        let Ok(regex) = Regex::new(&expression, false) else {
            continue;
        };
        compared += 1;
        if !regex.is_linear() {
            continue;
        }
        linear += 1;
        for _ in 0..4 {
            let subject: Vec<u8> = (0..random.below(7)).map(|_| LETTERS[random.below(LETTERS.len())]).collect();
            compare(&expression, random.below(2) == 0, &subject);
        }
    }
    assert!(linear > 2_000 && compared > linear, "{linear} linear of {compared}");
}

/// A small generator of numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn usual_expressions_are_linear_and_unusual_ones_are_not() {
    let check = |expression: &str, expected: bool| {
        let regex = Regex::new(expression, false).unwrap();
        assert_eq!(regex.is_linear(), expected, "{expression}");
    };
    for linear in &PATTERNS[..11] {
        check(linear, true);
    }
    for backtracking in [r"(?=a)", r"a++", r"(a)\1", r"\<", r"[a[b]", r"(a*)*", r"a\Z", "é"] {
        check(backtracking, false);
    }
}

#[test]
fn names_of_groups() {
    let regex = Regex::new(r"(?<a>x)(y)(?P<b>z)(?'c'!)", false).unwrap();
    assert_eq!(regex.names().collect::<Vec<_>>(), [("a", 1), ("b", 3), ("c", 4)]);
    assert_eq!(regex.groups(), 4);
}

#[test]
fn captures_stay_until_the_next_match() {
    let mut captures = Captures::new();
    for (expression, subject, expected) in [
        (r"/(\w+)", "/linear", Some("linear")),
        (r"^no(.)", "/linear2", None),
        (r"(?=/)/(\w+)", "/backtracking", Some("backtracking")),
        (r"(?=no)(.)", "/backtracking2", None),
        (r"(x)?y", "y", None),
    ] {
        let before = captures.text(1).map(<[u8]>::to_vec);
        let regex = Regex::new(expression, false).unwrap();
        let found = regex.captures(subject.as_bytes(), &mut captures).unwrap();
        if found {
            assert_eq!(captures.text(1), expected.map(str::as_bytes), "{expression}");
            assert_eq!(captures.subject(), subject.as_bytes());
        } else {
            assert_eq!(captures.text(1), before.as_deref(), "{expression}");
        }
    }
    captures.clear();
    assert!(captures.is_empty());
}

#[test]
fn a_subject_that_would_take_forever_is_given_up() {
    let subject = [b'a'; 5000];
    let evil = Regex::new(r"(?=x|a)(a+)+[bc]\1", false).unwrap();
    assert!(evil.is_match(&subject).is_err());
    assert!(evil.captures(&subject, &mut Captures::new()).is_err());
    let linear = Regex::new(r"^(a+)+$b", false).unwrap();
    assert!(linear.is_linear());
    assert_eq!(linear.is_match(&subject), Ok(false));
}

#[test]
fn errors_say_where() {
    let error = Regex::new("ab(c", false).unwrap_err();
    assert_eq!(error.offset, Some(4));
    assert_eq!(error.to_string(), "missing closing parenthesis");
    assert!(Regex::new("*a", false).is_err());
    // The linear engine alone would take this one.
    assert!(Regex::new(r"[:alpha:]", false).is_err());
}
