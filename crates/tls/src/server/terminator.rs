//! How connections to one site are answered, made ready when the configuration is read.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use model::{Reach, SessionCache, Staple, Termination};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, ServerConfig};
use x509_parser::certificate::X509Certificate;

use super::Binding;
use super::asking::Asking;
use super::cache::{SessionStore, Sessions};
use super::inquiries::Doubt;
use super::issued::Issued;
use super::preparing::{Believing, Preparing};
use super::resolver::Identities;
use super::stapled::Known;
use super::tickets::{TicketKeys, Tickets};
use crate::identity::{Identity, IdentityError};
use crate::ocsp::Inquiry;
use crate::verify::{Purpose, Rejected};

/// What a record has beside its content, as the library counts.
pub(super) const OVERHEAD: usize = 5;
/// The least content of a record that the library takes, and the most that there can be.
const RECORD: (usize, usize) = (64, 16384);
/// The most bytes that a client may send before its handshake is over, as with OpenSSL.
const EARLY: u32 = 16384;
/// Sessions that are kept for early data, where nothing is said of a store.
const SESSIONS: u32 = 20480;
/// What is spoken inside, where a client asks (RFC 7301).
const APPLICATIONS: [&[u8]; 4] = [HTTP2, b"http/1.1", b"http/1.0", b"http/0.9"];

/// What HTTP/2 is called in a handshake (RFC 9113 §3.2).
pub const HTTP2: &[u8] = b"h2";

/// How connections to one site are answered.
#[derive(Debug)]
pub struct Terminator {
    pub(super) config: Arc<ServerConfig>,
    certificate: Option<CertificateDer<'static>>,
    issued: Vec<Issued>,
    staple: Option<Vec<u8>>,
    passwords: Vec<Vec<u8>>,
    believing: Option<Believing>,
}

impl Terminator {
    /// Whether it has a certificate of its own, rather than ones that are loaded when they are needed.
    pub fn has_identity(&self) -> bool {
        self.certificate.is_some() || !self.issued.is_empty()
    }

    /// Its certificate, the first of several.
    pub fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.certificate.as_ref()
    }

    /// Whether it waits for the first of its certificates to be issued.
    pub fn lacks_identity(&self) -> bool {
        let none_issued = || self.issued.iter().all(|issued| issued.newest().is_none());
        self.certificate.is_none() && !self.issued.is_empty() && none_issued()
    }

    /// A certificate and key that were loaded for a connection, from PEM texts.
    ///
    /// # Errors
    /// Why they are none.
    pub fn load(&self, chain: &[u8], key: &[u8]) -> Result<Identity, IdentityError> {
        let identity = Identity::from_pem(chain, key, &self.passwords)?;
        Ok(match &self.staple {
            Some(staple) => identity.with_staple(staple.clone()),
            None => identity,
        })
    }

    /// The same with these certificates.
    pub(super) fn config_with(&self, loaded: Vec<Identity>) -> Arc<ServerConfig> {
        let known = loaded.into_iter().map(|identity| Known::new(identity, None)).collect();
        let mut config = ServerConfig::clone(&self.config);
        config.cert_resolver = Arc::new(Identities { known, issued: self.issued.clone() });
        Arc::new(config)
    }

    /// What a client's certificates are worth, and what of that is in doubt; `None`: nobody asked for them, or there are none.
    pub(super) fn judge(&self, chain: &[CertificateDer<'_>]) -> Option<Result<Option<Doubt>, Rejected>> {
        let Believing { trust, depth, check, .. } = self.believing.as_ref().filter(|_| !chain.is_empty())?;
        let doubt = |path: &[X509Certificate<'_>]| {
            let (rule, inquiries) = check.as_ref()?;
            let pairs = path.iter().zip(path.iter().skip(1));
            let wanted = match rule.reach {
                Reach::Leaf => 1,
                Reach::Chain => usize::MAX,
            };
            let about = pairs.take(wanted).map(|(certificate, issuer)| Inquiry::of(certificate, issuer)).collect();
            Some(Doubt { about, rule: Arc::clone(rule), inquiries: inquiries.clone() })
        };
        Some(trust.verify_path(chain, *depth, Purpose::Client, UnixTime::now(), doubt))
    }
}

