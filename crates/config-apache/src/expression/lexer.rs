//! The words and signs of an expression.

use diagnostic::Diagnostic;

use crate::line::Word;
use crate::value;

/// A word or a sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// `==`, `&&`, `(` and their like.
    Sign(String),
    /// `-n`, `-eq` and their like, without the `-`.
    Operator(String),
    /// A name: of a function, or of an operator in letters.
    Name(String),
    /// Digits.
    Number(String),
    /// Text in quotes, with what is looked up in it.
    Text(String),
    /// `%{…}`, without its braces.
    Variable(String),
    /// `$1`
    Group(u8),
    /// `/…/i`
    Regex(String, bool),
}

pub(super) struct Lexer<'l> {
    rest: &'l str,
    word: &'l Word,
    tokens: Vec<Token>,
}

const SIGNS: [&str; 18] =
    ["==", "!=", "=~", "!~", "<=", ">=", "&&", "||", "=", "<", ">", "!", "(", ")", "{", "}", ",", "."];

impl Token {
    /// As it may be shown.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Sign(text) | Self::Name(text) | Self::Number(text) | Self::Text(text) => text.clone(),
            Self::Operator(text) => format!("-{text}"),
            Self::Variable(text) => format!("%{{{text}}}"),
            Self::Group(number) => format!("${number}"),
            Self::Regex(text, _) => format!("/{text}/"),
        }
    }
}

impl<'l> Lexer<'l> {
    pub(super) fn tokens(word: &'l Word) -> Result<Vec<Token>, Diagnostic> {
        let mut lexer = Self { rest: word.text.trim_start(), word, tokens: Vec::new() };
        while !lexer.rest.is_empty() {
            let token = lexer.token()?;
            lexer.tokens.push(token);
            lexer.rest = lexer.rest.trim_start();
        }
        Ok(lexer.tokens)
    }

    fn token(&mut self) -> Result<Token, Diagnostic> {
        let first = self.rest.chars().next().unwrap_or_default();
        let regex = matches!(self.tokens.last(), Some(Token::Sign(sign)) if sign == "=~" || sign == "!~");
        if regex {
            return self.regex();
        }
        if let Some(text) = self.rest.strip_prefix("%{") {
            let (name, rest) = braces(text).ok_or_else(|| self.open("%{"))?;
            self.rest = rest;
            return Ok(Token::Variable(name.to_owned()));
        }
        match first {
            '"' | '\'' => self.quoted(first),
            '$' => {
                let digit = self.rest.chars().nth(1).and_then(|digit| digit.to_digit(10));
                let number = digit.and_then(|digit| u8::try_from(digit).ok()).ok_or_else(|| self.open("$"))?;
                self.rest = self.rest.get(2..).unwrap_or_default();
                Ok(Token::Group(number))
            }
            '-' => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                let name = self.letters();
                if name.is_empty() { Err(self.open("-")) } else { Ok(Token::Operator(name)) }
            }
            _ if first.is_ascii_digit() => {
                let end = self.rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.rest.len());
                let (number, rest) = self.rest.split_at(end);
                self.rest = rest;
                Ok(Token::Number(number.to_owned()))
            }
            _ if first.is_ascii_alphabetic() => Ok(Token::Name(self.letters())),
            _ => {
                let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| self.open(&first.to_string()))?;
                self.rest = self.rest.get(sign.len()..).unwrap_or_default();
                Ok(Token::Sign((*sign).to_owned()))
            }
        }
    }

    fn letters(&mut self) -> String {
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        name.to_owned()
    }

    fn quoted(&mut self, quote: char) -> Result<Token, Diagnostic> {
        let mut text = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            if letter == quote {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(Token::Text(text));
            }
            match letter {
                '\\' => text.extend(letters.next().map(|(_, letter)| match letter {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    letter => letter,
                })),
                letter => text.push(letter),
            }
        }
        Err(self.open(&quote.to_string()))
    }

    /// `/…/flags`, or `m#…#flags`.
    fn regex(&mut self) -> Result<Token, Diagnostic> {
        let text = self.rest.strip_prefix('m').unwrap_or(self.rest);
        let mark = text.chars().next().filter(char::is_ascii_punctuation).ok_or_else(|| self.open("=~"))?;
        let inside = text.get(1..).unwrap_or_default();
        let mut escaped = false;
        let end = inside.char_indices().find(|(_, letter)| {
            let ends = *letter == mark && !escaped;
            escaped = *letter == '\\' && !escaped;
            ends
        });
        let (end, _) = end.ok_or_else(|| self.open(&mark.to_string()))?;
        let expression = inside.get(..end).unwrap_or_default().replace(&format!("\\{mark}"), &mark.to_string());
        self.rest = inside.get(end + 1..).unwrap_or_default();
        let flags = self.letters();
        Ok(Token::Regex(expression, flags.contains('i')))
    }

    fn open(&self, what: &str) -> Diagnostic {
        value::bad(self.word, format!("the expression is not understood at `{what}`"))
    }
}

/// What stands before the brace that closes, and what follows it.
pub(super) fn braces(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
