//! Clients are asked for their certificates; what these are worth is judged after the handshake, so that it can be told.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use crate::provider;
use crate::signature;

/// Takes any certificate whose key the client has.
#[derive(Debug)]
pub(super) struct Asking {
    subjects: Vec<DistinguishedName>,
    signatures: WebPkiSupportedAlgorithms,
}

impl Asking {
    /// `subjects`: the names of authorities that clients are told, as DER.
    pub(super) fn new(subjects: &[Vec<u8>]) -> Self {
        let subjects = subjects.iter().map(|subject| DistinguishedName::in_sequence(content(subject)));
        Self { subjects: subjects.collect(), signatures: provider::signatures() }
    }
}

/// What is inside a sequence (X.690 §8.1).
fn content(sequence: &[u8]) -> &[u8] {
    let header = match sequence.get(1) {
        Some(0x81) => 3,
        Some(0x82) => 4,
        Some(0x83) => 5,
        _ => 2,
    };
    sequence.get(header..).unwrap_or_default()
}

impl ClientCertVerifier for Asking {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.subjects
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::check_1_2(message, certificate, signed, &self.signatures)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::check_1_3(message, certificate, signed, &self.signatures)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signatures.supported_schemes()
    }
}
