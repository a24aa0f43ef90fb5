//! What the lexer makes of texts.

use super::*;

/// The words, `;`, `{` and `}` of a text, and the messages about it.
fn cut(text: &str) -> (Vec<String>, Vec<String>) {
    let mut problems = Vec::new();
    let mut lexer = Lexer::new(FileId(0), text, false);
    let mut tokens = Vec::new();
    loop {
        tokens.push(match lexer.next(&mut problems) {
            Token::Word(word) => format!("<{}>", word.text),
            Token::Comment(comment) => comment.text,
            Token::Semicolon(_) => ";".to_owned(),
            Token::Open(_) => "{".to_owned(),
            Token::Close(..) => "}".to_owned(),
            Token::End => break,
        });
    }
    (tokens, problems.into_iter().map(|problem| problem.message).collect())
}

fn check(text: &str, expected: &[&str]) {
    let (tokens, problems) = cut(text);
    assert_eq!(tokens, expected, "{text:?}");
    assert_eq!(problems, Vec::<String>::new(), "{text:?}");
}

#[test]
fn words_end_where_nginx_ends_them() {
    check("a b;", &["<a>", "<b>", ";"]);
    check("a{b}", &["<a>", "{", "<b}>"]);
    check("a{ b; }", &["<a>", "{", "<b>", ";", "}"]);
    check("a #b\nc;", &["<a>", "#b", "<c>", ";"]);
    check("a#b;", &["<a#b>", ";"]);
    check("a\r\n\tb;", &["<a>", "<b>", ";"]);
    check("#only\r\n", &["#only"]);
    check("\u{feff}a;", &["<a>", ";"]);
    check("ñandú ;", &["<ñandú>", ";"]);
}

#[test]
fn variables_keep_their_braces() {
    check("a ${b}c;", &["<a>", "<${b}c>", ";"]);
    check("a x$b{", &["<a>", "<x$b>", "{"]);
    check("a ${;", &["<a>", "<${>", ";"]);
}

#[test]
fn quotes_hold_words_together() {
    check("a \"b c\";", &["<a>", "<b c>", ";"]);
    check("a 'b;{}#c' ;", &["<a>", "<b;{}#c>", ";"]);
    check("a \"\";", &["<a>", "<>", ";"]);
    check("a b\"c;", &["<a>", "<b\"c>", ";"]);
    check("a 'it\\'s';", &["<a>", "<it's>", ";"]);
    check("if ($a = \"b\") {", &["<if>", "<($a>", "<=>", "<b>", "<)>", "{"]);
    check("a \"b\nc\";", &["<a>", "<b\nc>", ";"]);
}

#[test]
fn only_nginx_s_escapes_are_resolved() {
    check(r#"a \"b\\c\td\re\nf\.g\;;"#, &["<a>", "<\"b\\c\td\re\nf\\.g\\;>", ";"]);
    check(r"a '\$x \d';", &["<a>", r"<\$x \d>", ";"]);
    check("a \\ b;", &["<a>", "<\\ b>", ";"]);
    check("a \\", &["<a>", "<\\>"]);
    check("a \\é;", &["<a>", "<\\é>", ";"]);
}

#[test]
fn what_is_wrong_is_said() {
    let message = |text: &str| cut(text).1;
    assert_eq!(message("a \"b\"c;"), ["unexpected \"c\""]);
    assert_eq!(message("a 'b"), ["unexpected end of file, expecting a closing '"]);
    assert_eq!(message("a b\0;"), ["the file is not UTF-8 text here"]);
    assert_eq!(message("location ~ ^/a{2,3}$ {"), ["unexpected \"{\""]);
    assert_eq!(message("location /a{ }"), Vec::<String>::new());
}

#[test]
fn places_count_characters() {
    let mut lexer = Lexer::new(FileId(3), "é\n  'ñá' b", false);
    let mut origins = Vec::new();
    while let Token::Word(word) = lexer.next(&mut Vec::new()) {
        let origin = word.origin;
        origins.push((origin.file.0, origin.line, origin.column, origin.length));
    }
    assert_eq!(origins, [(3, 1, 1, 1), (3, 2, 3, 4), (3, 2, 8, 1)]);
}
