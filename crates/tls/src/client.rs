//! The client's side: what is spoken with servers, whom of them to believe, and the handshake.

mod sessions;
mod verifier;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{DnsName, ServerName};
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, ClientConfig, ClientConnection, Connection, Error, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite};
use transport::Stream;

use crate::error::HandshakeError;
use crate::identity::Identity;
use crate::provider::provider;
use crate::session::{Secured, Session};
use crate::verify::Trust;
use sessions::Sessions;
pub use verifier::Refusal;
use verifier::Verifier;

/// How servers are spoken to, made ready once.
#[derive(Debug)]
pub struct ClientRules {
    provider: Arc<CryptoProvider>,
    versions: Vec<&'static SupportedProtocolVersion>,
    belief: Belief,
    resumes: bool,
}

/// Whom to believe.
#[derive(Clone, Debug, Default)]
pub struct Belief {
    /// The authorities; `None`: anybody.
    pub trust: Option<Arc<Trust>>,
    /// Authorities that may stand between a server and one that is trusted.
    pub depth: u32,
    /// A server that nobody known vouches for is believed all the same.
    pub takes_unknown: bool,
    /// Whether its certificate must be for the server's name.
    pub checks_name: bool,
    /// Whether its certificate must be within its time, even where anybody is believed.
    pub checks_time: bool,
}

/// What may be spoken.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// TLS 1.2.
    pub v1_2: bool,
    /// TLS 1.3.
    pub v1_3: bool,
    /// Cipher suites for TLS 1.2 by their numbers, in the order of preference; `None`: all that are known.
    pub suites: Option<Vec<u16>>,
}

/// There is nothing left to speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no protocol and cipher suite is left to speak")]
pub struct NothingSpoken;

/// The library does not take the rules.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unready(#[from] Error);

/// Connects to one server under one name; sessions are resumed among its connections only.
#[derive(Clone, Debug)]
pub struct Connector {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl ClientRules {
    /// Makes rules ready.
    ///
    /// # Errors
    /// When nothing is left to speak.
    pub fn new(spoken: &Spoken, belief: Belief, resumes: bool) -> Result<Self, NothingSpoken> {
        let provider = restricted(spoken);
        let wanted = [(spoken.v1_3, &TLS13), (spoken.v1_2, &TLS12)];
        let versions: Vec<_> = wanted.into_iter().filter(|(on, _)| *on).map(|(_, version)| version).collect();
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        builder.with_protocol_versions(&versions).map_err(|_| NothingSpoken)?;
        Ok(Self { provider, versions, belief, resumes })
    }

    /// Makes ready to connect to the server of this name, which is told it where `told`; as `identity` if there is one.
    /// `http2`: that is offered (RFC 7301), and nothing else.
    ///
    /// # Errors
    /// Where the library's rules change: none is known.
    pub fn connector(
        &self,
        name: &str,
        told: bool,
        identity: Option<&Identity>,
        http2: bool,
    ) -> Result<Connector, Unready> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_protocol_versions(&self.versions)?;
        let verifier = Arc::new(Verifier::new(self.belief.clone(), name));
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        let mut config = match identity {
            Some(identity) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&identity.0))))
            }
            None => builder.with_no_client_auth(),
        };
        if http2 {
            config.alpn_protocols = vec![b"h2".to_vec()];
        }
        config.resumption =
            if self.resumes { Resumption::store(Arc::new(Sessions::default())) } else { Resumption::disabled() };
        Ok(Connector { config: Arc::new(config), name: server_name(name, told) })
    }
}

/// The cryptography with the suites that are left.
fn restricted(spoken: &Spoken) -> Arc<CryptoProvider> {
    let Some(wanted) = &spoken.suites else { return provider() };
    let mut restricted = CryptoProvider::clone(&provider());
    let place = |suite: CipherSuite| wanted.iter().position(|wanted| *wanted == u16::from(suite));
    restricted.cipher_suites.retain(|suite| suite.tls13().is_some() || place(suite.suite()).is_some());
    // Those of TLS 1.3 first: their order is the library's.
    restricted.cipher_suites.sort_by_key(|suite| place(suite.suite()).filter(|_| suite.tls13().is_none()));
    Arc::new(restricted)
}

/// RFC 6066 §3: addresses are not told. What is not told has no part in the handshake.
fn server_name(name: &str, told: bool) -> ServerName<'static> {
    let untold = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into());
    if !told || name.parse::<IpAddr>().is_ok() {
        return untold;
    }
    DnsName::try_from(name.to_owned()).map_or(untold, ServerName::DnsName)
}

impl Connector {
    /// Shakes hands over a stream that is connected; the caller sets the limit of time.
    pub async fn secure(&self, stream: Stream) -> Result<Secured, HandshakeError> {
        let connection = ClientConnection::new(Arc::clone(&self.config), self.name.clone())?;
        Session::new(stream, Connection::Client(connection)).secure().await
    }

    /// The same over a stream of another kind.
    ///
    /// # Errors
    /// When the handshake fails.
    pub async fn secure_other<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + use<S>> {
        tokio_rustls::TlsConnector::from(Arc::clone(&self.config)).connect(self.name.clone(), stream).await
    }
}

#[cfg(test)]
mod tests;
