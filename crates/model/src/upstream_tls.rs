//! TLS to upstream servers: whom to believe, who we are, what is spoken.

use crate::{KeptIdentities, Template, TlsVersions};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How upstream servers are spoken to over TLS.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UpstreamTls {
    /// Whose certificates are believed; `None`: anybody's.
    pub trust: Option<ServerTrust>,
    /// Whether the server's certificate must be for its name.
    pub checks_name: bool,
    /// Whether the server's certificate must be within its time, even where anybody's is believed.
    pub checks_time: bool,
    /// The server's name, where it is not the host that requests are forwarded to; a port at its end does not count.
    pub name: Option<Template>,
    /// Whether the server is told which name is meant (RFC 6066 §3).
    pub sends_name: bool,
    /// Whether sessions are resumed.
    pub resumes: bool,
    /// Who we are; `None`: nobody says so.
    pub identity: Option<UpstreamIdentity>,
    /// Protocol versions that may be spoken.
    pub versions: TlsVersions,
    /// Cipher suites that may be used with TLS 1.2, in OpenSSL's notation; `None`: all that are known.
    pub ciphers: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// Whose certificates are believed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServerTrust {
    /// Files with the certificates of authorities, in PEM.
    pub authorities: Vec<PathBuf>,
    /// A file with lists of what they revoked, in PEM; `None`: nobody asks.
    pub revoked: Option<PathBuf>,
    /// Authorities that may stand between a server and one that is known.
    pub depth: u32,
    /// A server that nobody known vouches for is believed all the same.
    pub takes_unknown: bool,
}

/// A certificate and its key, in PEM: the names of two files, or with `data:` before them the texts themselves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UpstreamIdentity {
    /// The certificate, and those that lead to an authority.
    pub certificate: Template,
    /// Its key.
    pub key: Template,
    /// A file with more certificates that lead to an authority, if the others are named without variables.
    pub chain: Option<PathBuf>,
    /// Where names lie that are not whole.
    pub directory: PathBuf,
    /// A file of passwords that are tried on a key that has one.
    pub passwords: Option<PathBuf>,
    /// How many of those with variables in their names are kept for how long; `None`: each is loaded when it is used.
    pub kept: Option<KeptIdentities>,
}

impl UpstreamTls {
    /// What holds where nothing is said: any server is believed.
    pub fn new(origin: Origin) -> Self {
        Self {
            trust: None,
            checks_name: false,
            checks_time: false,
            name: None,
            sends_name: false,
            resumes: true,
            identity: None,
            versions: TlsVersions::default(),
            ciphers: None,
            origin,
        }
    }
}
