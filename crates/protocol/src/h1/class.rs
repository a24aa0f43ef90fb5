//! Classes of bytes, looked up in one table.

/// A character of a token (RFC 9110 §5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// A letter, digit or hyphen: what nginx takes in a field name without being told otherwise.
pub(crate) const PLAIN: u8 = 2;
/// Same, or an underscore (`underscores_in_headers`).
pub(crate) const UNDERSCORED: u8 = 4;
/// A character of a method: what nginx takes.
pub(crate) const METHOD: u8 = 8;
/// A character that a target may be sent with; outside ASCII it is encoded before it is sent on.
pub(crate) const TARGET: u8 = 16;
/// A character of a host's name: unreserved, sub-delims and `%` of RFC 3986.
pub(crate) const HOST: u8 = 32;
/// The dot.
pub(crate) const DOT: u8 = 64;

static CLASSES: [u8; 256] = classes();

/// The classes that hold every byte of `bytes`; all of them for no bytes.
pub(crate) fn common(bytes: &[u8]) -> u8 {
    bytes.iter().fold(u8::MAX, |common, &byte| common & of(byte))
}

pub(crate) fn of(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Whether a field value holds a control character other than a tab (RFC 9110 §5.5).
pub(crate) fn has_control(value: &[u8]) -> bool {
    // No early exit: a fold over the whole value is what the compiler turns into vector instructions.
    value
        .iter()
        .fold(0, |found, &byte| found | u8::from(byte < 0x20) & u8::from(byte != b'\t') | u8::from(byte == 0x7f))
        != 0
}

/// Optional whitespace (RFC 9110 §5.6.3) taken off both ends.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
#[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let byte = index as u8;
        let mut class = 0;
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            class |= TOKEN | PLAIN | UNDERSCORED;
        }
        if matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        ) {
            class |= TOKEN;
        }
        if byte == b'_' {
            class |= UNDERSCORED;
        }
        if byte.is_ascii_uppercase() || byte == b'_' || byte == b'-' {
            class |= METHOD;
        }
        if byte > b' ' && byte != 0x7f {
            class |= TARGET;
        }
        if byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'-' | b'.'
                    | b'_'
                    | b'~'
                    | b'!'
                    | b'$'
                    | b'&'
                    | b'\''
                    | b'('
                    | b')'
                    | b'*'
                    | b'+'
                    | b','
                    | b';'
                    | b'='
                    | b'%'
            )
        {
            class |= HOST;
        }
        if byte == b'.' {
            class |= DOT;
        }
        table[index] = class;
        index += 1;
    }
    table
}
