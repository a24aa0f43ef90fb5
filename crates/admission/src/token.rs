//! Signed tokens (JSON Web Tokens, RFC 7519): read, and verified with keys of which one must have signed them.
//!
//! Only what a key is for decides how a signature is verified (RFC 8725 §3.1): a token that says otherwise is not believed,
//! and `none` is no algorithm.

mod algorithm;
mod key;

pub use key::{BadKeys, KeySet};

use algorithm::Algorithm;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 64 << 10;

/// A token that was read. What it says is not to be believed before it was verified.
#[derive(Clone, PartialEq, Debug)]
pub struct Token {
    /// How it is signed.
    pub header: Map<String, Value>,
    /// What it says.
    pub claims: Map<String, Value>,
    /// The claims as text.
    pub payload: Vec<u8>,
    algorithm: Algorithm,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a token is not good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadToken {
    /// It is none.
    Malformed,
    /// It asks for what is not known (`crit`).
    Critical,
    /// It is not signed by an algorithm that is known.
    Algorithm,
    /// There is no key for it.
    NoKey,
    /// No key has signed it.
    Signature,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
}

impl fmt::Display for BadToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "is not a signed JSON Web Token",
            Self::Critical => "has a \"crit\" header that is not known",
            Self::Algorithm => "is signed by an algorithm that is not taken",
            Self::NoKey => "has no key that it could be signed with",
            Self::Signature => "has a signature that is not right",
            Self::Expired => "is expired",
            Self::NotYet => "is not valid yet",
        })
    }
}

impl Token {
    /// Reads the compact form of a signed token (RFC 7515 §7.1).
    ///
    /// # Errors
    /// It is none, or it cannot be verified by anything.
    pub fn read(text: &[u8]) -> Result<Self, BadToken> {
        let mut parts = text.split(|byte| *byte == b'.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(BadToken::Malformed);
        };
        if text.len() > LONGEST {
            return Err(BadToken::Malformed);
        }
        let header = object(&decode(header)?)?;
        // RFC 7515 §4.1.11; RFC 7797 is told from others by it.
        if header.contains_key("crit") {
            return Err(BadToken::Critical);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = algorithm.ok_or(BadToken::Algorithm)?;
        let payload = decode(claims)?;
        let signed = text.get(..text.len() - signature.len() - 1).unwrap_or_default().to_vec();
        let claims = object(&payload)?;
        Ok(Self { header, claims, payload, algorithm, signed, signature: decode(signature)? })
    }

    /// Whether one of the keys has signed it, and its time is now (RFC 7519 §4.1.4 and §4.1.5).
    ///
    /// # Errors
    /// It is not to be believed.
    pub fn verify<'k>(
        &self,
        keys: impl Iterator<Item = &'k KeySet>,
        now: Duration,
        leeway: Duration,
    ) -> Result<(), BadToken> {
        let name = self.header.get("kid").and_then(Value::as_str);
        let usable: Vec<&key::Key> = keys.flat_map(|set| &set.keys).filter(|key| key.fits(self.algorithm)).collect();
        // A token that names its key is signed by no other, unless the keys have no names.
        let named = usable.iter().any(|key| key.name.as_deref() == name);
        let mut candidates = usable
            .iter()
            .filter(|key| match name {
                Some(_) if named => key.name.as_deref() == name,
                Some(_) => key.name.is_none(),
                None => true,
            })
            .peekable();
        if candidates.peek().is_none() {
            return Err(BadToken::NoKey);
        }
        if !candidates.any(|key| key.verifies(self.algorithm, &self.signed, &self.signature)) {
            return Err(BadToken::Signature);
        }
        let (now, leeway) = (now.as_secs_f64(), leeway.as_secs_f64());
        if self.time("exp")?.is_some_and(|end| now >= end + leeway) {
            return Err(BadToken::Expired);
        }
        if self.time("nbf")?.is_some_and(|start| now + leeway < start) {
            return Err(BadToken::NotYet);
        }
        Ok(())
    }

    /// A time among the claims, in seconds since 1970.
    fn time(&self, name: &str) -> Result<Option<f64>, BadToken> {
        match self.claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or(BadToken::Malformed),
        }
    }
}

fn decode(part: &[u8]) -> Result<Vec<u8>, BadToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken::Malformed)
}

fn object(text: &[u8]) -> Result<Map<String, Value>, BadToken> {
    serde_json::from_slice(text).map_err(|_| BadToken::Malformed)
}

#[cfg(test)]
mod tests;
