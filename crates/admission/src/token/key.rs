//! Keys of tokens: JSON Web Keys (RFC 7517), each for its own kind of algorithm.

use super::algorithm::{Algorithm, Hash};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, RsaPublicKeyComponents, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use std::fmt;

/// Keys that belong together.
#[derive(Debug)]
pub struct KeySet {
    pub(super) keys: Vec<Key>,
}

/// A key that verifies signatures.
pub(super) struct Key {
    pub(super) name: Option<String>,
    /// The one algorithm that it is for, if it says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

enum Material {
    Secret(Vec<u8>),
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The hash that belongs to the curve, and the uncompressed point.
    Curve(Hash, Vec<u8>),
    Edwards(Vec<u8>),
}

/// Why text is no set of keys.
#[derive(Debug)]
pub enum BadKeys {
    /// It is not JSON, or not of that form.
    Form(serde_json::Error),
    /// A part of a key is not what it must be.
    Part(&'static str),
}

impl fmt::Display for BadKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(error) => write!(formatter, "not a JSON Web Key Set: {error}"),
            Self::Part(part) => write!(formatter, "a key whose \"{part}\" is missing or wrong"),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Set { keys: Vec<WrittenKey> },
    One(Box<WrittenKey>),
}

#[derive(Deserialize)]
struct WrittenKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    k: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a key, or a set of them. Keys for other purposes, or of kinds that are not known, are left out (RFC 7517 §5).
    ///
    /// # Errors
    /// It is none, or a key is broken.
    pub fn read(text: &[u8]) -> Result<Self, BadKeys> {
        let keys = match serde_json::from_slice(text).map_err(BadKeys::Form)? {
            Written::Set { keys } => keys,
            Written::One(key) => vec![*key],
        };
        let keys = keys.into_iter().filter_map(|key| key.read().transpose());
        Ok(Self { keys: keys.collect::<Result<_, _>>()? })
    }
}

impl WrittenKey {
    fn read(self) -> Result<Option<Key>, BadKeys> {
        if self.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Ok(None);
        }
        let material = match (self.kty.as_str(), self.crv.as_deref()) {
            ("oct", _) => Material::Secret(part("k", self.k.as_deref())?),
            ("RSA", _) => {
                Material::Rsa { modulus: part("n", self.n.as_deref())?, exponent: part("e", self.e.as_deref())? }
            }
            ("EC", Some("P-256")) => self.curve(Hash::Sha256, 32)?,
            ("EC", Some("P-384")) => self.curve(Hash::Sha384, 48)?,
            ("EC", Some("P-521")) => self.curve(Hash::Sha512, 66)?,
            ("OKP", Some("Ed25519")) => Material::Edwards(part("x", self.x.as_deref())?),
            _ => return Ok(None),
        };
        let algorithm = match self.alg.as_deref().map(Algorithm::named) {
            // It is for an algorithm that is not taken.
            Some(None) => return Ok(None),
            Some(named) => named,
            None => None,
        };
        Ok(Some(Key { name: self.kid, algorithm, material }))
    }

    /// RFC 7518 §6.2.1: both coordinates have the curve's length.
    fn curve(&self, hash: Hash, length: usize) -> Result<Material, BadKeys> {
        let coordinate = |name: &'static str, text: Option<&str>| {
            part(name, text)
                .and_then(|number| if number.len() == length { Ok(number) } else { Err(BadKeys::Part(name)) })
        };
        let (x, y) = (coordinate("x", self.x.as_deref())?, coordinate("y", self.y.as_deref())?);
        Ok(Material::Curve(hash, [&[4], x.as_slice(), y.as_slice()].concat()))
    }
}

fn part(name: &'static str, text: Option<&str>) -> Result<Vec<u8>, BadKeys> {
    let decoded = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    decoded.filter(|bytes| !bytes.is_empty()).ok_or(BadKeys::Part(name))
}

impl Key {
    /// Whether it can verify signatures of an algorithm: the key decides that, not the token.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = match (&self.material, algorithm) {
            (Material::Secret(_), Algorithm::Hmac(_))
            | (Material::Rsa { .. }, Algorithm::Rsa(_) | Algorithm::RsaPss(_))
            | (Material::Edwards(_), Algorithm::Edwards) => true,
            (Material::Curve(own, _), Algorithm::Ecdsa(hash)) => *own == hash,
            _ => false,
        };
        kind && self.algorithm.is_none_or(|own| own == algorithm)
    }

    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.material, algorithm) {
            (Material::Secret(secret), Algorithm::Hmac(hash)) => {
                hmac::verify(&hmac::Key::new(hash.hmac(), secret), message, signature).is_ok()
            }
            (Material::Rsa { modulus, exponent }, Algorithm::Rsa(hash)) => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(hash.rsa(), message, signature).is_ok()
            }
            (Material::Rsa { modulus, exponent }, Algorithm::RsaPss(hash)) => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(hash.rsa_pss(), message, signature).is_ok()
            }
            (Material::Curve(_, point), Algorithm::Ecdsa(hash)) => {
                UnparsedPublicKey::new(hash.ecdsa(), point).verify(message, signature).is_ok()
            }
            (Material::Edwards(point), Algorithm::Edwards) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Key {
    /// A secret is not shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
