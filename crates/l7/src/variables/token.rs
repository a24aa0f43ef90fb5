//! Variables of the token that a client showed.

use crate::exchange::Exchange;
use crate::variables::OfToken;
use model::TokenPart;
use serde_json::Value;

impl Exchange<'_> {
    /// Appends a value of the token; false: there is none.
    pub fn append_token(&self, of: &OfToken, out: &mut Vec<u8>) -> bool {
        let Some(token) = self.found.as_deref().and_then(|found| found.token.as_deref()) else { return false };
        let (part, path) = match of {
            OfToken::Payload => {
                out.extend_from_slice(&token.payload);
                return true;
            }
            OfToken::Value(TokenPart::Header, path) => (&token.header, path),
            OfToken::Value(TokenPart::Claims, path) => (&token.claims, path),
        };
        let Some((first, rest)) = path.split_first() else { return false };
        let found = part.get(&**first).and_then(|value| rest.iter().try_fold(value, |value, name| value.get(&**name)));
        found.is_some_and(|value| append(value, out))
    }
}

/// Text as it is, elements of a list with commas between them, anything else as JSON.
fn append(value: &Value, out: &mut Vec<u8>) -> bool {
    match value {
        Value::Null => return false,
        Value::String(text) => out.extend_from_slice(text.as_bytes()),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                append(value, out);
            }
        }
        other => out.extend_from_slice(other.to_string().as_bytes()),
    }
    true
}
