//! One certificate: its names made comparable, its key, its signature, its time.

use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::Any;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Name};

use super::Rejected;
use crate::provider;

/// Reads a certificate; nothing may follow it.
pub(crate) fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    let (rest, parsed) = X509Certificate::from_der(certificate).ok()?;
    // RFC 5280 §4.1.1.2: the algorithm is told twice, and must be the same.
    let agrees = parsed.signature_algorithm == parsed.tbs_certificate.signature;
    (rest.is_empty() && agrees).then_some(parsed)
}

/// A key's algorithm identifier without its frame, and its bits: what the library's algorithms are asked by.
pub(crate) fn public_key<'a>(key: &'a SubjectPublicKeyInfo<'_>) -> Option<(&'a [u8], &'a [u8])> {
    let (_, whole) = Any::from_der(key.raw).ok()?;
    let (_, algorithm) = Any::from_der(whole.data).ok()?;
    Some((algorithm.data, &key.subject_public_key.data))
}

/// Whether `key` made the signature of something signed: a certificate, a list or an answer, as DER.
pub(crate) fn is_signed_by(signed: &[u8], key: &SubjectPublicKeyInfo<'_>) -> bool {
    let found = parts(signed).zip(public_key(key));
    let Some(((message, algorithm, signature), (key_algorithm, key))) = found else { return false };
    let fits = |known: &&&dyn SignatureVerificationAlgorithm| {
        known.signature_alg_id().as_ref() == algorithm && known.public_key_alg_id().as_ref() == key_algorithm
    };
    let mut known = provider::signatures().all.iter().filter(fits);
    known.any(|known| known.verify_signature(key, message, signature).is_ok())
}

/// SEQUENCE { what is signed, the algorithm, BIT STRING }: the first with its frame, the others without.
fn parts(signed: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (_, whole) = Any::from_der(signed).ok()?;
    let (rest, _) = Any::from_der(whole.data).ok()?;
    let message = whole.data.get(..whole.data.len() - rest.len())?;
    let (rest, algorithm) = Any::from_der(rest).ok()?;
    let (_, signature) = Any::from_der(rest).ok()?;
    // The first byte counts the bits at the end that mean nothing.
    signature.data.strip_prefix(&[0]).map(|signature| (message, algorithm.data, signature))
}

/// A name so that equal names are equal bytes: neither the case of letters, nor blanks, nor the kind of string matters.
pub(crate) fn canonical(name: &X509Name<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.as_raw().len());
    for set in name.iter() {
        for attribute in set.iter() {
            put(&mut bytes, attribute.attr_type().as_bytes());
            match attribute.as_str() {
                Ok(text) => {
                    let words: Vec<String> = text.split_ascii_whitespace().map(str::to_ascii_lowercase).collect();
                    put(&mut bytes, words.join(" ").as_bytes());
                }
                Err(_) => put(&mut bytes, attribute.as_slice()),
            }
        }
        // The end of a set.
        put(&mut bytes, &[]);
    }
    bytes
}

/// A piece with its length before it.
fn put(bytes: &mut Vec<u8>, piece: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(piece);
}

/// Whether a certificate names itself as its issuer.
pub(super) fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    canonical(certificate.subject()) == canonical(certificate.issuer())
}

/// Whether `issuer` is the one that a certificate means, as far as it says so by key (RFC 5280 §4.2.1.1).
pub(super) fn is_meant(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    let wanted = certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0),
        _ => None,
    });
    let own = issuer.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    });
    wanted.zip(own).is_none_or(|(wanted, own)| wanted == own)
}

/// Whether a certificate's time has come and is not over.
pub(super) fn check_time(certificate: &X509Certificate<'_>, now: i64) -> Result<(), Rejected> {
    let validity = certificate.validity();
    if now < validity.not_before.timestamp() {
        return Err(Rejected::NotYetValid);
    }
    if now > validity.not_after.timestamp() { Err(Rejected::Expired) } else { Ok(()) }
}

/// Whether a certificate's time has come and is not over.
pub(crate) fn is_in_time(certificate: &X509Certificate<'_>, now: i64) -> bool {
    check_time(certificate, now).is_ok()
}

/// Whether `issuer` is named by a certificate, and has signed it.
pub(crate) fn is_issued_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    canonical(certificate.issuer()) == canonical(issuer.subject())
        && is_signed_by(certificate.as_raw(), issuer.public_key())
}
