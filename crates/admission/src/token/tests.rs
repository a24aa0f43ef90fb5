//! Tokens that are good, and many that are not.

use super::*;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};

const NOW: Duration = Duration::from_secs(1_700_000_000);
const SECRET: &[u8] = b"a secret of thirty-two octets...";

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn token(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", base64(header), base64(claims));
    let signature = base64(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn hmac_token(header: &str, claims: &str) -> String {
    token(header, claims, |signed| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), signed).as_ref().to_vec())
}

fn secret_key(more: &str) -> String {
    format!("{{\"kty\":\"oct\",\"k\":\"{}\"{more}}}", base64(SECRET))
}

fn verdict(keys: &str, token: &str) -> Result<(), BadToken> {
    let keys = KeySet::read(keys.as_bytes()).unwrap();
    Token::read(token.as_bytes())?.verify([&keys].into_iter(), NOW, Duration::ZERO)
}

fn verifies(keys: &str, token: &str) -> Result<(), BadToken> {
    let outcome = verdict(keys, token);
    if outcome.is_ok() {
        // Signed it may be: but not with another text, nor with another signature.
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let other = hmac_token("{\"alg\":\"HS256\"}", "{\"sub\":\"mallory\"}");
        let (header, _) = signed.split_once('.').unwrap();
        let (_, claims) = other.rsplit_once('.').unwrap().0.split_once('.').unwrap();
        assert_eq!(verdict(keys, &format!("{header}.{claims}.{signature}")), Err(BadToken::Signature));
        assert_eq!(verdict(keys, &format!("{signed}.")), Err(BadToken::Signature));
        assert_eq!(verdict(keys, &format!("{signed}.{}", base64([0; 64]))), Err(BadToken::Signature));
    }
    outcome
}

#[test]
fn secrets_verify() {
    for (name, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        let sign = |signed: &[u8]| hmac::sign(&hmac::Key::new(algorithm, SECRET), signed).as_ref().to_vec();
        let token = token(&format!("{{\"alg\":\"{name}\"}}"), "{\"sub\":\"a\"}", sign);
        assert_eq!(verifies(&secret_key(""), &token), Ok(()));
        assert_eq!(verifies(&format!("{{\"keys\":[{}]}}", secret_key("")), &token), Ok(()));
    }
}

fn rsa_keys(pair: &RsaKeyPair) -> String {
    // RFC 8017 §A.1.1, with a modulus of 256 octets and the usual exponent.
    let der = pair.public_key().as_ref();
    let (n, e) = (&der[9..265], &der[267..]);
    format!("{{\"kty\":\"RSA\",\"n\":\"{}\",\"e\":\"{}\"}}", base64(n), base64(e))
}

#[test]
fn rsa_keys_verify_and_are_no_secrets() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let keys = rsa_keys(&pair);
    let cases: [(&str, &'static dyn signature::RsaEncoding); 6] = [
        ("RS256", &signature::RSA_PKCS1_SHA256),
        ("RS384", &signature::RSA_PKCS1_SHA384),
        ("RS512", &signature::RSA_PKCS1_SHA512),
        ("PS256", &signature::RSA_PSS_SHA256),
        ("PS384", &signature::RSA_PSS_SHA384),
        ("PS512", &signature::RSA_PSS_SHA512),
    ];
    for (name, encoding) in cases {
        let sign = |signed: &[u8]| {
            let mut bytes = vec![0; pair.public_modulus_len()];
            pair.sign(encoding, &SystemRandom::new(), signed, &mut bytes).unwrap();
            bytes
        };
        assert_eq!(verifies(&keys, &token(&format!("{{\"alg\":\"{name}\"}}"), "{}", sign)), Ok(()), "{name}");
    }
    // What everybody knows of the key, taken for a secret (RFC 8725 §2.1).
    for public in [pair.public_key().as_ref().to_vec(), keys.clone().into_bytes()] {
        let sign = |signed: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public), signed).as_ref().to_vec();
        assert_eq!(verdict(&keys, &token("{\"alg\":\"HS256\"}", "{}", sign)), Err(BadToken::NoKey));
    }
}

