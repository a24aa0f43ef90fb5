//! TLS of clients' connections: who a site says it is, what it speaks, which clients it wants to know.

use crate::{ByteSize, FetchedStaple, OrderId, RevocationCheck, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// How TLS connections to a site are made.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Termination {
    /// Certificates with their keys: the first that suits a client is used. None: those of the listener's default site.
    pub identities: Vec<SiteIdentity>,
    /// Certificates beside them that the program orders itself.
    pub orders: Vec<OrderId>,
    /// Names of certificates and keys that come out of variables start here, if they are relative.
    pub directory: PathBuf,
    /// A file of passwords that are tried on keys that have one.
    pub passwords: Option<PathBuf>,
    /// How many certificates with variables in their names are kept for how long; `None`: each is loaded when it is used.
    pub kept: Option<KeptIdentities>,
    /// Whether certificates are compressed for clients that take them so (RFC 8879).
    pub compresses: bool,
    /// Nobody is let in.
    pub rejects: bool,
    /// Protocol versions that may be spoken.
    pub versions: TlsVersions,
    /// Cipher suites that may be used with TLS 1.2, in OpenSSL's notation; `None`: all that are known.
    pub ciphers: Option<String>,
    /// Cipher suites that may be used with TLS 1.3, in OpenSSL's notation; `None`: all.
    pub suites: Option<String>,
    /// Whether the server's order of cipher suites counts, rather than the client's.
    pub prefers_own_order: bool,
    /// Groups for the exchange of keys, in OpenSSL's notation; `None`: all that are known.
    pub groups: Option<String>,
    /// What is remembered of sessions.
    pub sessions: Sessions,
    /// Clients that resume a session may send requests before the handshake is over (RFC 8446 §2.3).
    pub early_data: bool,
    /// What clients are given to see that the certificate still stands; `None`: nothing.
    pub staple: Option<Staple>,
    /// Clients' certificates; `None`: nobody asks.
    pub clients: Option<ClientCertificates>,
    /// Bytes of content in one record, at most.
    pub record: ByteSize,
    /// Where it was written.
    pub origin: Origin,
}

/// An answer about a certificate's revocation that clients are given with it (RFC 6066 §8).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Staple {
    /// What is in a file, as DER.
    File(PathBuf),
    /// Who issued the certificate is asked, by and by.
    Fetched(FetchedStaple),
}

/// A certificate and its key, in PEM: the names of two files, or with `data:` before them the texts themselves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SiteIdentity {
    /// The certificate, and those that lead to an authority.
    pub certificate: Template,
    /// Its key.
    pub key: Template,
    /// A file with more certificates that lead to an authority.
    pub chain: Option<PathBuf>,
}

/// How long certificates and keys are kept that were loaded on demand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptIdentities {
    /// Most of them.
    pub size: u32,
    /// One that is not asked for so long is forgotten.
    pub inactive: Duration,
    /// After this time one is loaded anew.
    pub valid: Duration,
}

/// Versions of TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TlsVersions {
    /// TLS 1.2.
    pub v1_2: bool,
    /// TLS 1.3.
    pub v1_3: bool,
}

impl Default for TlsVersions {
    fn default() -> Self {
        Self { v1_2: true, v1_3: true }
    }
}

/// What is remembered of sessions, so that they can be resumed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sessions {
    /// Sessions that the server keeps; `None`: none.
    pub cache: Option<SessionCache>,
    /// Clients keep sessions themselves, sealed (RFC 5077, RFC 8446 §4.6.1).
    pub tickets: bool,
    /// Files with the keys of tickets: the first seals, all open. None: keys are made up and changed by and by.
    pub ticket_keys: Vec<PathBuf>,
    /// How long a session can be resumed.
    pub timeout: Duration,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { cache: None, tickets: true, ticket_keys: Vec::new(), timeout: Duration::from_mins(5) }
    }
}

/// Sessions that a server keeps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SessionCache {
    /// Sites that name the same one share it; `None`: it is the site's own.
    pub name: Option<String>,
    /// Most sessions in it.
    pub size: u32,
}

/// What is asked of clients' certificates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClientCertificates {
    /// Whether there must be one.
    pub demand: Demand,
    /// Files with the certificates of authorities that are believed, in PEM.
    pub authorities: Vec<PathBuf>,
    /// Files of those whose names clients are told.
    pub announced: Vec<PathBuf>,
    /// Files with lists of what they revoked, in PEM; none: nobody asks.
    pub revoked: Vec<PathBuf>,
    /// Authorities that may stand between a client and one that is known.
    pub depth: u32,
    /// Authorities are asked whether a certificate still stands; `None`: they are not.
    pub check: Option<RevocationCheck>,
}

/// Whether a client must have a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Demand {
    /// One that is believed.
    Required,
    /// None, or one that is believed.
    Optional,
    /// None, or one that would be believed if its authority were known.
    OptionalUnknown,
}

impl Termination {
    /// Forgets where names start that come out of variables, if there are none such.
    pub(crate) fn forget_directory(&mut self) {
        let mut names = self.identities.iter().flat_map(|identity| [&identity.certificate, &identity.key]);
        if names.all(|name| name.as_text().is_some()) {
            self.directory = PathBuf::new();
        }
    }

    /// What holds where nothing is said.
    pub fn new(origin: Origin) -> Self {
        Self {
            identities: Vec::new(),
            orders: Vec::new(),
            directory: PathBuf::new(),
            passwords: None,
            kept: None,
            compresses: false,
            rejects: false,
            versions: TlsVersions::default(),
            ciphers: None,
            suites: None,
            prefers_own_order: false,
            groups: None,
            sessions: Sessions::default(),
            early_data: false,
            staple: None,
            clients: None,
            record: ByteSize(16 * 1024),
            origin,
        }
    }
}
