//! The server's side of a handshake: the client's first words are read, then a terminator answers them.

mod asking;
mod cache;
mod inquiries;
mod issued;
mod offered;
mod preparing;
mod resolver;
mod spoken;
mod stapled;
mod stores;
mod terminator;
mod tickets;

use std::sync::Arc;

use aws_lc_rs::rand;
use rustls::ServerConfig;
use rustls::server::{Accepted, AcceptedAlert, Acceptor, ServerConnection};
use transport::{Chunk, Stream};

use crate::error::HandshakeError;
use crate::identity::Identity;
use crate::provider::provider;
use crate::records::{Gathering, LONGEST, making};
use crate::session::{Secured, Session, Sink};

pub use inquiries::{Asked, Doubt, Inquiries};
pub use issued::{Issued, Proofs};
pub use offered::Offered;
pub use preparing::Preparing;
use resolver::Identities;
use stapled::Known;
pub use stapled::Stapled;
pub use stores::Stores;
use terminator::OVERHEAD;
pub use terminator::{HTTP2, Terminator};

/// What a session is bound to: sites that differ in it have no sessions in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Binding([u8; 32]);

/// A client's first words, not yet answered.
pub struct Hello {
    pub(crate) stream: Stream,
    pub(crate) accepted: Accepted,
    /// Received behind them.
    pub(crate) rest: Chunk,
}

impl Hello {
    /// Waits for a client's first words; the caller sets the limit of time.
    pub async fn receive(mut stream: Stream) -> Result<Self, HandshakeError> {
        let (mut acceptor, mut gathering) = (Acceptor::default(), Gathering::default());
        loop {
            let mut received = stream.receive().await?;
            if received.is_empty() {
                return Err(HandshakeError::Closed);
            }
            while let Some(record) = gathering.next(&mut received) {
                let mut input: &[u8] = &record;
                // The library reads what it likes of it at a time.
                while !input.is_empty() && acceptor.read_tls(&mut input)? > 0 {
                    match acceptor.accept() {
                        Ok(None) => {}
                        Ok(Some(accepted)) => return Ok(Self { stream, accepted, rest: received.into_owned() }),
                        Err(refusal) => return Err(refuse(stream, refusal).await),
                    }
                }
            }
        }
    }

    /// The name that the client asks for, in lower case.
    pub fn server_name(&self) -> Option<String> {
        self.accepted.client_hello().server_name().map(str::to_ascii_lowercase)
    }

    /// The name that an issuer wants to see shown to be ours, in lower case; `None`: it is another client (RFC 8737 §3).
    pub fn challenged(&self) -> Option<String> {
        let words = self.accepted.client_hello();
        let mut protocols = words.alpn()?;
        let only = protocols.next() == Some(issued::CHALLENGE) && protocols.next().is_none();
        only.then(|| words.server_name().map(str::to_ascii_lowercase))?
    }

    /// Shows an issuer a certificate that is made for it; nothing is said over the connection.
    ///
    /// # Errors
    /// When the handshake fails.
    pub async fn prove(self, identity: Identity) -> Result<(), HandshakeError> {
        let mut secured = self.finish(proving(identity)?).await?;
        // The issuer has seen what it wanted: how the connection ends changes nothing.
        let _ = secured.stream.flush().await;
        Ok(())
    }

    /// Answers as a site does, with certificates that were loaded for this connection or the site's own.
    pub async fn answer(
        self,
        terminator: &Terminator,
        loaded: Option<Vec<Identity>>,
    ) -> Result<Secured, HandshakeError> {
        let words = self.accepted.client_hello();
        let offered = Offered::of(&words);
        let config = match loaded {
            Some(identities) => terminator.config_with(identities),
            None => Arc::clone(&terminator.config),
        };
        let mut secured = self.finish(config).await?;
        secured.facts.offered = offered;
        let judged = terminator.judge(&secured.facts.certificates);
        secured.facts.verdict = judged.as_ref().map(|judged| judged.as_ref().map(drop).map_err(|why| *why));
        secured.doubt = judged.and_then(Result::ok).flatten();
        Ok(secured)
    }

    /// Lets the client go: `known` tells whether there is a site for the name that it asks for (RFC 6066 §3).
    pub async fn reject(mut self, known: bool) {
        // A fatal alert: handshake_failure or unrecognized_name.
        self.stream.queue(&[21, 3, 3, 0, 2, 2, if known { 40 } else { 112 }]);
        // Whether the client hears that changes nothing.
        let _ = self.stream.flush().await;
    }

    /// Answers as `config` says, and finishes the handshake.
    pub(crate) async fn finish(self, config: Arc<ServerConfig>) -> Result<Secured, HandshakeError> {
        let longest = config.max_fragment_size.map_or(LONGEST, |size| size - OVERHEAD);
        let (connection, keys) = making(|| self.accepted.into_connection(config));
        let mut connection = match connection {
            Ok(connection) => connection,
            Err(refusal) => return Err(refuse(self.stream, refusal).await),
        };
        let number = number(&mut connection);
        let session = Session::new(self.stream, connection.into()).before(self.rest, keys).with_longest(longest);
        let mut secured = session.secure().await?;
        secured.facts.session = number;
        Ok(secured)
    }
}

/// What an issuer is answered by.
fn proving(identity: Identity) -> Result<Arc<ServerConfig>, HandshakeError> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let only = Identities { known: vec![Known::new(identity, None)], issued: Vec::new() };
    let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(only));
    config.alpn_protocols = vec![issued::CHALLENGE.to_vec()];
    Ok(Arc::new(config))
}

/// The number of a session, which is remembered with it from its first connection on.
fn number(connection: &mut ServerConnection) -> Option<[u8; 32]> {
    let known = connection.received_resumption_data().and_then(|known| known.first_chunk::<32>().copied());
    let number = known.or_else(|| {
        let mut number = [0; 32];
        rand::fill(&mut number).ok().map(|()| number)
    });
    connection.set_resumption_data(number.as_ref().map_or(&[], |number| &number[..]));
    number
}

/// Tells the client why there will be no connection.
async fn refuse(mut stream: Stream, (error, mut alert): (rustls::Error, AcceptedAlert)) -> HandshakeError {
    // Whether it hears that changes nothing.
    let _ = alert.write_all(&mut Sink(&mut stream));
    let _ = stream.flush().await;
    error.into()
}
