//! Cuts a file into logical lines exactly where httpd does: continued lines joined, white space at both ends taken off.

use std::ops::Range;

use diagnostic::FileId;

use crate::line::{Character, Line};

/// The text that is still to be cut.
pub(crate) struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    position: usize,
    line: u32,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(file: FileId, text: &'a str) -> Self {
        // Editors of some systems begin a file with a byte order mark.
        let position = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { file, text, position, line: 1 }
    }

    /// The next logical line that is not empty, with its bytes in the file.
    pub(crate) fn next(&mut self) -> Option<(Line, Range<usize>)> {
        while self.position < self.text.len() {
            let start = self.position;
            let characters = self.logical();
            let line = Line::new(self.file, characters).trimmed();
            if !line.is_empty() {
                return Some((line, start..self.position));
            }
        }
        None
    }

    /// One logical line: physical ones up to the first that does not end with a backslash.
    fn logical(&mut self) -> Vec<Character> {
        let mut characters = Vec::new();
        while let Some(rest) = self.text.get(self.position..).filter(|rest| !rest.is_empty()) {
            let physical = rest.split_inclusive('\n').next().unwrap_or(rest);
            self.position += physical.len();
            let ended = physical.ends_with('\n');
            let content = physical.trim_end_matches('\n');
            let content = content.strip_suffix('\r').filter(|_| ended).unwrap_or(content);
            // httpd looks at the last character only: a second backslash before it changes nothing.
            let (content, continued) = match content.strip_suffix('\\') {
                Some(before) if ended => (before, true),
                _ => (content, false),
            };
            for (column, character) in (1..).zip(content.chars()) {
                characters.push(Character::at(character, self.line, column));
            }
            self.line = self.line.saturating_add(1);
            if !continued {
                break;
            }
        }
        characters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(String, u32, u32)> {
        let mut lexer = Lexer::new(FileId(0), text);
        let mut found = Vec::new();
        while let Some((line, _)) = lexer.next() {
            found.push((line.text(), line.origin().line, line.origin().column));
        }
        found
    }

    #[test]
    fn lines_are_joined_where_httpd_joins_them() {
        let check = |text: &str, expected: &[(&str, u32, u32)]| {
            let expected: Vec<_> =
                expected.iter().map(|(text, line, column)| ((*text).to_owned(), *line, *column)).collect();
            assert_eq!(lines(text), expected, "{text:?}");
        };
        check("  Listen 80  \n\n\tListen 81\r\n", &[("Listen 80", 1, 3), ("Listen 81", 3, 2)]);
        check("A \\\n  b\\\r\nc\nD", &[("A   bc", 1, 1), ("D", 4, 1)]);
        check("# no \\\nListen 80\nListen 81", &[("# no Listen 80", 1, 1), ("Listen 81", 3, 1)]);
        check("A \\\\\nb\n", &[("A \\b", 1, 1)]);
        check("A \\ \nB", &[("A \\", 1, 1), ("B", 2, 1)]);
        check("A \\", &[("A \\", 1, 1)]);
        check("\u{feff}A\n\\\n\\\nB", &[("A", 1, 1), ("B", 4, 1)]);
        check("", &[]);
    }

    #[test]
    fn spans_cover_the_text() {
        let text = "A\n  B \\\n c\n# d\n\n";
        let mut lexer = Lexer::new(FileId(0), text);
        let mut spans = Vec::new();
        while let Some((_, span)) = lexer.next() {
            spans.push(text.get(span).unwrap().to_owned());
        }
        assert_eq!(spans, ["A\n", "  B \\\n c\n", "# d\n"]);
    }
}
