//! The cryptography that both sides use.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};

use crate::records::suites;

/// What performs the cryptography, with all it offers.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider { cipher_suites: suites().to_vec(), ..aws_lc_rs::default_provider() })
}

/// The signatures that are understood, in certificates and in handshakes.
pub(crate) fn signatures() -> WebPkiSupportedAlgorithms {
    aws_lc_rs::default_provider().signature_verification_algorithms
}
