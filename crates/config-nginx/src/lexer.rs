//! Cuts text into words, comments, `;`, `{` and `}` exactly where nginx does.

use std::ops::Range;

use diagnostic::{Diagnostic, FileId, Origin};

use crate::tree::{Comment, Quote, Word};

/// A piece of text.
#[derive(Debug)]
pub(crate) enum Token {
    Word(Word),
    Comment(Comment),
    Semicolon(Range<usize>),
    Open(Origin),
    Close(Range<usize>, Origin),
    End,
}

/// The code of the diagnostic about text whose closing quote does not come.
pub(crate) const UNTERMINATED: &str = "unterminated-string";

/// The text that is still to be cut.
pub(crate) struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    position: usize,
    /// The place whose line and column were counted last; counting goes on from there.
    counted: Counted,
    /// Whether undecodable bytes of the file became replacement characters.
    lossy: bool,
}

#[derive(Clone, Copy)]
struct Counted {
    position: usize,
    line: u32,
    column: u32,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(file: FileId, text: &'a str, lossy: bool) -> Self {
        // Editors of some systems begin a file with a byte order mark.
        let position = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { file, text, position, counted: Counted { position, line: 1, column: 1 }, lossy }
    }

    /// The next piece; what is wrong with it goes to `problems`.
    pub(crate) fn next(&mut self, problems: &mut Vec<Diagnostic>) -> Token {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
        let start = self.position;
        match self.peek() {
            None => Token::End,
            Some(b';') => {
                self.position += 1;
                Token::Semicolon(start..self.position)
            }
            Some(b'{') => {
                self.position += 1;
                Token::Open(self.origin(start..self.position))
            }
            Some(b'}') => {
                self.position += 1;
                Token::Close(start..self.position, self.origin(start..self.position))
            }
            Some(b'#') => self.comment(),
            Some(quote @ (b'"' | b'\'')) => self.quoted(quote, problems),
            Some(_) => self.plain(problems),
        }
    }

    /// How many bytes were cut.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The place just behind the text.
    pub(crate) fn end(&mut self) -> Origin {
        self.origin(self.text.len()..self.text.len())
    }

    /// Where a span stands.
    pub(crate) fn place(&mut self, span: Range<usize>) -> Origin {
        self.origin(span)
    }

    fn comment(&mut self) -> Token {
        let start = self.position;
        let rest = self.slice(start..self.text.len());
        let text = rest.split('\n').next().unwrap_or(rest).trim_end_matches('\r').to_owned();
        self.position += text.len();
        Token::Comment(Comment { text, span: start..self.position })
    }

    fn quoted(&mut self, quote: u8, problems: &mut Vec<Diagnostic>) -> Token {
        let start = self.position;
        self.position += 1;
        loop {
            match self.peek() {
                None => {
                    problems.push(self.unterminated(start, quote));
                    break;
                }
                Some(byte) if byte == quote => break,
                Some(b'\\') => self.position += 2,
                Some(_) => self.position += 1,
            }
        }
        self.position = self.position.min(self.text.len());
        let inner = start + 1..self.position;
        self.position = (self.position + 1).min(self.text.len());
        let quote = if quote == b'"' { Quote::Double } else { Quote::Single };
        let word = self.word(start, inner, Some(quote), problems);
        self.after_quote(problems);
        Token::Word(word)
    }

    /// Only white space, `;`, `{` and `)` may follow a closing quote.
    fn after_quote(&mut self, problems: &mut Vec<Diagnostic>) {
        if matches!(self.peek(), None | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b')')) {
            return;
        }
        let next = self.slice(self.position..self.text.len()).chars().next().unwrap_or(' ');
        let origin = self.origin(self.position..self.position + next.len_utf8());
        let problem = Diagnostic::error("unexpected-character", format!("unexpected \"{next}\"")).at(origin);
        problems
            .push(problem.help("put a space after the closing quote, or `\\` before a quote that belongs to the text"));
    }

    fn plain(&mut self, problems: &mut Vec<Diagnostic>) -> Token {
        let start = self.position;
        let mut variable = false;
        while let Some(byte) = self.peek() {
            match byte {
                // `${` begins a variable; it opens no block.
                b'{' if variable => {}
                b'{' if is_repetition(self.slice(self.position..self.text.len())) => problems.push(self.repetition()),
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' => break,
                b'\\' => {
                    variable = false;
                    self.position += 1;
                }
                _ => variable = byte == b'$',
            }
            self.position += 1;
        }
        self.position = self.position.min(self.text.len());
        Token::Word(self.word(start, start..self.position, None, problems))
    }

    fn word(
        &mut self,
        start: usize,
        inner: Range<usize>,
        quote: Option<Quote>,
        problems: &mut Vec<Diagnostic>,
    ) -> Word {
        let span = start..self.position;
        let origin = self.origin(span.clone());
        let text = unescape(self.slice(inner));
        if text.contains('\0') || (self.lossy && text.contains('\u{fffd}')) {
            problems.push(
                Diagnostic::error("not-text", "the file is not UTF-8 text here")
                    .at(origin)
                    .help("save the file as UTF-8 without NUL characters"),
            );
        }
        Word { text, quote, origin, span }
    }

    /// nginx would open a block here, which cannot be meant.
    fn repetition(&mut self) -> Diagnostic {
        let origin = self.origin(self.position..self.position + 1);
        Diagnostic::error("unquoted-brace", "unexpected \"{\"")
            .at(origin)
            .help("an expression with `{` in it must stand in quotes")
    }

    fn unterminated(&mut self, start: usize, quote: u8) -> Diagnostic {
        let origin = self.origin(start..start + 1);
        let quote = char::from(quote);
        Diagnostic::error(UNTERMINATED, format!("unexpected end of file, expecting a closing {quote}"))
            .at(origin)
            .help("the text that begins here has no end")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// Cuts happen next to ASCII characters only, so that no character is cut in two; an escape may still end inside one.
    fn slice(&self, range: Range<usize>) -> &'a str {
        let end = (range.end..=self.text.len()).find(|&end| self.text.is_char_boundary(end)).unwrap_or(self.text.len());
        self.text.get(range.start..end).unwrap_or("")
    }

    /// Line, column and length of a span. Spans are asked for in the order of the text, or a little behind it.
    fn origin(&mut self, span: Range<usize>) -> Origin {
        if span.start < self.counted.position {
            self.counted = Counted { position: 0, line: 1, column: 1 };
        }
        let skipped = self.slice(self.counted.position..span.start);
        let Counted { mut line, mut column, .. } = self.counted;
        for character in skipped.chars() {
            if character == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        self.counted = Counted { position: span.start, line, column };
        let length = self.slice(span).chars().take_while(|&character| character != '\n').count();
        Origin::new(self.file, line, column, u32::try_from(length).unwrap_or(u32::MAX))
    }
}

/// Whether a text begins with `{2}`, `{2,}` or `{2,3}`, as expressions have it.
fn is_repetition(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.split_once('}')).map(|(inner, _)| inner);
    inner.is_some_and(|inner| {
        inner.starts_with(|first: char| first.is_ascii_digit())
            && inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b',')
    })
}

/// Resolves the escapes that nginx knows; a backslash before anything else stays.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match rest.next() {
            Some(escaped @ ('"' | '\'' | '\\')) => text.push(escaped),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('n') => text.push('\n'),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

#[cfg(test)]
mod tests;
