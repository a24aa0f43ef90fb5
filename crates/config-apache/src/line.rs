//! A logical line whose every character knows where it stands, and its words.

use diagnostic::{FileId, Origin};

/// A character of a line.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Character {
    pub(crate) letter: char,
    line: u32,
    column: u32,
    /// How many characters of the file it stands for: more than one if it came out of a variable.
    length: u32,
}

impl Character {
    pub(crate) fn at(letter: char, line: u32, column: u32) -> Self {
        Self { letter, line, column, length: 1 }
    }
}

/// A logical line, or a part of one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    file: FileId,
    characters: Vec<Character>,
}

/// A word of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Without quotes, with escapes resolved.
    pub text: String,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Where it stands, with its quotes.
    pub origin: Origin,
}

impl Line {
    pub(crate) fn new(file: FileId, characters: Vec<Character>) -> Self {
        Self { file, characters }
    }

    /// What it says.
    pub fn text(&self) -> String {
        self.characters.iter().map(|character| character.letter).collect()
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    /// Where it stands: what is on its first line of the file.
    pub fn origin(&self) -> Origin {
        origin(self.file, &self.characters)
    }

    /// Where the character at an index stands.
    pub(crate) fn place(&self, index: usize) -> Origin {
        origin(self.file, self.characters.get(index..).and_then(|rest| rest.get(..1)).unwrap_or_default())
    }

    pub(crate) fn characters(&self) -> &[Character] {
        &self.characters
    }

    pub(crate) fn starts_with(&self, character: char) -> bool {
        self.characters.first().is_some_and(|first| first.letter == character)
    }

    /// Without white space at both ends.
    #[must_use]
    pub(crate) fn trimmed(&self) -> Self {
        let start = self.characters.iter().take_while(|character| is_space(character)).count();
        let rest = self.characters.get(start..).unwrap_or_default();
        let end = rest.iter().rposition(|character| !is_space(character)).map_or(0, |last| last + 1);
        Self { file: self.file, characters: rest.get(..end).unwrap_or_default().to_vec() }
    }

    /// The part before the last `mark` and the part behind it.
    pub(crate) fn split_last(&self, mark: char) -> Option<(Self, Self)> {
        let at = self.characters.iter().rposition(|character| character.letter == mark)?;
        let part = |characters: Option<&[Character]>| Self {
            file: self.file,
            characters: characters.unwrap_or_default().to_vec(),
        };
        Some((part(self.characters.get(..at)), part(self.characters.get(at + 1..))))
    }

    /// The first word and what follows it, cut as httpd cuts arguments.
    pub fn first_word(&self) -> Option<(Word, Self)> {
        let (word, rest, _) = self.cut(false)?;
        Some((word, rest))
    }

    /// All its words, and where a quote begins that has no end, if one does.
    pub fn words(&self) -> (Vec<Word>, Option<Origin>) {
        self.cut_all(usize::MAX, false)
    }

    /// The first three words, as rules of rewriting have them: nothing in them is unescaped, and a backslash before a blank
    /// keeps the word going. What follows is not looked at.
    pub(crate) fn written_words(&self) -> (Vec<Word>, Option<Origin>) {
        self.cut_all(3, true)
    }

    fn cut_all(&self, most: usize, as_written: bool) -> (Vec<Word>, Option<Origin>) {
        let mut words = Vec::new();
        let mut rest = self.clone();
        let mut open = None;
        while words.len() < most
            && let Some((word, after, closed)) = rest.cut(as_written)
        {
            if !closed {
                open = Some(word.origin.slice(0, 1));
            }
            words.push(word);
            rest = after;
        }
        (words, open)
    }

    /// The first word, what follows, and whether its quote is closed.
    fn cut(&self, as_written: bool) -> Option<(Word, Self, bool)> {
        let line = self.trimmed();
        let first = line.characters.first()?.letter;
        let quote = Some(first).filter(|first| matches!(first, '"' | '\''));
        let skip = usize::from(quote.is_some());
        let (text, taken, closed) = match quote {
            _ if as_written => written(line.characters.get(skip..).unwrap_or_default(), quote),
            Some(quote) => quoted(line.characters.get(skip..).unwrap_or_default(), quote),
            None => plain(&line.characters),
        };
        let end = (skip + taken).min(line.characters.len());
        let (inside, after) = line.characters.split_at(end);
        let word = Word { text, quoted: quote.is_some(), origin: origin(self.file, inside) };
        Some((word, Self { file: self.file, characters: after.to_vec() }.trimmed(), closed))
    }
}

impl Word {
    /// Where the part of it that starts after `skip` characters and has `length` of them stands.
    pub fn part(&self, skip: usize, length: usize) -> Origin {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        self.origin.slice(number(skip + usize::from(self.quoted)), number(length))
    }
}

/// A word in quotes, from behind its opening one: the text, the characters it takes with its closing one, whether that came.
fn quoted(characters: &[Character], quote: char) -> (String, usize, bool) {
    let mut text = String::new();
    let mut position = 0;
    let at = |position: usize| characters.get(position).map(|character| character.letter);
    while let Some(character) = at(position) {
        if character == quote {
            return (text, position + 1, true);
        }
        let escaped = at(position + 1).filter(|next| character == '\\' && (*next == quote || *next == '\\'));
        text.push(escaped.unwrap_or(character));
        position += if escaped.is_some() { 2 } else { 1 };
    }
    (text, position, false)
}

/// A word up to white space; only a doubled backslash is one of two.
fn plain(characters: &[Character]) -> (String, usize, bool) {
    let length = characters.iter().take_while(|character| !is_space(character)).count();
    let word: String = characters.iter().take(length).map(|character| character.letter).collect();
    (word.replace("\\\\", "\\"), length, true)
}

/// A word as it is written, up to its quote or to white space that has no backslash before it.
fn written(characters: &[Character], quote: Option<char>) -> (String, usize, bool) {
    let mut text = String::new();
    let mut taken = 0;
    let mut kept = false;
    for character in characters {
        match quote {
            Some(quote) if character.letter == quote => return (text, taken + 1, true),
            None if is_space(character) && !kept => return (text, taken, true),
            _ => {}
        }
        kept = character.letter == '\\';
        text.push(character.letter);
        taken += 1;
    }
    (text, taken, quote.is_none())
}

fn is_space(character: &Character) -> bool {
    matches!(character.letter, ' ' | '\t' | '\r' | '\n' | '\u{b}' | '\u{c}')
}

fn origin(file: FileId, characters: &[Character]) -> Origin {
    let Some(first) = characters.first() else { return Origin { file, ..Origin::default() } };
    let same_line = characters.iter().take_while(|character| character.line == first.line);
    let end = same_line.map(|character| character.column.saturating_add(character.length)).max().unwrap_or(0);
    Origin::new(file, first.line, first.column, end.saturating_sub(first.column))
}

impl Line {
    /// The same line with `text` in place of the characters from `start` on that are `length` many; it stands where they stood.
    pub(crate) fn replace(&self, start: usize, length: usize, text: &str) -> Self {
        let end = start.saturating_add(length).min(self.characters.len());
        let replaced = self.characters.get(start..end).unwrap_or_default();
        let place = origin(self.file, replaced);
        let stand_in = |letter| Character { letter, line: place.line, column: place.column, length: place.length };
        let before = self.characters.get(..start).unwrap_or_default();
        let after = self.characters.get(end..).unwrap_or_default();
        let characters = before.iter().copied().chain(text.chars().map(stand_in)).chain(after.iter().copied());
        Self { file: self.file, characters: characters.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::Lexer;

    fn line(text: &str) -> Line {
        Lexer::new(FileId(0), text).next().map(|(line, _)| line).unwrap_or_default()
    }

    #[test]
    fn words_are_cut_where_httpd_cuts_them() {
        let check = |text: &str, expected: &[&str], closed: bool| {
            let (words, open) = line(text).words();
            let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(words, expected, "{text}");
            assert_eq!(open.is_none(), closed, "{text}");
        };
        check("ProxyPass \"/\" 'http://a/'", &["ProxyPass", "/", "http://a/"], true);
        check(r#"A "b \"c\" \d \\" e"#, &["A", r#"b "c" \d \"#, "e"], true);
        check(r"A b\ c \\d", &["A", r"b\", "c", r"\d"], true);
        check(r#"A "b"c"d" e"f"#, &["A", "b", "c\"d\"", "e\"f"], true);
        check("A \"\" ''", &["A", "", ""], true);
        check("A \"b c", &["A", "b c"], false);
    }

    #[test]
    fn words_of_rules_are_kept_as_they_are_written() {
        let check = |text: &str, expected: &[&str], closed: bool| {
            let (words, open) = line(text).written_words();
            let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(words, expected, "{text}");
            assert_eq!(open.is_none(), closed, "{text}");
        };
        check(r"^[A-Z]{3,9}\ /.*\ HTTP/ /new [L] # why", &[r"^[A-Z]{3,9}\ /.*\ HTTP/", "/new", "[L]"], true);
        check(r"(\\|\.\.) \\ x", &[r"(\\|\.\.)", r"\\ x"], true);
        check(r#""a \"b "c d""#, &[r"a \", "b", "c d"], true);
        check(r#"'a' "[B= ,L]"#, &["a", "[B= ,L]"], false);
    }

    #[test]
    fn places_survive_cutting_and_replacing() {
        let (words, _) = line("  A \"b\" \\\n   cc").words();
        let places: Vec<_> =
            words.iter().map(|word| (word.origin.line, word.origin.column, word.origin.length)).collect();
        assert_eq!(places, [(1, 3, 1), (1, 5, 3), (2, 4, 2)]);
        let (words, _) = line("A /${X}/b").replace(3, 4, "long/way").words();
        let word = &words[1];
        assert_eq!((word.text.as_str(), word.origin.column, word.origin.length), ("/long/way/b", 3, 7));
    }
}