#[test]
fn curves_verify_what_belongs_to_them() {
    let cases = [
        ("ES256", "P-256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        ("ES384", "P-384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        ("ES512", "P-521", &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
    ];
    for (name, curve, algorithm) in cases {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let keys = format!("{{\"kty\":\"EC\",\"crv\":\"{curve}\",\"x\":\"{}\",\"y\":\"{}\"}}", base64(x), base64(y));
        let sign = |signed: &[u8]| pair.sign(&SystemRandom::new(), signed).unwrap().as_ref().to_vec();
        assert_eq!(verifies(&keys, &token(&format!("{{\"alg\":\"{name}\"}}"), "{}", sign)), Ok(()), "{name}");
        let other = if name == "ES256" { "ES384" } else { "ES256" };
        assert_eq!(verdict(&keys, &token(&format!("{{\"alg\":\"{other}\"}}"), "{}", sign)), Err(BadToken::NoKey));
    }
}

#[test]
fn edwards_keys_verify() {
    let pair = Ed25519KeyPair::generate().unwrap();
    let keys = format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{}\"}}", base64(pair.public_key().as_ref()));
    let sign = |signed: &[u8]| pair.sign(signed).as_ref().to_vec();
    assert_eq!(verifies(&keys, &token("{\"alg\":\"EdDSA\"}", "{}", sign)), Ok(()));
}

#[test]
fn what_is_not_signed_is_not_believed() {
    let plain = |algorithm: &str| format!("{}.{}.", base64(format!("{{\"alg\":\"{algorithm}\"}}")), base64("{}"));
    for none in ["none", "None", "NONE", "", "HS", "HS128", "XX256", "HS256 "] {
        assert_eq!(verdict(&secret_key(""), &plain(none)), Err(BadToken::Algorithm), "{none}");
    }
    assert_eq!(verdict(&secret_key(""), &plain("HS256")), Err(BadToken::Signature));
    assert_eq!(
        verdict(&secret_key(""), &hmac_token("{\"alg\":\"HS256\",\"crit\":[\"b64\"]}", "{}")),
        Err(BadToken::Critical)
    );
    assert_eq!(verdict(&secret_key(""), &hmac_token("{\"typ\":\"JWT\"}", "{}")), Err(BadToken::Algorithm));
}

#[test]
fn what_is_no_token_is_told_apart() {
    let good = hmac_token("{\"alg\":\"HS256\"}", "{}");
    let bad = ["", "a", "a.b", "..", "a.b.c", "a.b.c.d", "e30.e30.e30.e30.e30"].map(str::to_owned);
    let odd = [
        format!("{good}="),
        format!(" {good}"),
        format!("{good}.x"),
        hmac_token("{\"alg\":\"HS256\"}", "[]"),
        "e30.".repeat(40_000),
    ];
    for text in bad.iter().chain(&odd) {
        assert_eq!(verdict(&secret_key(""), text), Err(BadToken::Malformed), "{text}");
    }
}

#[test]
fn times_are_kept() {
    let check = |claims: &str, leeway: u64, expected| {
        let keys = KeySet::read(secret_key("").as_bytes()).unwrap();
        let token = Token::read(hmac_token("{\"alg\":\"HS256\"}", claims).as_bytes()).unwrap();
        assert_eq!(token.verify([&keys].into_iter(), NOW, Duration::from_secs(leeway)), expected, "{claims} {leeway}");
    };
    check("{\"exp\":1700000001,\"nbf\":1700000000}", 0, Ok(()));
    check("{\"exp\":1700000000}", 0, Err(BadToken::Expired));
    check("{\"exp\":1700000000}", 1, Ok(()));
    check("{\"nbf\":1700000001}", 0, Err(BadToken::NotYet));
    check("{\"nbf\":1700000000.5}", 1, Ok(()));
    check("{\"exp\":\"1800000000\"}", 0, Err(BadToken::Malformed));
}

#[test]
fn a_token_that_names_its_key_is_signed_by_no_other() {
    let named = hmac_token("{\"alg\":\"HS256\",\"kid\":\"one\"}", "{}");
    assert_eq!(verdict(&secret_key(",\"kid\":\"one\""), &named), Ok(()));
    assert_eq!(verdict(&secret_key(",\"kid\":\"two\""), &named), Err(BadToken::NoKey));
    assert_eq!(verdict(&secret_key(""), &named), Ok(()));
    assert_eq!(verdict(&secret_key(",\"kid\":\"two\""), &hmac_token("{\"alg\":\"HS256\"}", "{}")), Ok(()));
}

#[test]
fn keys_are_for_what_they_say() {
    let token = hmac_token("{\"alg\":\"HS256\"}", "{}");
    assert_eq!(verdict(&secret_key(",\"alg\":\"HS256\",\"use\":\"sig\""), &token), Ok(()));
    for other in [",\"alg\":\"HS512\"", ",\"alg\":\"A128KW\"", ",\"use\":\"enc\""] {
        assert_eq!(verdict(&secret_key(other), &token), Err(BadToken::NoKey), "{other}");
    }
    assert_eq!(verdict("{\"keys\":[{\"kty\":\"new\"}]}", &token), Err(BadToken::NoKey));
}

#[test]
fn broken_keys_are_refused() {
    let bad = [
        "",
        "[]",
        "{}",
        "{\"keys\":{}}",
        "{\"kty\":\"oct\"}",
        "{\"kty\":\"oct\",\"k\":\"?\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQ\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"\"}]}",
    ];
    for text in bad {
        assert!(KeySet::read(text.as_bytes()).is_err(), "{text}");
    }
}
