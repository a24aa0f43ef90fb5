//! Finds the commands in a body.

/// How a command begins.
const OPENING: &[u8] = b"<!--#";
/// Most bytes of a command, whatever its parameters.
const LONGEST: usize = 64 << 10;

/// What a text begins with.
#[derive(PartialEq, Eq, Debug)]
pub enum Found {
    /// So many bytes that are no part of a command.
    Text(usize),
    /// A command, and how many bytes it takes.
    Command(Command, usize),
    /// Something that begins as a command does and is none, and how many bytes it takes.
    Malformed(usize),
    /// The beginning of a command, or of nothing.
    Incomplete,
}

/// A command.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Command {
    /// Its name.
    pub name: Vec<u8>,
    /// Names and values, in order.
    pub parameters: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Command {
    /// The value of a parameter.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice())
    }
}

/// Looks at the beginning of a text; `last`: nothing comes after it.
pub fn scan(text: &[u8], last: bool, value_length: usize) -> Found {
    let Some(at) = memchr::memchr(b'<', text) else { return Found::Text(text.len()) };
    if at > 0 {
        return Found::Text(at);
    }
    let same = text.iter().zip(OPENING).take_while(|(a, b)| a == b).count();
    if same < OPENING.len() {
        return if same == text.len() && !last { Found::Incomplete } else { Found::Text(same.max(1)) };
    }
    let mut reader = Reader { text, at: same };
    match reader.command(value_length) {
        Some(Ok(command)) => Found::Command(command, reader.at),
        Some(Err(())) => reader.malformed(last),
        None if last || text.len() > LONGEST => Found::Malformed(text.len()),
        None => Found::Incomplete,
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

/// `None`: the text ends too early.
type Part<T> = Option<Result<T, ()>>;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Vec<u8> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default().to_vec()
    }

    fn command(&mut self, value_length: usize) -> Part<Command> {
        self.spaces();
        let name = self.word();
        self.peek()?;
        if name.is_empty() {
            return Some(Err(()));
        }
        let mut command = Command { name, parameters: Vec::new() };
        loop {
            self.spaces();
            if self.peek()? == b'-' {
                return self.end().map(|end| end.map(|()| command));
            }
            let name = self.word();
            if name.is_empty() {
                return Some(Err(()));
            }
            self.spaces();
            if self.peek()? != b'=' {
                return Some(Err(()));
            }
            self.at += 1;
            self.spaces();
            match self.value(value_length)? {
                Ok(value) => command.parameters.push((name, value)),
                Err(()) => return Some(Err(())),
            }
        }
    }

    fn value(&mut self, longest: usize) -> Part<Vec<u8>> {
        let quote = self.peek()?;
        if !matches!(quote, b'"' | b'\'') {
            return Some(Err(()));
        }
        self.at += 1;
        let mut value = Vec::new();
        loop {
            let mut byte = self.peek()?;
            self.at += 1;
            if byte == quote {
                return Some(Ok(value));
            }
            if byte == b'\\' {
                // It keeps its mark until it is known what the value is for.
                value.push(byte);
                byte = self.peek()?;
                self.at += 1;
            }
            if value.len() >= longest {
                return Some(Err(()));
            }
            value.push(byte);
        }
    }

    fn end(&mut self) -> Part<()> {
        for expected in b"-->" {
            if self.peek()? != *expected {
                return Some(Err(()));
            }
            self.at += 1;
        }
        Some(Ok(()))
    }

    /// What is malformed reaches to the next end of a command.
    fn malformed(&self, last: bool) -> Found {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match rest.windows(3).position(|window| window == b"-->") {
            Some(end) => Found::Malformed(self.at + end + 3),
            None if last || self.text.len() > LONGEST => Found::Malformed(self.text.len()),
            None => Found::Incomplete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(name: &str, parameters: &[(&str, &str)]) -> Command {
        let pair = |(name, value): &(&str, &str)| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        Command { name: name.into(), parameters: parameters.iter().map(pair).collect() }
    }

    #[test]
    fn commands_are_found_wherever_they_are_cut() {
        let text = b"<!--# include virtual=\"/a?b=-->\" stub='o\\'ne' -->rest";
        for cut in 5..text.len() - 4 {
            assert_eq!(scan(&text[..cut], false, 256), Found::Incomplete, "{cut}");
        }
        let expected = command("include", &[("virtual", "/a?b=-->"), ("stub", "o\\'ne")]);
        assert_eq!(scan(text, false, 256), Found::Command(expected, text.len() - 4));
        assert_eq!(scan(b"<!--#else-->", false, 256), Found::Command(command("else", &[]), 12));
    }

    #[test]
    fn text_passes() {
        assert_eq!(scan(b"text<!--", false, 256), Found::Text(4));
        assert_eq!(scan(b"<!-- comment", false, 256), Found::Text(4));
        assert_eq!(scan(b"<!-", false, 256), Found::Incomplete);
        assert_eq!(scan(b"<!-", true, 256), Found::Text(3));
    }

    #[test]
    fn what_is_malformed_ends_somewhere() {
        assert_eq!(scan(b"<!--#echo var=x -->y", false, 256), Found::Malformed(19));
        assert_eq!(scan(b"<!--#echo var=x", false, 256), Found::Incomplete);
        assert_eq!(scan(b"<!--#echo var=x", true, 256), Found::Malformed(15));
        assert_eq!(scan(b"<!--#echo var=\"long\" -->", false, 3), Found::Malformed(24));
    }
}
