//! A new connection to a peer, within a deadline.

use std::io;
use std::time::Instant;

use protocol::h1::ClientConnection;
use transport::{Address, ConnectOptions};

use crate::failure::FailureCause;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectFailure {
    /// The deadline passed.
    #[error("upstream timed out")]
    Timeout,
    /// The system says why.
    #[error("connect() failed: {0}")]
    Io(#[source] io::Error),
}

impl ConnectFailure {
    /// Its stable cause.
    pub fn cause(&self) -> FailureCause {
        let error = match self {
            Self::Timeout => return FailureCause::ConnectTimeout,
            Self::Io(error) => error,
        };
        match error.kind() {
            io::ErrorKind::TimedOut => FailureCause::ConnectTimeout,
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => FailureCause::ConnectRefused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NotFound => {
                FailureCause::ConnectUnreachable
            }
            _ => FailureCause::ConnectFailed,
        }
    }
}

/// Connects to a peer.
///
/// # Errors
/// When the deadline passes first, or the system refuses.
pub async fn connect(
    address: &Address,
    options: &ConnectOptions,
    deadline: Instant,
) -> Result<Box<ClientConnection>, ConnectFailure> {
    match tokio::time::timeout_at(deadline.into(), transport::connect(address, options)).await {
        Ok(Ok(stream)) => Ok(Box::new(ClientConnection::new(stream))),
        Ok(Err(error)) => Err(ConnectFailure::Io(error)),
        Err(_) => Err(ConnectFailure::Timeout),
    }
}
