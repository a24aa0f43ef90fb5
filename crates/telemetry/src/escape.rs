//! Values made safe for a log line, as `log_format` has it.

/// The `escape=` of a log format.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Escape {
    /// `\xHH` for `"`, `\` and all that is not printable ASCII.
    #[default]
    Default,
    /// As C writes them: a letter behind a `\`, or `\xhh`.
    C,
    /// As inside a JSON string.
    Json,
    /// Unchanged.
    None,
}

const HEX: [u8; 16] = *b"0123456789ABCDEF";

impl Escape {
    /// Appends a value.
    pub fn append(self, value: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Default => append_runs(value, out, is_unprintable, push_hex),
            Self::C => append_runs(value, out, is_unprintable, push_c),
            Self::Json => append_runs(value, out, is_json_special, push_json),
            Self::None => out.extend_from_slice(value),
        }
    }

    /// Appends what stands for a variable without a value.
    pub fn append_missing(self, out: &mut Vec<u8>) {
        if matches!(self, Self::Default | Self::C) {
            out.push(b'-');
        }
    }

    /// Escapes what was appended to `out` since it was `start` long; costs only a look where nothing needs it.
    pub fn apply(self, out: &mut Vec<u8>, start: usize) {
        let needed = out.get(start..).is_some_and(|value| self.is_needed(value));
        if needed {
            let value = out.split_off(start);
            self.append(&value, out);
        }
    }

    fn is_needed(self, value: &[u8]) -> bool {
        match self {
            Self::Default | Self::C => value.iter().copied().any(is_unprintable),
            Self::Json => value.iter().copied().any(is_json_special),
            Self::None => false,
        }
    }
}

/// Copies the runs of bytes that are not special in one piece each.
fn append_runs(value: &[u8], out: &mut Vec<u8>, special: fn(u8) -> bool, push: fn(u8, &mut Vec<u8>)) {
    for run in value.split_inclusive(|&byte| special(byte)) {
        match run.split_last() {
            Some((&last, plain)) if special(last) => {
                out.extend_from_slice(plain);
                push(last, out);
            }
            _ => out.extend_from_slice(run),
        }
    }
}

fn is_unprintable(byte: u8) -> bool {
    !(b' '..0x7f).contains(&byte) || byte == b'"' || byte == b'\\'
}

fn is_json_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn push_c(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0b => b'v',
        _ => {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).map_or(b'0', u8::to_ascii_lowercase);
            out.extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

fn push_hex(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\x");
    push_digits(byte, out);
}

fn push_json(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        b'"' | b'\\' => byte,
        _ => {
            out.extend_from_slice(b"\\u00");
            return push_digits(byte, out);
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

fn push_digits(byte: u8, out: &mut Vec<u8>) {
    let digits = [byte >> 4, byte & 15].map(|digit| HEX.get(usize::from(digit)).copied());
    out.extend(digits.into_iter().flatten());
}

#[cfg(test)]
mod tests;