impl Preparing<'_> {
    /// Makes a site's connections ready; `http2`: that may be spoken over them. `None`: that is not possible, for which there are problems.
    pub fn terminator(&mut self, site: &Termination, http2: bool) -> Option<Terminator> {
        let passwords = self.passwords(site);
        let staple = match &site.staple {
            Some(Staple::File(path)) => self.read(path, site.origin, "stapled answer").map(<[u8]>::to_vec),
            Some(Staple::Fetched(_)) | None => None,
        };
        let identities = site.identities.iter().filter_map(|files| self.identity(files, &passwords));
        let identities: Vec<Identity> = identities.collect();
        let identities = identities.into_iter().map(|identity| match (&staple, &site.staple) {
            (Some(staple), _) => Known::new(identity.with_staple(staple.clone()), None),
            (None, Some(Staple::Fetched(rule))) => {
                let newest = self.stores.stapled(rule, identity.leaf());
                Known::new(identity, Some(newest))
            }
            (None, _) => Known::new(identity, None),
        });
        let identities: Vec<Known> = identities.collect();
        let believing = site.clients.as_ref().and_then(|clients| self.clients(clients, site.origin));
        let provider = self.provider(site)?;
        let certificate = identities.first().and_then(|known| known.identity.0.cert.first()).cloned();
        let issued = self.issued(site);
        let answering = Identities { known: identities, issued: issued.clone() };
        let binding = binding(site, &answering);
        let mut config = match config(provider, believing.as_ref(), answering) {
            Ok(config) => config,
            Err(error) => {
                self.report(site.origin, format!("TLS cannot be spoken so: {error}"));
                return None;
            }
        };
        self.settle(&mut config, site, binding);
        let offered = APPLICATIONS.iter().filter(|name| http2 || **name != HTTP2);
        config.alpn_protocols = offered.map(|name| name.to_vec()).collect();
        Some(Terminator { config: Arc::new(config), certificate, issued, staple, passwords, believing })
    }

    /// What does not depend on certificates.
    fn settle(&mut self, config: &mut ServerConfig, site: &Termination, binding: Binding) {
        config.ignore_client_order = site.prefers_own_order;
        config.max_fragment_size = Some(site.record.as_usize().clamp(RECORD.0, RECORD.1) + OVERHEAD);
        if !site.compresses {
            config.cert_compressors.clear();
        }
        let lifetime = site.sessions.timeout;
        config.session_storage = match &site.sessions.cache {
            None => Arc::new(NoServerSessionStorage {}),
            Some(SessionCache { name, size }) => {
                let store = match name {
                    Some(name) => self.stores.named(name, *size),
                    None => SessionStore::new(*size),
                };
                Arc::new(Sessions { store, binding, lifetime })
            }
        };
        if site.early_data {
            // The library gives a client one chance to send it: a session that was resumed is forgotten, which tickets cannot be.
            config.max_early_data_size = EARLY;
            config.send_half_rtt_data = true;
            if site.sessions.cache.is_none() {
                let store = self.stores.named("", SESSIONS);
                config.session_storage = Arc::new(Sessions { store, binding, lifetime });
            }
        } else if site.sessions.tickets {
            let keys = self.ticket_keys(site);
            config.ticketer = Arc::new(Tickets { keys, binding, lifetime });
        } else if site.sessions.cache.is_none() {
            config.send_tls13_tickets = 0;
        }
    }

    fn ticket_keys(&mut self, site: &Termination) -> Arc<TicketKeys> {
        // So a key is forgotten soon after the last session that it opens.
        let usual = self.stores.keys(site.sessions.timeout);
        let paths = &site.sessions.ticket_keys;
        if paths.is_empty() {
            return usual;
        }
        let files: Vec<&[u8]> =
            paths.iter().filter_map(|path| self.read(path, site.origin, "session ticket key")).collect();
        TicketKeys::given(&files).unwrap_or_else(|wrong| {
            let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            self.report(site.origin, format!("cannot use session ticket key \"{}\": {wrong}", names.join("\", \"")));
            usual
        })
    }
}

/// The library's configuration for what is spoken, to whom.
fn config(
    provider: CryptoProvider,
    believing: Option<&Believing>,
    identities: Identities,
) -> Result<ServerConfig, Error> {
    let has = |modern: bool| provider.cipher_suites.iter().any(|suite| suite.tls13().is_some() == modern);
    let versions: Vec<_> = [(has(true), &TLS13), (has(false), &TLS12)].into_iter().filter(|(on, _)| *on).collect();
    let versions: Vec<_> = versions.into_iter().map(|(_, version)| version).collect();
    let builder = ServerConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(&versions)?;
    let builder = match believing {
        Some(believing) => builder.with_client_cert_verifier(Arc::new(Asking::new(&believing.subjects))),
        None => builder.with_no_client_auth(),
    };
    Ok(builder.with_cert_resolver(Arc::new(identities)))
}

/// What sessions are bound to: a site's certificates, and what it asks of its clients.
fn binding(site: &Termination, identities: &Identities) -> Binding {
    let mut context = Context::new(&SHA256);
    for known in &identities.known {
        context.update(known.identity.0.cert.first().map_or(&[][..], AsRef::as_ref));
    }
    for names in &site.identities {
        context.update(format!("{:?}", names.certificate.parts).as_bytes());
    }
    // A certificate that takes another's place ends no session.
    for issued in &identities.issued {
        context.update(issued.order.as_bytes());
    }
    context.update(format!("{:?}", site.clients).as_bytes());
    let mut binding = [0; 32];
    binding.copy_from_slice(context.finish().as_ref());
    Binding(binding)
}
