//! Text with variables, and regular expressions, as the operator wrote them.

use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// Text with variables in it, evaluated once a request (or once at start where it holds none).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Template {
    /// The pieces, in order; adjoining text is one piece.
    pub parts: Vec<Part>,
    /// Where it was written.
    pub origin: Origin,
}

/// One piece of a [`Template`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Part {
    /// Text that stands for itself.
    Text(String),
    /// The value of a variable, by its name without any sigil.
    Variable(String),
    /// The value of a variable, or else, where it has none, not even an empty one.
    Else {
        /// The variable's name.
        variable: String,
        /// What stands in its place.
        other: Vec<Part>,
    },
    /// A numbered capture of the regular expression that matched last.
    Capture(u8),
    /// A numbered capture of the regular expression whose groups were [kept](crate::Groups::Kept).
    Kept(u8),
    /// What a function makes of a text.
    Made {
        /// The function.
        by: Function,
        /// The text.
        of: Vec<Part>,
    },
}

/// What is made of a text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Function {
    /// ASCII letters are made small.
    Lower,
    /// ASCII letters are made capital.
    Upper,
    /// Bytes that are neither letters nor digits are written as `%` and two hexadecimal digits.
    Escape {
        /// Others that stay.
        keep: String,
        /// Whether the digits are capital letters.
        capital: bool,
        /// Whether a space is written as `+`.
        plus: bool,
    },
    /// `%` with two hexadecimal digits is read as the byte that it stands for.
    Unescape,
    /// In base64.
    Base64,
    /// What is written in base64; nothing if it is not.
    Unbase64,
    /// The MD5 sum in hexadecimal.
    Md5,
    /// The SHA-1 sum in hexadecimal.
    Sha1,
    /// Some of its bytes.
    Slice {
        /// How many are left out before.
        from: usize,
        /// How many there are at most.
        length: usize,
    },
    /// What stands before the first semicolon.
    WithoutParameters,
    /// What follows a beginning; all of it if it does not begin so.
    WithoutStart {
        /// The beginning.
        start: String,
    },
    /// One of the texts between `|`, by chance.
    Choose,
}

impl Template {
    /// A template that is only text.
    pub fn text(text: impl Into<String>, origin: Origin) -> Self {
        let text = text.into();
        let parts = if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] };
        Self { parts, origin }
    }

    /// The name of a file, for messages; where the text stands for the file itself (`data:`), nothing of it.
    pub fn as_file_name(&self) -> &str {
        self.as_text().map_or("", |text| if text.starts_with("data:") { "data:…" } else { text })
    }

    /// The text, if there is no variable in it.
    pub fn as_text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// A regular expression in PCRE's dialect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pattern {
    /// The expression.
    pub expression: String,
    /// Whether the case of letters is ignored.
    pub ignore_case: bool,
    /// Where it was written.
    pub origin: Origin,
}
