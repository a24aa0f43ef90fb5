//! The server's side of a handshake: the client's first words are read, then a terminator answers them.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::{Accepted, AcceptedAlert, Acceptor};
use transport::{Chunk, Stream};

use crate::error::HandshakeError;
use crate::session::{Secured, Session, Sink};

/// A client's first words, not yet answered.
pub struct Hello {
    stream: Stream,
    accepted: Accepted,
    /// Received behind them.
    rest: Chunk,
}

impl Hello {
    /// Waits for a client's first words; the caller sets the limit of time.
    pub async fn receive(mut stream: Stream) -> Result<Self, HandshakeError> {
        let mut acceptor = Acceptor::default();
        loop {
            let received = stream.receive().await?;
            if received.is_empty() {
                return Err(HandshakeError::Closed);
            }
            let mut input: &[u8] = &received;
            while !input.is_empty() {
                acceptor.read_tls(&mut input)?;
                match acceptor.accept() {
                    Ok(None) => {}
                    Ok(Some(accepted)) => {
                        let rest = Chunk::copy_from_slice(input);
                        return Ok(Self { stream, accepted, rest });
                    }
                    Err(refusal) => return Err(refuse(stream, refusal).await),
                }
            }
        }
    }

    /// The stream that the words came by.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Answers as `config` says, and finishes the handshake.
    pub(crate) async fn answer(self, config: Arc<ServerConfig>) -> Result<Secured, HandshakeError> {
        match self.accepted.into_connection(config) {
            Ok(connection) => Session::begun(self.stream, connection.into(), self.rest).secure().await,
            Err(refusal) => Err(refuse(self.stream, refusal).await),
        }
    }
}

/// Tells the client why there will be no connection.
async fn refuse(mut stream: Stream, (error, mut alert): (rustls::Error, AcceptedAlert)) -> HandshakeError {
    // Whether it hears that changes nothing.
    let _ = alert.write_all(&mut Sink(&mut stream));
    let _ = stream.flush().await;
    error.into()
}
