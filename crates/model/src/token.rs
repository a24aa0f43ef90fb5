//! Clients who prove who they are with a signed token (RFC 7519).

use crate::Template;
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// A token that is asked for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Tokens {
    /// What the client is told that it may enter.
    pub realm: Template,
    /// Where the token is; `None`: in `Authorization: Bearer` (RFC 6750 §2.1).
    pub token: Option<Template>,
    /// Where the keys are, one of which must have signed it.
    pub keys: Vec<KeySource>,
    /// Where a relative path of a file starts.
    pub directory: PathBuf,
    /// How long keys of another place of the site are kept; zero: not at all.
    pub keep_keys: Duration,
    /// How far the clocks of who signs and who verifies may be apart.
    pub leeway: Duration,
    /// What else must be so.
    pub requirements: Vec<TokenRequirement>,
    /// Where it was written.
    pub origin: Origin,
}

/// Where keys are: a JSON Web Key, or a set of them (RFC 7517).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum KeySource {
    /// In a file, which is read again when it has changed.
    File(Template),
    /// In what another place of the site answers with.
    Request(Template),
}

/// Values none of which may be empty or `0`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TokenRequirement {
    /// The values.
    pub values: Vec<Template>,
    /// The status of the refusal: 401 or 403.
    pub status: u16,
}

/// A variable whose value stands in a token.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TokenValue {
    /// The variable, without any sigil.
    pub variable: String,
    /// Which part of the token.
    pub part: TokenPart,
    /// The names that lead to the value, from the top.
    pub path: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A part of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TokenPart {
    /// How it is signed.
    Header,
    /// What it says.
    Claims,
}
