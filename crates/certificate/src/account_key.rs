//! The key of an account, and what is signed with it (RFC 7515, RFC 8555 §6.2).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tls::pem;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::RSAPublicKey;

/// Signs requests to an issuer.
pub(crate) struct AccountKey {
    signer: Signer,
    /// The public half (RFC 7517).
    public: Value,
    /// What stands for it (RFC 7638).
    thumbprint: String,
}

enum Signer {
    /// With the name of the algorithm (RFC 7518 §3.4).
    Ecdsa(EcdsaKeyPair, &'static str),
    Rsa(rsa::KeyPair),
}

/// Who a request says it is from.
#[derive(Clone, Copy)]
pub(crate) enum From<'a> {
    /// An account that the issuer knows.
    Account(&'a str),
    /// The key itself.
    Key,
}

impl AccountKey {
    /// Reads a private key in PEM.
    ///
    /// # Errors
    /// Why it is none, or none that issuers take.
    pub(crate) fn from_pem(text: &[u8]) -> Result<Self, String> {
        let key = pem::private_key(text, &[]).map_err(|error| error.to_string())?;
        let der = key.secret_der();
        let curves = [
            (&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256"),
            (&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384"),
            (&ECDSA_P521_SHA512_FIXED_SIGNING, "ES512"),
        ];
        for (curve, algorithm) in curves {
            if let Ok(pair) = EcdsaKeyPair::from_private_key_der(curve, der) {
                return Self::ecdsa(pair, algorithm);
            }
        }
        let pair = rsa::KeyPair::from_pkcs8(der).or_else(|_| rsa::KeyPair::from_der(der));
        let pair = pair.map_err(|_| "it is neither an ECDSA key nor an RSA key of 2048 bits or more".to_owned())?;
        Self::rsa(pair)
    }

    fn ecdsa(pair: EcdsaKeyPair, algorithm: &'static str) -> Result<Self, String> {
        // SEC 1 §2.3.3: 4, then both coordinates.
        let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(point.len() / 2).ok_or("it has no public half")?;
        let curve = match algorithm {
            "ES384" => "P-384",
            "ES512" => "P-521",
            _ => "P-256",
        };
        let (x, y) = (encode(x), encode(y));
        let thumbprint = thumbprint(&format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#));
        let public = json!({ "kty": "EC", "crv": curve, "x": x, "y": y });
        Ok(Self { signer: Signer::Ecdsa(pair, algorithm), public, thumbprint })
    }

    fn rsa(pair: rsa::KeyPair) -> Result<Self, String> {
        let public = pair.public_key().as_ref().to_vec();
        let (_, key) = RSAPublicKey::from_der(&public).map_err(|error| error.to_string())?;
        let plain = |number: &[u8]| {
            let first = number.iter().position(|byte| *byte != 0).unwrap_or(0);
            encode(number.get(first..).unwrap_or_default())
        };
        let (modulus, exponent) = (plain(key.modulus), plain(key.exponent));
        let thumbprint = thumbprint(&format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#));
        let public = json!({ "kty": "RSA", "n": modulus, "e": exponent });
        Ok(Self { signer: Signer::Rsa(pair), public, thumbprint })
    }

    /// What shows that whoever answers for a token has the account (RFC 8555 §8.1).
    pub(crate) fn authorization(&self, token: &str) -> String {
        format!("{token}.{}", self.thumbprint)
    }

    /// A signed request; without `payload` it only asks (RFC 8555 §6.3).
    pub(crate) fn sign(&self, url: &str, nonce: &str, from: From<'_>, payload: Option<&Value>) -> Option<String> {
        let algorithm = match &self.signer {
            Signer::Ecdsa(_, algorithm) => algorithm,
            Signer::Rsa(_) => "RS256",
        };
        let head = match from {
            From::Account(account) => json!({ "alg": algorithm, "nonce": nonce, "url": url, "kid": account }),
            From::Key => json!({ "alg": algorithm, "nonce": nonce, "url": url, "jwk": self.public }),
        };
        let payload = payload.map(Value::to_string).unwrap_or_default();
        signed(&head, &payload, |text| self.signature(text)).map(|signed| signed.to_string())
    }

    /// The binding to an account that the issuer knows from elsewhere (RFC 8555 §7.3.4).
    pub(crate) fn bind(&self, url: &str, key_id: &str, key: &[u8]) -> Option<Value> {
        let head = json!({ "alg": "HS256", "kid": key_id, "url": url });
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        signed(&head, &self.public.to_string(), |text| Some(hmac::sign(&key, text).as_ref().to_vec()))
    }

    fn signature(&self, text: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.signer {
            Signer::Ecdsa(pair, _) => Some(pair.sign(&random, text).ok()?.as_ref().to_vec()),
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}

fn signed(head: &Value, payload: &str, sign: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Value> {
    let (head, payload) = (encode(head.to_string().as_bytes()), encode(payload.as_bytes()));
    let signature = encode(&sign(format!("{head}.{payload}").as_bytes())?);
    Some(json!({ "protected": head, "payload": payload, "signature": signature }))
}

fn thumbprint(canonical: &str) -> String {
    encode(digest(&SHA256, canonical.as_bytes()).as_ref())
}

/// In base64url (RFC 4648 §5).
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Out of base64 of whatever alphabet, with `=` at its end or without.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let ways = [&URL_SAFE_NO_PAD, &URL_SAFE, &STANDARD, &STANDARD_NO_PAD];
    ways.iter().find_map(|way| way.decode(text).ok()).filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the thumbprint of RFC 7638 §3.1.
    #[test]
    fn a_thumbprint_is_that_of_the_standard() {
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let text = format!(r#"{{"e":"AQAB","kty":"RSA","n":"{modulus}"}}"#);
        assert_eq!(thumbprint(&text), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn keys_of_every_kind_sign() {
        for kind in [model::KeyKind::P256, model::KeyKind::P384, model::KeyKind::P521, model::KeyKind::Rsa2048] {
            let pem = crate::request::new_key(kind).unwrap().serialize_pem();
            let key = AccountKey::from_pem(pem.as_bytes()).unwrap();
            let signed = key.sign("https://a", "n", From::Key, None).unwrap();
            let signed: Value = serde_json::from_str(&signed).unwrap();
            let head: Value =
                serde_json::from_slice(&decode(signed["protected"].as_str().unwrap().as_bytes()).unwrap()).unwrap();
            assert_eq!((signed["payload"].as_str(), head["url"].as_str()), (Some(""), Some("https://a")), "{kind:?}");
            assert_eq!(key.authorization("t"), format!("t.{}", key.thumbprint));
        }
        assert!(AccountKey::from_pem(b"no key").is_err());
    }
}
