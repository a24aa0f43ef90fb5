//! Certificates that are ordered from an issuer, and ordered again in time, by the program itself (RFC 8555).

use crate::Resolver;
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Index of an order in [`crate::Http::orders`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct OrderId(pub u32);

/// Who issues certificates, and as whom it is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Issuer {
    /// What messages call it.
    pub name: String,
    /// The URL of its directory (RFC 8555 §7.1.1).
    pub directory: String,
    /// The key of the account.
    pub account_key: AccountKey,
    /// URLs by which the issuer may reach the operator.
    pub contacts: Vec<String>,
    /// An account elsewhere that the new one is bound to (RFC 8555 §7.3.4).
    pub external_account: Option<ExternalAccount>,
    /// Ways to show that a name is ours: the first that the issuer offers is taken.
    pub challenges: Vec<Challenge>,
    /// How records of DNS are changed, where that is one of the ways.
    pub dns: Option<DnsChanges>,
    /// The common name of the authority at the top of the chain that is preferred.
    pub preferred_chain: Option<String>,
    /// The kind of certificate that is asked for.
    pub profile: Option<Profile>,
    /// Authorities that the issuer's server is verified by, in PEM; `None`: it is not.
    pub authorities: Option<PathBuf>,
    /// Where accounts, certificates and keys are kept; `None`: nowhere.
    pub state: Option<PathBuf>,
    /// Whether the operator agrees to the issuer's terms of service.
    pub accepts_terms: bool,
    /// Whether requests say the first name as the subject's common name, too.
    pub common_name: bool,
    /// Who is asked for the address of the issuer's server; `None`: the system.
    pub resolver: Option<Resolver>,
    /// Where it was written.
    pub origin: Origin,
}

/// The key of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum AccountKey {
    /// Made when it is needed first.
    Made(KeyKind),
    /// In a file, in PEM.
    File(PathBuf),
}

/// A kind of key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum KeyKind {
    /// ECDSA on the curve P-256.
    #[default]
    P256,
    /// ECDSA on the curve P-384.
    P384,
    /// ECDSA on the curve P-521.
    P521,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
}

/// An account that an issuer knows from elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExternalAccount {
    /// The name of its key.
    pub key_id: String,
    /// The key, in base64url.
    pub key: Secret,
}

/// A text that nobody is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Secret {
    /// In a file.
    File(PathBuf),
    /// The text itself.
    Text(String),
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.fmt(out),
            Self::Text(_) => out.write_str("…"),
        }
    }
}

/// A way to show that a name is ours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Challenge {
    /// `http-01`: a text on port 80 (RFC 8555 §8.3).
    Http,
    /// `tls-alpn-01`: a certificate on port 443 (RFC 8737).
    TlsAlpn,
    /// `dns-01`: a record of DNS (RFC 8555 §8.4).
    Dns,
}

/// How records of DNS are changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DnsChanges {
    /// What changes them.
    pub by: DnsChanger,
    /// How long the other servers of the zone are given to follow.
    pub delay: Duration,
}

/// What changes records of DNS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DnsChanger {
    /// A server that takes changes (RFC 2136).
    Update(DnsUpdate),
    /// A program, with its arguments: `setup NAME VALUE` and `teardown NAME VALUE` are added.
    Command(Vec<String>),
}

/// A server of DNS that takes changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DnsUpdate {
    /// The server.
    pub server: SocketAddr,
    /// The file with the key that changes are signed with (RFC 8945), as BIND writes it; `None`: they are not.
    pub key: Option<PathBuf>,
    /// The zone that is changed; `None`: the one that the server has for the name.
    pub zone: Option<String>,
    /// How long records may be kept, in seconds.
    pub ttl: u32,
}

/// A kind of certificate that an issuer offers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Without it no certificate is ordered; otherwise one is that is of no kind.
    pub required: bool,
}

/// A certificate that is ordered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CertificateOrder {
    /// From whom: an index into [`crate::Http::issuers`].
    pub issuer: u32,
    /// Whom it is for.
    pub identifiers: Vec<Identifier>,
    /// The kind of its key, which is made anew for each certificate.
    pub key: KeyKind,
    /// When the next is ordered, where the issuer does not tell (RFC 9773).
    pub renewal: Renewal,
    /// Where it was written.
    pub origin: Origin,
}

impl CertificateOrder {
    /// What it stands under while the program runs: orders of the same have one certificate.
    pub fn title(&self, issuers: &[Issuer]) -> String {
        let issuer = usize::try_from(self.issuer).ok().and_then(|index| issuers.get(index));
        let (directory, state) = issuer.map_or(("", None), |issuer| (&*issuer.directory, issuer.state.as_deref()));
        let state = state.unwrap_or(Path::new("")).display();
        let names: Vec<String> = self.identifiers.iter().map(ToString::to_string).collect();
        format!("{directory} {state} {:?} {}", self.key, names.join(" "))
    }
}

/// Whom a certificate is for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Identifier {
    /// A name, in lower case; `*.` before it: all names of one label more.
    Name(String),
    /// An address (RFC 8738).
    Address(IpAddr),
}

/// Why a text is no name that a certificate can be for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoIdentifier(&'static str);

impl fmt::Display for NoIdentifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl FromStr for Identifier {
    type Err = NoIdentifier;

    /// An address, or a name that may have one `*` for its first label (RFC 8555 §7.1.3).
    fn from_str(text: &str) -> Result<Self, NoIdentifier> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let bare = text.strip_prefix("*.").unwrap_or(text);
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        match bare.split('.').find(|label| label.is_empty() || label.len() > 63 || !label.bytes().all(is_part)) {
            Some("") => Err(NoIdentifier("a part of it is empty")),
            Some(label) if label.contains('*') => Err(NoIdentifier("`*` stands for a whole first label only")),
            Some(label) if label.len() > 63 => Err(NoIdentifier("a part of it is longer than 63 characters")),
            Some(_) => {
                Err(NoIdentifier("it has characters that names have not (those of other scripts are written as xn--…)"))
            }
            None if text.len() > 253 => Err(NoIdentifier("it is too long")),
            None => Ok(Self::Name(text.to_ascii_lowercase())),
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => out.write_str(name),
            Self::Address(address) => address.fmt(out),
        }
    }
}

/// When a certificate is ordered anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Renewal {
    /// After two thirds of its life; after half of one of ten days or less.
    #[default]
    Usual,
    /// When so many percent of its life are left.
    Share(u8),
    /// When so much of its life is left.
    Left(Duration),
}
