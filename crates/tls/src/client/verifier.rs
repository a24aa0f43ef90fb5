//! Whether a server is the one that is meant.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::Belief;
use crate::verify::{Purpose, Rejected, check_time, matches_name};
use crate::{provider, signature};

/// Why a server is not believed; nginx's words, which log files are searched for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Its certificate is none to believe.
    #[error("upstream SSL certificate verify error: ({}:{})", .0.code(), .0)]
    Rejected(Rejected),
    /// It is another's.
    #[error("upstream SSL certificate does not match \"{0}\"")]
    Name(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        CertificateError::Other(OtherError(Arc::new(refusal))).into()
    }
}

/// Looks at the certificates of one server.
#[derive(Debug)]
pub(super) struct Verifier {
    belief: Belief,
    name: String,
    signatures: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(belief: Belief, name: &str) -> Self {
        Self { belief, name: name.to_owned(), signatures: provider::signatures() }
    }

    fn judge(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<(), Refusal> {
        let belief = &self.belief;
        if let Some(trust) = &belief.trust {
            match trust.verify(chain, belief.depth, Purpose::Server, now) {
                Err(why) if !(belief.takes_unknown && why.is_unknown_authority()) => {
                    return Err(Refusal::Rejected(why));
                }
                Ok(()) | Err(_) => {}
            }
        }
        let Some(first) = chain.first() else { return Err(Refusal::Rejected(Rejected::Malformed)) };
        if belief.checks_time {
            check_time(first, now).map_err(Refusal::Rejected)?;
        }
        if belief.checks_name && !matches_name(first, &self.name) {
            return Err(Refusal::Name(self.name.clone()));
        }
        Ok(())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<_> = std::iter::once(end_entity).chain(intermediates).cloned().collect();
        self.judge(&chain, now)?;
        Ok(ServerCertVerified::assertion())
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
