//! A new connection to a peer, within a deadline.

use std::io;
use std::time::Instant;

use protocol::{gateway, h1, h2};
use tls::HandshakeError;
use transport::{Address, ConnectOptions};

use crate::failure::FailureCause;
use crate::pool::Speech;
use crate::security::Connector;

/// A connection that was made.
pub enum Connected {
    /// HTTP/1: it carries one exchange at a time.
    Alone(Box<h1::ClientConnection>),
    /// A program is asked: it carries one exchange at a time.
    Gateway(Box<gateway::ClientConnection>),
    /// HTTP/2: it carries many.
    Shared(h2::ClientConnection),
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectFailure {
    /// The deadline passed.
    #[error("upstream timed out")]
    Timeout,
    /// The system says why.
    #[error("connect() failed: {0}")]
    Io(#[source] io::Error),
    /// The deadline passed while hands were shaken.
    #[error("upstream timed out")]
    HandshakeTimeout,
    /// The handshake failed.
    #[error("SSL_do_handshake() failed: {0}")]
    Handshake(#[source] HandshakeError),
}

impl ConnectFailure {
    /// Its stable cause.
    pub fn cause(&self) -> FailureCause {
        let error = match self {
            Self::Timeout => return FailureCause::ConnectTimeout,
            Self::HandshakeTimeout => return FailureCause::HandshakeTimeout,
            Self::Handshake(HandshakeError::Protocol(error)) if error.refusal().is_some() => {
                return FailureCause::CertificateRefused;
            }
            Self::Handshake(_) => return FailureCause::HandshakeFailed,
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

/// Connects to a peer, and shakes hands where there is a connector. Nothing but `speech` is spoken, which the
/// connector must offer where it is HTTP/2: what the handshake settled is not asked, as in nginx.
///
/// # Errors
/// When the deadline passes first, the system refuses, or the handshake fails.
pub async fn connect(
    address: &Address,
    options: &ConnectOptions,
    deadline: Instant,
    connector: Option<&Connector>,
    speech: Speech,
) -> Result<Connected, ConnectFailure> {
    let stream = match tokio::time::timeout_at(deadline.into(), transport::connect(address, options)).await {
        Ok(connected) => connected.map_err(ConnectFailure::Io)?,
        Err(_) => return Err(ConnectFailure::Timeout),
    };
    let stream = match connector {
        None => stream,
        Some(connector) => match tokio::time::timeout_at(deadline.into(), connector.inner.secure(stream)).await {
            Ok(Ok(secured)) => secured.stream,
            Ok(Err(failure)) => return Err(ConnectFailure::Handshake(failure)),
            Err(_) => return Err(ConnectFailure::HandshakeTimeout),
        },
    };
    match speech {
        Speech::Http1 => return Ok(Connected::Alone(Box::new(h1::ClientConnection::new(stream)))),
        Speech::Gateway(protocol) => {
            return Ok(Connected::Gateway(Box::new(gateway::ClientConnection::new(stream, protocol))));
        }
        Speech::Http2 => {}
    }
    let opened = h2::ClientConnection::open(stream, connector.is_some()).await;
    let (connection, drive) = opened.map_err(|error| ConnectFailure::Io(io::Error::other(error)))?;
    tokio::task::spawn_local(drive);
    Ok(Connected::Shared(connection))
}
