//! A certificate with its chain and its key: who one end of a connection says it is.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, SigningKey};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::pem::{self, PemError};
use crate::provider::provider;

/// A certificate, its chain and its key.
#[derive(Clone, Debug)]
pub struct Identity(pub(crate) Arc<CertifiedKey>);

/// Why a certificate and a key make no identity.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IdentityError {
    /// The certificates cannot be read.
    #[error("the certificate cannot be loaded: {0}")]
    Certificate(PemError),
    /// The first certificate is not one.
    #[error("the certificate cannot be loaded: {0}")]
    Malformed(String),
    /// The key cannot be read.
    #[error("the key cannot be loaded: {0}")]
    Key(PemError),
    /// The key is of a kind that is not used.
    #[error("the key cannot be used: {0}")]
    UnusableKey(String),
    /// The key is another certificate's.
    #[error("the key does not belong to the certificate")]
    Mismatch,
}

/// An identity equals itself alone, not one like it.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl Identity {
    /// Reads a chain and a key from PEM texts; `passwords` are tried on a key that is encrypted.
    pub fn from_pem(chain: &[u8], key: &[u8], passwords: &[Vec<u8>]) -> Result<Self, IdentityError> {
        let chain = pem::certificates(chain).map_err(IdentityError::Certificate)?;
        let key = pem::private_key(key, passwords).map_err(IdentityError::Key)?;
        let key = provider()
            .key_provider
            .load_private_key(key)
            .map_err(|error| IdentityError::UnusableKey(error.to_string()))?;
        let first = chain.first().ok_or(IdentityError::Certificate(PemError::Missing("certificate")))?;
        if !belongs(first, key.as_ref())? {
            return Err(IdentityError::Mismatch);
        }
        Ok(Self(Arc::new(CertifiedKey::new(chain, key))))
    }

    /// The certificate itself, as DER.
    pub fn leaf(&self) -> &[u8] {
        self.0.cert.first().map_or(&[][..], AsRef::as_ref)
    }

    /// The same with a stapled answer about its revocation (RFC 6066 §8).
    #[must_use]
    pub fn with_staple(&self, response: Vec<u8>) -> Self {
        let mut certified = CertifiedKey::clone(&self.0);
        certified.ocsp = Some(response);
        Self(Arc::new(certified))
    }
}

/// Whether `key` is the private half of the key in `certificate`, of whatever version that is.
fn belongs(certificate: &CertificateDer<'_>, key: &dyn SigningKey) -> Result<bool, IdentityError> {
    let (_, certificate) =
        X509Certificate::from_der(certificate).map_err(|error| IdentityError::Malformed(error.to_string()))?;
    Ok(key.public_key().is_none_or(|public| *public == *certificate.public_key().raw))
}

#[cfg(test)]
mod tests;
