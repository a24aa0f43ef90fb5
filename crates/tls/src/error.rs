//! What can go wrong between two ends of a connection.

use std::io;

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
