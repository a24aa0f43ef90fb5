//! What can go wrong between two ends of a connection.

use std::io;

use rustls::CertificateError;

use crate::client::Refusal;

/// Why a handshake failed.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The peer left in the midst of it.
    #[error("peer closed connection in SSL handshake")]
    Closed,
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The two ends do not agree, or one does not keep to the protocol. The peer was told by an alert.
    #[error("{0}")]
    Protocol(ProtocolError),
}

/// What one end holds against the other.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProtocolError(pub(crate) rustls::Error);

impl ProtocolError {
    /// Why a server is not believed, if that is it.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.0 {
            rustls::Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref(),
            _ => None,
        }
    }

    /// What a server may lack that fails like this, and what to do.
    pub fn advice(&self) -> Option<&'static str> {
        use rustls::AlertDescription as Alert;
        match &self.0 {
            rustls::Error::InvalidMessage(_) => Some("the server may not speak TLS on this port"),
            rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity,
            ) => Some(
                "the server may speak only TLS 1.0 or 1.1, or only cipher suites with CBC or without ephemeral keys, none \
                 of which is spoken here: let it speak TLS 1.2 or 1.3 with ECDHE and an AEAD cipher",
            ),
            _ => None,
        }
    }
}

impl From<rustls::Error> for HandshakeError {
    fn from(error: rustls::Error) -> Self {
        Self::Protocol(ProtocolError(error))
    }
}

impl From<HandshakeError> for io::Error {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::Io(error) => error,
            HandshakeError::Closed => io::ErrorKind::UnexpectedEof.into(),
            HandshakeError::Protocol(error) => Self::new(io::ErrorKind::InvalidData, error),
        }
    }
}
