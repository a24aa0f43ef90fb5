//! What a diagnostic looks like.

use diagnostic::{Diagnostic, Origin, Sources};

fn sources() -> Sources {
    let mut sources = Sources::new();
    sources.add("site.conf", "server {\n\tlisten 80;\n    proxy_pas http://ñandú;\n}\n");
    sources.add("other.conf", "listen 80;");
    sources
}

fn origin(file: u32, line: u32, column: u32, length: u32) -> Origin {
    Origin::new(diagnostic::FileId(file), line, column, length)
}

#[test]
fn shows_place_line_caret_and_help() {
    let text = Diagnostic::error("unknown-directive", "unknown directive \"proxy_pas\"")
        .at(origin(0, 3, 5, 9))
        .help("did you mean `proxy_pass`?")
        .render(&sources(), false);
    let expected = "\
error[unknown-directive]: unknown directive \"proxy_pas\"
 --> site.conf:3:5
  |
3 |     proxy_pas http://ñandú;
  |     ^^^^^^^^^
  |
  = help: did you mean `proxy_pass`?";
    assert_eq!(text, expected);
}

#[test]
fn shows_related_places_of_the_same_and_of_other_files() {
    let text = Diagnostic::warning("twice", "twice")
        .at(origin(0, 3, 15, 12))
        .related(origin(0, 1, 1, 6), "in here")
        .related(origin(1, 1, 8, 2), "and there")
        .render(&sources(), false);
    assert!(text.starts_with("warning[twice]: twice\n --> site.conf:3:15\n"), "{text}");
    assert!(text.contains("in here") && text.contains("other.conf:1:8") && text.contains("and there"), "{text}");
}

#[test]
fn survives_places_that_do_not_exist() {
    for place in [origin(0, 0, 0, 0), origin(0, 99, 99, 99), origin(7, 1, 1, 1), origin(1, 1, u32::MAX, u32::MAX)] {
        let text = Diagnostic::error("odd", "odd \u{1b}[31m").at(place).render(&sources(), false);
        assert!(text.starts_with("error[odd]: odd"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn one_line_is_what_nginx_logs() {
    let at = Diagnostic::error("unknown-directive", "unknown directive \"x\"").at(origin(0, 3, 5, 9));
    assert_eq!(at.one_line(&sources()), "unknown directive \"x\" in site.conf:3");
    assert_eq!(Diagnostic::error("a", "nowhere").one_line(&sources()), "nowhere");
}

#[test]
fn json_names_the_place() {
    let value = Diagnostic::error("a", "b").at(origin(1, 1, 8, 2)).to_json(&sources());
    assert_eq!(value["origin"]["file"], "other.conf");
    assert_eq!(value["origin"]["column"], 8);
    assert_eq!(value["severity"], "error");
}

#[test]
fn colour_is_only_sent_when_asked_for() {
    let made = Diagnostic::error("a", "b").at(origin(1, 1, 8, 2));
    assert!(made.render(&sources(), true).contains('\u{1b}'));
    assert!(!made.render(&sources(), false).contains('\u{1b}'));
}
