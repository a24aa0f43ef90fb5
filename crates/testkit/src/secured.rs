//! TLS before a scripted peer, and the certificates for it: what hands were shaken on is recorded, the bytes go on in the clear.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa, KeyIdMethod,
    KeyPair, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::address::Loopback;

/// Somebody who vouches for others.
pub struct Authority {
    pub(crate) name: String,
    pub(crate) issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// An authority of that name, which is its own issuer.
    pub fn new(name: &str) -> Self {
        let issuer = CertifiedIssuer::self_signed(authority(name), KeyPair::generate().unwrap()).unwrap();
        Self { name: name.to_owned(), issuer }
    }

    /// An authority that this one vouches for.
    #[must_use]
    pub fn lower(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::signed_by(authority(name), key, &self.issuer).unwrap();
        Self { name: name.to_owned(), issuer }
    }

    /// Its own certificate, in PEM.
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for these names.
    pub fn issue(&self, names: &[&str]) -> Issued {
        self.issue_with(names, |_| {})
    }

    /// The same, changed.
    pub fn issue_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("nobody"));
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// Its list of revoked serial numbers, in PEM.
    pub fn revoke(&self, serials: &[u64]) -> String {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2100, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// How a server speaks TLS.
#[derive(Clone, Debug)]
pub struct Securing {
    /// Its certificates, its own first, in PEM.
    pub chain: String,
    /// Its key, in PEM.
    pub key: String,
    /// The authority of clients that may prove themselves, in PEM; `None`: nobody asks.
    pub clients: Option<String>,
    /// Nothing newer than TLS 1.2.
    pub old: bool,
}

impl From<Issued> for Securing {
    fn from(issued: Issued) -> Self {
        Self { chain: issued.certificate, key: issued.key, clients: None, old: false }
    }
}

impl Securing {
    fn config(&self) -> Arc<ServerConfig> {
        let versions = if self.old { vec![&TLS12] } else { vec![&TLS12, &TLS13] };
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(&versions).unwrap();
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
            }
        };
        let chain = CertificateDer::pem_slice_iter(self.chain.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        Arc::new(builder.with_single_cert(chain, key).unwrap())
    }
}

/// What hands were shaken on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Handshake {
    /// The name that the client asked for.
    pub name: Option<String>,
    /// A session was resumed.
    pub resumed: bool,
    /// The client's certificate, as DER.
    pub client: Option<Vec<u8>>,
    /// Such as `TLSv1_3`.
    pub protocol: String,
}

/// TLS before a peer.
pub struct Secured {
    address: Loopback,
    handshakes: Arc<Mutex<Vec<Handshake>>>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Secured {
    /// Accepts on an address of its own, and passes on to `peer`.
    pub fn start(securing: &Securing, peer: SocketAddr) -> Self {
        let address = Loopback::next();
        let listener = address.listen();
        listener.set_nonblocking(true).unwrap();
        let acceptor = TlsAcceptor::from(securing.config());
        let handshakes = Arc::default();
        let (end, mut ended) = oneshot::channel();
        let recorded = Arc::clone(&handshakes);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                loop {
                    tokio::select! {
                        _ = &mut ended => return,
                        Ok((stream, _)) = listener.accept() => {
                            tokio::spawn(pass(stream, acceptor.clone(), peer, Arc::clone(&recorded)));
                        }
                    }
                }
            });
        });
        Self { address, handshakes, end: Some(end), thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The handshakes that succeeded so far.
    pub fn handshakes(&self) -> Vec<Handshake> {
        self.handshakes.lock().unwrap().clone()
    }

    /// Forgets them.
    pub fn reset(&self) {
        self.handshakes.lock().unwrap().clear();
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn pass(stream: TcpStream, acceptor: TlsAcceptor, peer: SocketAddr, recorded: Arc<Mutex<Vec<Handshake>>>) {
    let Ok(mut secured) = acceptor.accept(stream).await else { return };
    let (_, connection) = secured.get_ref();
    let handshake = Handshake {
        name: connection.server_name().map(str::to_owned),
        resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        client: connection.peer_certificates().and_then(|chain| Some(chain.first()?.to_vec())),
        protocol: connection.protocol_version().map(|version| format!("{version:?}")).unwrap_or_default(),
    };
    recorded.lock().unwrap().push(handshake);
    if let Ok(mut plain) = TcpStream::connect(peer).await {
        let _ = tokio::io::copy_bidirectional(&mut secured, &mut plain).await;
    }
}
