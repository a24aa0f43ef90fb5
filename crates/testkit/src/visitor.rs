//! A client that speaks TLS: it takes any server's certificate, and tells what it was given.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, SignatureScheme, StreamOwned};

use crate::secured::Issued;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client with a memory: it resumes sessions.
pub struct Visitor {
    config: Arc<ClientConfig>,
    /// What was stapled to the certificate of the last full handshake.
    stapled: Arc<Mutex<Vec<u8>>>,
}

/// One connection of a visitor.
pub struct Visit {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

/// One that has sent something before its handshake is over.
pub struct EarlyVisit {
    connection: ClientConnection,
    socket: TcpStream,
    sent: Vec<u8>,
}

impl Visitor {
    /// A client that has this certificate, if any; `old`: nothing newer than TLS 1.2.
    pub fn new(identity: Option<&Issued>, old: bool) -> Self {
        Self::knowing(default_provider().signature_verification_algorithms.supported_schemes(), identity, old)
    }

    /// A client that knows keys of RSA only.
    pub fn of_rsa() -> Self {
        let schemes = [SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
        Self::knowing(schemes.to_vec(), None, false)
    }

    /// A client that sends what it wants with its first words, where it may.
    pub fn eager() -> Self {
        let Self { config, stapled } = Self::new(None, false);
        let mut config = ClientConfig::clone(&config);
        config.enable_early_data = true;
        Self { config: Arc::new(config), stapled }
    }

    /// The same, for which this protocol is spoken inside (RFC 7301).
    #[must_use]
    pub fn speaking(self, protocol: &str) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = vec![protocol.into()];
        Self { config: Arc::new(config), ..self }
    }

    fn knowing(schemes: Vec<SignatureScheme>, identity: Option<&Issued>, old: bool) -> Self {
        let versions = if old { vec![&TLS12] } else { vec![&TLS12, &TLS13] };
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(&versions).unwrap().dangerous();
        let stapled = Arc::default();
        let anyone = Anyone { schemes, stapled: Arc::clone(&stapled) };
        let builder = builder.with_custom_certificate_verifier(Arc::new(anyone));
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(Issued { certificate, key }) => {
                let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<_, _>>().unwrap();
                builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
            }
        };
        Self { config: Arc::new(config), stapled }
    }

    /// The answer about revocation that came with the last certificate, as DER; empty: none did.
    pub fn stapled(&self) -> Vec<u8> {
        self.stapled.lock().unwrap().clone()
    }

    /// Connects and shakes hands; `before` is sent first, in the clear.
    ///
    /// # Errors
    /// Why there were no hands to shake.
    pub fn visit(&self, address: SocketAddr, name: &str, before: &[u8]) -> Result<Visit, String> {
        let mut socket = TcpStream::connect(address).map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(before).map_err(|error| error.to_string())?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut connection = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).map_err(|error| error.to_string())?;
        }
        Ok(Visit { stream: StreamOwned::new(connection, socket) })
    }
}

impl Visitor {
    /// Connects, and sends `bytes` before the handshake is over; the client must have been there before.
    pub fn visit_early(&self, address: SocketAddr, name: &str, bytes: &[u8]) -> EarlyVisit {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut connection = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        connection.early_data().expect("a session that allows it").write_all(bytes).unwrap();
        let mut sent = Vec::new();
        while connection.wants_write() {
            connection.write_tls(&mut sent).unwrap();
        }
        socket.write_all(&sent).unwrap();
        EarlyVisit { connection, socket, sent }
    }
}

impl EarlyVisit {
    /// All that was sent so far.
    pub fn sent(&self) -> &[u8] {
        &self.sent
    }

    /// Reads a response's head and so many bytes behind it, and says no more than was said.
    pub fn answer(&mut self, body: usize) -> String {
        let is_whole = |answer: &[u8]| {
            let head = answer.windows(4).position(|window| window == b"\r\n\r\n");
            head.is_some_and(|head| answer.len() >= head + 4 + body)
        };
        String::from_utf8(self.read_until(is_whole)).unwrap()
    }

    /// Reads until it is enough, and says no more than was said.
    pub fn read_until(&mut self, is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut answer = Vec::new();
        while !is_enough(&answer) {
            assert!(self.connection.read_tls(&mut self.socket).unwrap() > 0, "the server left");
            let state = self.connection.process_new_packets().unwrap();
            let mut piece = vec![0; state.plaintext_bytes_to_read()];
            self.connection.reader().read_exact(&mut piece).unwrap();
            answer.extend(piece);
        }
        answer
    }

    /// Says nothing more: the connection as it is.
    pub fn abandon(self) -> TcpStream {
        self.socket
    }

    /// Shakes hands to the end; whether what was sent before was taken.
    pub fn finish(mut self) -> (Visit, bool) {
        while self.connection.is_handshaking() || self.connection.wants_write() {
            self.connection.complete_io(&mut self.socket).unwrap();
        }
        let taken = self.connection.is_early_data_accepted();
        (Visit { stream: StreamOwned::new(self.connection, self.socket) }, taken)
    }
}

impl Visit {
    /// The server's certificate, as DER.
    pub fn certificate(&self) -> Vec<u8> {
        self.stream.conn.peer_certificates().unwrap()[0].to_vec()
    }

    /// How many certificates the server showed.
    pub fn chain_length(&self) -> usize {
        self.stream.conn.peer_certificates().unwrap().len()
    }

    /// Whether a session was resumed.
    pub fn is_resumed(&self) -> bool {
        self.stream.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Sends bytes, sealed.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
        self.stream.flush().unwrap();
    }

    /// Reads exactly that many bytes.
    pub fn read_exactly(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Reads until it is enough.
    pub fn read_until(&mut self, is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !is_enough(&bytes) {
            bytes.extend(self.read_exactly(1));
        }
        bytes
    }

    /// Reads a response's head, its end included.
    pub fn head(&mut self) -> String {
        String::from_utf8(self.read_until(|head| head.ends_with(b"\r\n\r\n"))).unwrap()
    }

    /// Reads until the server has said that nothing more comes; it fails where the server leaves without a word.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// Asks for a path of a host, and reads to the end.
    pub fn get(&mut self, host: &str, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        String::from_utf8(self.read_to_end()).unwrap()
    }
}

/// Believes anybody.
#[derive(Debug)]
struct Anyone {
    /// How the other may sign.
    schemes: Vec<SignatureScheme>,
    stapled: Arc<Mutex<Vec<u8>>>,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        stapled: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.stapled.lock().unwrap() = stapled.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
