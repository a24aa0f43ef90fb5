//! The tree: nothing of the text is lost, and no text is too odd to be read.

use std::ops::Range;

use config_nginx::tree::{Node, Tree};
use config_nginx::{Memory, Options, Reader, lower, parse};
use diagnostic::{FileId, Sources};
use proptest::prelude::*;

/// The spans of all words and comments, in the order of the text.
fn spans(nodes: &[Node], found: &mut Vec<Range<usize>>) {
    for node in nodes {
        match node {
            Node::Comment(comment) => found.push(comment.span.clone()),
            Node::Directive(directive) => {
                found.push(directive.name.span.clone());
                found.extend(directive.arguments.iter().map(|word| word.span.clone()));
                if let Some(block) = &directive.block {
                    spans(&block.nodes, found);
                }
            }
        }
    }
}

/// What of a text is in no word and no comment.
fn rest(text: &str, tree: &Tree) -> String {
    let mut found = Vec::new();
    spans(&tree.nodes, &mut found);
    found.sort_by_key(|span| span.start);
    let mut rest = String::new();
    let mut position = 0;
    for span in found {
        assert!(span.start >= position, "words overlap");
        rest.push_str(&text[position..span.start]);
        position = span.end;
    }
    rest + &text[position..]
}

fn is_punctuation(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_whitespace() || ";{}\u{feff}".contains(character))
}

#[test]
fn nothing_is_lost() {
    let text = "# first\nhttp { # second\n  a 'b c' \"d\"; # third\n} # last\r\nx;";
    let (tree, problems) = parse(FileId(0), text, false);
    assert_eq!(problems, []);
    assert_eq!(tree.nodes.len(), 4);
    assert!(is_punctuation(&rest(text, &tree)));
}

#[test]
fn bytes_that_are_no_text_are_reported_in_words_and_allowed_in_comments() {
    let files = Memory::new().with("/c", b"# \xff\nevents { }\n".to_vec()).with("/w", b"user \xff;\n".to_vec());
    for (path, expected) in [("/c", vec![]), ("/w", vec!["the file is not UTF-8 text here"])] {
        let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
        let directory = std::path::Path::new("/");
        Reader { files: &files, directory, sources: &mut sources, diagnostics: &mut diagnostics }.file(path.as_ref());
        let messages: Vec<String> = diagnostics.into_iter().map(|problem| problem.message).collect();
        assert_eq!(messages, expected, "{path}");
    }
}

#[test]
fn blocks_may_not_be_nested_without_end() {
    let text = "a {".repeat(100_000);
    let (_, problems) = parse(FileId(0), &text, false);
    assert!(problems.iter().any(|problem| problem.code == "too-deep"));
}

/// Pieces of which odd configurations are made.
const PIECES: [&str; 27] = [
    "http",
    "server",
    "location",
    "if",
    "map",
    "types",
    "upstream",
    "80",
    "/",
    "$a",
    "${",
    "(",
    ")",
    "=",
    "~",
    "\"",
    "'",
    "\\",
    "{",
    "}",
    ";",
    " ",
    "\n",
    "#",
    "é",
    "events {}",
    "proxy_pass http://a",
];

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC*") {
        let (tree, _) = parse(FileId(0), &text, false);
        rest(&text, &tree);
    }

    #[test]
    fn any_mixture_is_read_and_lowered(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60)) {
        let text = pieces.concat();
        let (tree, problems) = parse(FileId(0), &text, false);
        rest(&text, &tree);
        let mut sources = Sources::new();
        sources.add("text", text.as_str());
        let lowered = lower(&[&tree], &Options::default());
        for problem in problems.iter().chain(&lowered.diagnostics) {
            prop_assert!(!problem.render(&sources, false).is_empty());
        }
    }
}
