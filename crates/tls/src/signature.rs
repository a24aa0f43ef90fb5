//! Signatures that prove the possession of a certificate's key. The library's own check takes no certificate of version 1.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved};

use crate::verify::{parse, public_key};

/// As TLS 1.2 signs (RFC 5246 §7.4.8).
pub(crate) fn check_1_2(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    known: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let certificate = parse(certificate).ok_or(CertificateError::BadEncoding)?;
    let (kind, key) = public_key(certificate.public_key()).ok_or(CertificateError::BadEncoding)?;
    let scheme = known.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
    let (_, algorithms) = scheme.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let mut fitting = algorithms.iter().filter(|algorithm| algorithm.public_key_alg_id().as_ref() == kind);
    if fitting.any(|algorithm| algorithm.verify_signature(key, message, signed.signature()).is_ok()) {
        return Ok(HandshakeSignatureValid::assertion());
    }
    Err(CertificateError::BadSignature.into())
}

/// As TLS 1.3 signs (RFC 8446 §4.4.3).
pub(crate) fn check_1_3(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    known: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let certificate = parse(certificate).ok_or(CertificateError::BadEncoding)?;
    let key = SubjectPublicKeyInfoDer::from(certificate.public_key().raw);
    verify_tls13_signature_with_raw_key(message, &key, signed, known)
}
